import type { KubeObject, Labels } from '../../src/k8s/objects.ts';
import { clusterIPOf, placeOf } from './addresses.ts';
import type { Fault } from './faults.ts';
import { suffixOf, uidOf } from './identity.ts';
import { containerPort, podOf, podSpec, type PodPlan } from './pod.ts';
import { startedAt } from './shape.ts';

/** One Service with all that stands behind it. */
export interface StackPlan {
  readonly namespace: string;
  readonly app: string;
  /** Its number in the cluster, from which its address follows. */
  readonly number: number;
  readonly replicas: number;
  /** The number of its first Pod. */
  readonly firstPod: number;
  readonly fault: Fault | undefined;
  readonly bulk: number;
}

/** The Service, its Deployment with today's ReplicaSet and yesterday's, the Pods, the EndpointSlice, and what was complained about. */
export function* stackOf(plan: StackPlan): Generator<KubeObject> {
  const { namespace, app, fault, bulk } = plan;
  const today = suffixOf(9, namespace, app, 'today');
  const own = {
    app,
    'app.kubernetes.io/name': app,
    'app.kubernetes.io/part-of': 'shop',
    'app.kubernetes.io/managed-by': 'Helm',
  };
  const labels = { ...own, 'pod-template-hash': today };
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `${app}-${today}` };
  const podPlan: PodPlan = { namespace, app, labels, owner, fault, bulk };
  const replicas = fault === 'scaled-to-zero' ? 0 : plan.replicas;
  const pods = Array.from({ length: replicas }, (_, index) =>
    podOf(podPlan, `${owner.name}-${suffixOf(5, namespace, app, String(index))}`, plan.firstPod + index),
  );
  yield serviceOf(plan, own);
  yield deploymentOf(plan, own, replicas);
  yield replicaSetOf(plan, labels, owner.name, replicas);
  const yesterday = suffixOf(9, namespace, app, 'yesterday');
  yield replicaSetOf(plan, { ...own, 'pod-template-hash': yesterday }, `${app}-${yesterday}`, 0);
  yield* pods;
  yield sliceOf(plan, pods);
  yield* eventsOf(plan, pods);
}

const metaOf = (kind: string, namespace: string, name: string) => ({
  name,
  namespace,
  uid: uidOf(kind, namespace, name),
  creationTimestamp: startedAt,
});

const readyReplicas = ({ fault }: StackPlan, replicas: number): number =>
  fault === undefined || fault === 'label-typo' || fault === 'named-port' ? replicas : 0;

function serviceOf({ namespace, app, number, fault }: StackPlan, labels: Labels): KubeObject {
  const address = clusterIPOf(number);
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...metaOf('Service', namespace, app), labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: address,
      clusterIPs: [address],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      selector: { app: fault === 'label-typo' ? `${app}-svc` : app },
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: fault === 'named-port' ? 'http' : containerPort }],
    },
    status: { loadBalancer: {} },
  };
  return service;
}

/** How the API server remembers that an address is taken; without it, it complains and makes one. */
export function ipAddressOf({ namespace, app, number }: StackPlan): KubeObject {
  const name = clusterIPOf(number);
  const address = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name,
      uid: uidOf('IPAddress', name),
      creationTimestamp: startedAt,
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace, name: app } },
  };
  return address;
}

function deploymentOf(plan: StackPlan, labels: Labels, replicas: number): KubeObject {
  const { namespace, app } = plan;
  const ready = readyReplicas(plan, replicas);
  const condition = (type: string, well: boolean, reason: string) => ({
    type,
    status: well ? 'True' : 'False',
    reason,
    lastTransitionTime: startedAt,
    lastUpdateTime: startedAt,
  });
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...metaOf('Deployment', namespace, app),
      generation: 2,
      labels,
      annotations: { 'deployment.kubernetes.io/revision': '2' },
    },
    spec: {
      replicas,
      selector: { matchLabels: { app } },
      template: { metadata: { labels }, spec: podSpec(plan) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    },
    status: {
      observedGeneration: 2,
      ...(replicas > 0 ? { replicas, updatedReplicas: replicas } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      ...(replicas > ready ? { unavailableReplicas: replicas - ready } : {}),
      conditions: [
        condition('Progressing', true, 'NewReplicaSetAvailable'),
        condition(
          'Available',
          ready === replicas,
          ready === replicas ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        ),
      ],
    },
  };
  return deployment;
}

