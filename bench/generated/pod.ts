import type { KubeObject } from '../../src/k8s/objects.ts';
import { placeOf } from './addresses.ts';
import type { Fault } from './faults.ts';
import { digestOf, uidOf } from './identity.ts';
import { startedAt } from './shape.ts';

/** What the Pods of one workload have in common. */
export interface PodPlan {
  readonly namespace: string;
  readonly app: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly fault: Fault | undefined;
  readonly bulk: number;
}

export const containerPort = 8080;

/** Containers, volumes and policies, as a Helm chart of the usual kind and the API server's defaults leave them. */
export function podSpec({ app, fault, bulk }: Pick<PodPlan, 'app' | 'fault' | 'bulk'>): object {
  const probe = (path: string) => ({
    httpGet: { path, port: containerPort, scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  return {
    containers: [
      {
        name: app,
        image: imageOf(app, fault),
        // A Service that asks for the port by name does not find it where the container calls it otherwise.
        ports: [{ name: fault === 'named-port' ? 'web' : 'http', containerPort, protocol: 'TCP' }],
        env: environmentOf(app, bulk),
        resources: { limits: { memory: '512Mi' }, requests: { cpu: '100m', memory: '256Mi' } },
        volumeMounts: [{ name: 'config', readOnly: true, mountPath: `/etc/${app}` }],
        readinessProbe: probe('/readyz'),
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'IfNotPresent',
      },
    ],
    volumes: [{ name: 'config', configMap: { name: `${app}-config`, defaultMode: 420 } }],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: app,
    serviceAccount: app,
    automountServiceAccountToken: false,
    securityContext: { runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    schedulerName: 'default-scheduler',
  };
}

const imageOf = (app: string, fault?: Fault) =>
  `registry.example.com/shop/${app}:${fault === 'image-pull' ? '2.14.0-rc' : '2.14.0'}`;

/** Settings of its own and addresses of neighbours; `bulk` times as many as usual, in long words. */
function environmentOf(app: string, bulk: number): readonly object[] {
  const usual = [
    { name: 'APP_NAME', value: app },
    { name: 'LOG_LEVEL', value: 'info' },
    { name: 'HTTP_PORT', value: String(containerPort) },
    { name: 'OTEL_SERVICE_NAME', value: app },
    { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    { name: 'DATABASE_PASSWORD', valueFrom: { secretKeyRef: { name: `${app}-database`, key: 'password' } } },
  ];
  const more = Array.from({ length: Math.round((bulk - 1) * 24) }, (_, index) => ({
    name: `FEATURE_TOGGLE_${String(index).padStart(3, '0')}`,
    value: `rollout=${digestOf(app, String(index))}`,
  }));
  return [...usual, ...more];
}

/** One Pod as kubelet, the scheduler and the workload's controller have left it; `number` counts Pods over the whole cluster. */
export function podOf(plan: PodPlan, name: string, number: number): KubeObject {
  const { namespace, app, labels, owner, fault, bulk } = plan;
  const place = placeOf(number);
  const scheduled = fault !== 'unschedulable';
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      generateName: `${owner.name}-`,
      namespace,
      uid: uidOf('Pod', namespace, name),
      generation: 1,
      creationTimestamp: startedAt,
      labels,
      annotations: annotationsOf(app, bulk),
      ownerReferences: [
        { ...owner, uid: uidOf(owner.kind, namespace, owner.name), controller: true, blockOwnerDeletion: true },
      ],
      managedFields: managedFieldsOf(app, bulk),
    },
    spec: {
      ...podSpec(plan),
      ...(scheduled ? { nodeName: place.node } : {}),
      priority: 0,
      enableServiceLinks: false,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: ['not-ready', 'unreachable'].map((taint) => ({
        key: `node.kubernetes.io/${taint}`,
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      })),
    },
    status: scheduled ? statusOf(plan, name, place) : unscheduledStatus,
  };
  return pod;
}

const annotationsOf = (app: string, bulk: number): Readonly<Record<string, string>> => ({
  'checksum/config': digestOf(app, 'config'),
  'kubectl.kubernetes.io/restartedAt': startedAt,
  'prometheus.io/port': '9102',
  'prometheus.io/scrape': 'true',
  ...(bulk > 1 ? { 'example.com/injected': digestOf(app, 'injected').repeat(Math.round((bulk - 1) * 24)) } : {}),
});

type Place = ReturnType<typeof placeOf>;

const unscheduledStatus = {
  phase: 'Pending',
  conditions: [
    {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      lastTransitionTime: startedAt,
      reason: 'Unschedulable',
      message:
        '0/200 nodes are available: 200 Insufficient memory. no new claims to deallocate, preemption: 0/200 nodes are available: 200 No preemption victims found for incoming pod.',
    },
  ],
  qosClass: 'Burstable',
};

function statusOf({ app, fault }: PodPlan, name: string, { hostIP, podIP }: Place): object {
  const ready = fault === undefined || fault === 'label-typo' || fault === 'named-port';
  const unready = ready ? {} : { reason: 'ContainersNotReady', message: `containers with unready status: [${app}]` };
  const condition = (type: string, well: boolean, why: object = {}) => ({
    type,
    status: well ? 'True' : 'False',
    lastTransitionTime: startedAt,
    ...(well ? {} : why),
  });
  return {
    observedGeneration: 1,
    phase: fault === 'image-pull' ? 'Pending' : 'Running',
    conditions: [
      condition('PodReadyToStartContainers', true),
      condition('Initialized', true),
      condition('Ready', ready, unready),
      condition('ContainersReady', ready, unready),
      condition('PodScheduled', true),
    ],
    hostIP,
    hostIPs: [{ ip: hostIP }],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: startedAt,
    containerStatuses: [containerStatus(app, name, ready, fault)],
    qosClass: 'Burstable',
  };
}

function containerStatus(app: string, pod: string, ready: boolean, fault: Fault | undefined): object {
  const containerID = `containerd://${digestOf(pod)}`;
  return {
    name: app,
    ...stateOf(app, containerID, fault),
    ready,
    image: imageOf(app, fault),
    imageID: fault === 'image-pull' ? '' : `registry.example.com/shop/${app}@sha256:${digestOf(app)}`,
    ...(fault === 'image-pull' ? {} : { containerID }),
    started: fault !== 'image-pull' && fault !== 'crash-loop',
  };
}

function stateOf(app: string, containerID: string, fault: Fault | undefined): object {
  if (fault === 'image-pull')
    return {
      state: {
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "${imageOf(app, fault)}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image "${imageOf(app, fault)}": not found`,
        },
      },
      lastState: {},
      restartCount: 0,
    };
  if (fault === 'crash-loop') {
    const terminated = { exitCode: 1, reason: 'Error', startedAt, finishedAt: '2026-03-02T08:15:04Z', containerID };
    return {
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off 5m0s restarting failed container=${app}`,
        },
      },
      lastState: { terminated },
      restartCount: 41,
    };
  }
  return { state: { running: { startedAt } }, lastState: {}, restartCount: 0 };
}

/** Who wrote which field: half of a real Pod. The workload's controller wrote the spec, kubelet the status. */
function managedFieldsOf(app: string, bulk: number): readonly object[] {
  const owns = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [`f:${name}`, {}]));
  const probe = {
    ...owns('failureThreshold', 'periodSeconds', 'successThreshold', 'timeoutSeconds'),
    'f:httpGet': { '.': {}, ...owns('path', 'port', 'scheme') },
  };
  const environment = (environmentOf(app, bulk) as readonly { readonly name: string }[]).map(({ name }) => [
    `k:{"name":"${name}"}`,
    { '.': {}, ...owns('name', 'value') },
  ]);
  const port = (number: number) => [
    `k:{"containerPort":${number},"protocol":"TCP"}`,
    { '.': {}, ...owns('containerPort', 'name', 'protocol') },
  ];
  const mount = (path: string) => [`k:{"mountPath":"${path}"}`, { '.': {}, ...owns('mountPath', 'name') }];
  const condition = (type: string) => [
    `k:{"type":"${type}"}`,
    { '.': {}, ...owns('lastTransitionTime', 'status', 'type') },
  ];
  const entry = (manager: string, fieldsV1: object, subresource: object = {}) => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: startedAt,
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...subresource,
  });
  return [
    entry('kube-controller-manager', {
      'f:metadata': {
        'f:annotations': { '.': {}, ...owns(...Object.keys(annotationsOf(app, bulk))) },
        'f:generateName': {},
        'f:labels': {
          '.': {},
          ...owns('app', 'app.kubernetes.io/name', 'app.kubernetes.io/part-of', 'pod-template-hash'),
        },
        'f:ownerReferences': { '.': {}, [`k:{"uid":"${uidOf('owner', app)}"}`]: {} },
      },
      'f:spec': {
        'f:containers': {
          [`k:{"name":"${app}"}`]: {
            '.': {},
            'f:env': { '.': {}, ...Object.fromEntries(environment) },
            ...owns('image', 'imagePullPolicy', 'name', 'terminationMessagePath', 'terminationMessagePolicy'),
            'f:readinessProbe': { '.': {}, ...probe },
            'f:ports': { '.': {}, ...Object.fromEntries([port(containerPort)]) },
            'f:resources': owns('limits', 'requests'),
            'f:volumeMounts': { '.': {}, ...Object.fromEntries([mount(`/etc/${app}`)]) },
          },
        },
        ...owns(
          'automountServiceAccountToken',
          'dnsPolicy',
          'enableServiceLinks',
          'restartPolicy',
          'schedulerName',
          'serviceAccount',
          'serviceAccountName',
          'terminationGracePeriodSeconds',
        ),
        'f:volumes': { '.': {}, 'k:{"name":"config"}': { '.': {}, ...owns('configMap', 'name') } },
      },
    }),
    entry(
      'kubelet',
      {
        'f:status': {
          'f:conditions': Object.fromEntries(
            ['ContainersReady', 'Initialized', 'PodReadyToStartContainers', 'Ready'].map(condition),
          ),
          ...owns('containerStatuses', 'hostIP', 'hostIPs', 'observedGeneration', 'phase', 'podIP', 'startTime'),
          'f:podIPs': { '.': {}, 'k:{"ip":"10.128.0.10"}': { '.': {}, 'f:ip': {} } },
        },
      },
      { subresource: 'status' },
    ),
  ];
}