function replicaSetOf(plan: StackPlan, labels: Labels, name: string, replicas: number): KubeObject {
  const { namespace, app } = plan;
  const ready = readyReplicas(plan, replicas);
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      ...metaOf('ReplicaSet', namespace, name),
      generation: 1,
      labels,
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          name: app,
          uid: uidOf('Deployment', namespace, app),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      replicas,
      selector: {
        matchLabels: {
          app,
          'pod-template-hash': labels['pod-template-hash'],
        },
      },
      template: { metadata: { labels }, spec: podSpec(plan) },
    },
    status: {
      replicas,
      ...(replicas > 0 ? { fullyLabeledReplicas: replicas } : {}),
      ...(ready > 0 ? { readyReplicas: ready, availableReplicas: ready } : {}),
      observedGeneration: 1,
    },
  };
  return replicaSet;
}

/** As the endpointslice controller writes it: only Pods with an address, and no port where the name leads to none. */
function sliceOf(plan: StackPlan, pods: readonly KubeObject[]): KubeObject {
  const { namespace, app, fault, firstPod } = plan;
  const selected = fault === 'label-typo' || fault === 'unschedulable' ? [] : pods;
  const ready = readyReplicas(plan, 1) > 0;
  const endpoints = selected.map(({ metadata: { name } }, index) => {
    const { podIP, node } = placeOf(firstPod + index);
    return {
      addresses: [podIP],
      conditions: { ready, serving: ready, terminating: false },
      targetRef: { kind: 'Pod', namespace, name, uid: uidOf('Pod', namespace, name) },
      nodeName: node,
      zone: `zone-${'abc'[firstPod % 3]}`,
    };
  });
  const name = `${app}-${suffixOf(5, namespace, app, 'slice')}`;
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...metaOf('EndpointSlice', namespace, name),
      generateName: `${app}-`,
      generation: 1,
      labels: {
        'app.kubernetes.io/name': app,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': app,
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': startedAt },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name: app,
          uid: uidOf('Service', namespace, app),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: 'IPv4',
    endpoints: endpoints.length > 0 ? endpoints : null,
    ports:
      endpoints.length > 0 && fault !== 'named-port' ? [{ name: 'http', protocol: 'TCP', port: containerPort }] : null,
  };
  return slice;
}

const complaints: Readonly<Partial<Record<Fault, { readonly reason: string; readonly message: string }>>> = {
  'readiness-probe': { reason: 'Unhealthy', message: 'Readiness probe failed: HTTP probe failed with statuscode: 503' },
  'crash-loop': { reason: 'BackOff', message: 'Back-off restarting failed container' },
  'image-pull': { reason: 'Failed', message: 'Error: ImagePullBackOff' },
  unschedulable: { reason: 'FailedScheduling', message: '0/200 nodes are available: 200 Insufficient memory.' },
};

function* eventsOf({ namespace, fault }: StackPlan, pods: readonly KubeObject[]): Generator<KubeObject> {
  const complaint = fault && complaints[fault];
  if (!complaint) return;
  for (const {
    metadata: { name },
  } of pods) {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: metaOf('Event', namespace, `${name}.${suffixOf(16, namespace, name)}`),
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid: uidOf('Pod', namespace, name) },
      ...complaint,
      type: 'Warning',
      count: 1380,
      firstTimestamp: startedAt,
      lastTimestamp: '2026-03-02T11:58:00Z',
      source: { component: fault === 'unschedulable' ? 'default-scheduler' : 'kubelet' },
      reportingComponent: fault === 'unschedulable' ? 'default-scheduler' : 'kubelet',
      reportingInstance: '',
    };
    yield event;
  }
}
