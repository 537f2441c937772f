import { parseAllDocuments } from 'yaml';
import { managedByLabel, serviceNameLabel, sliceController } from '../../src/k8s/endpoints.ts';
import { resolveTargetPort } from '../../src/k8s/ports.ts';
import { isFinished, isReady, isTerminating, podIPsOf, podsSelectedBy } from '../../src/k8s/pods.ts';
import type {
  Container,
  EndpointSlice,
  IPFamily,
  KubeObject,
  Labels,
  Namespace,
  Node,
  Pod,
  PodSpec,
  Service,
  ServicePort,
  Workload,
} from '../../src/k8s/objects.ts';
import { snapshotVersion, type Coverage, type Observation, type Snapshot } from '../../src/snapshot/snapshot.ts';

/** Builders of objects as a healthy cluster would hold them. A test breaks one thing, by `change` or by its own YAML. */

const startedAt = '2026-03-02T09:00:00Z';
let serial = 0;
const uid = (kind: string, name: string) => `${kind}-${name}-${(serial += 1)}`.toLowerCase();

export const namespace = (name: string, labels: Labels = {}): Namespace => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } },
  status: { phase: 'Active' },
});

export const node = (name: string, address: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
  spec: {},
  status: {
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    nodeInfo: { kubeletVersion: 'v1.35.1' },
  },
});

export interface ServiceShape {
  readonly namespace?: string;
  readonly name: string;
  readonly selector?: Labels | null;
  readonly ports?: readonly ServicePort[];
  readonly spec?: Partial<Service['spec']>;
}

export function service({
  namespace: ns = 'demo',
  name,
  selector = { app: name },
  ports = [{ name: 'http', port: 80, targetPort: 8080 }],
  spec = {},
}: ServiceShape): Service {
  const ip = `10.96.${hash(ns + name) % 250}.${hash(name + ns) % 250}`;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: ns, uid: uid('service', name), creationTimestamp: startedAt },
    spec: {
      type: 'ClusterIP',
      clusterIP: ip,
      clusterIPs: [ip],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      internalTrafficPolicy: 'Cluster',
      sessionAffinity: 'None',
      ...(selector ? { selector } : {}),
      ports: ports.map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port })),
      ...spec,
    },
    status: { loadBalancer: {} },
  };
}

export interface WorkloadShape {
  readonly namespace?: string;
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly name: string;
  readonly labels?: Labels;
  readonly replicas?: number;
  readonly container?: Partial<Container>;
  readonly spec?: Partial<PodSpec>;
  readonly workloadSpec?: Partial<Workload['spec']>;
  /** The node of each Pod in turn. */
  readonly nodes?: readonly string[];
}

/** A workload with everything its controllers would have made of it: a ReplicaSet where there is one, and running, ready Pods. */
export function workload(shape: WorkloadShape): readonly [Workload, ...KubeObject[]] {
  const { namespace: ns = 'demo', kind = 'Deployment', name, replicas = 1, nodes = ['node-a', 'node-b'] } = shape;
  const labels = shape.labels ?? { app: name };
  const container: Container = {
    name,
    image: `registry.example.com/${name}:1.4.2`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    ...shape.container,
  };
  const spec: PodSpec = {
    containers: [container],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    enableServiceLinks: true,
    ...shape.spec,
  };
  const owner: Workload = {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: ns, uid: uid(kind, name), labels, generation: 1 },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
      ...shape.workloadSpec,
    },
    status: {
      observedGeneration: 1,
      replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
      updatedReplicas: replicas,
    },
  };
  const generation = hashName(`${ns}${name}`);
  const replicaSet: Workload | undefined =
    kind === 'Deployment'
      ? {
          ...owner,
          kind: 'ReplicaSet',
          metadata: {
            name: `${name}-${generation}`,
            namespace: ns,
            uid: uid('replicaset', name),
            labels: { ...labels, 'pod-template-hash': generation },
            ownerReferences: [ownerOf(owner)],
          },
          spec: {
            replicas,
            selector: { matchLabels: { ...labels, 'pod-template-hash': generation } },
            template: { metadata: { labels: { ...labels, 'pod-template-hash': generation } }, spec },
          },
        }
      : undefined;
  const parent = replicaSet ?? owner;
  const pods = Array.from({ length: replicas }, (_, index): Pod => {
    const podName =
      kind === 'StatefulSet'
        ? `${name}-${index}`
        : `${parent.metadata.name}-${hashName(`${ns}${name}${index}`).slice(0, 5)}`;
    return pod({
      namespace: ns,
      name: podName,
      owner: parent,
      labels: {
        ...parent.spec.template?.metadata?.labels,
        ...(kind === 'StatefulSet' ? { 'statefulset.kubernetes.io/pod-name': podName } : {}),
      },
      spec: {
        ...spec,
        nodeName: nodes[index % nodes.length] ?? 'node-a',
        ...(kind === 'StatefulSet' ? { hostname: podName, subdomain: owner.spec.serviceName ?? name } : {}),
      },
    });
  });
  return [owner, ...(replicaSet ? [replicaSet] : []), ...pods];
}

export interface PodShape {
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Labels;
  readonly owner?: KubeObject;
  readonly spec?: Partial<PodSpec>;
  readonly status?: Partial<NonNullable<Pod['status']>>;
}

/** A running and ready Pod. */
export function pod({ namespace: ns = 'demo', name, labels = {}, owner, spec = {}, status = {} }: PodShape): Pod {
  const containers = spec.containers ?? [{ name, image: `registry.example.com/${name}:1` }];
  const ip = `10.244.${hash(ns + name) % 250}.${(hash(name) % 250) + 2}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: ns,
      uid: uid('pod', name),
      creationTimestamp: startedAt,
      labels,
      ...(owner ? { ownerReferences: [ownerOf(owner)] } : {}),
    },
    spec: { nodeName: 'node-a', ...spec, containers },
    status: {
      phase: 'Running',
      podIP: ip,
      podIPs: [{ ip }],
      hostIP: '192.168.10.11',
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status: 'True' })),
      containerStatuses: containers.map((container) => ({
        name: container.name,
        ...(container.image === undefined ? {} : { image: container.image }),
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: '2026-03-02T09:00:20Z' } },
      })),
      ...status,
    },
  };
}

/** A Pod whose condition Ready is False for `reason`, as kubelet writes it while its containers run. */
export const unready = (
  healthy: Pod,
  reason = 'ContainersNotReady',
  message = `containers with unready status: [${healthy.spec.containers[0]?.name}]`,
): Pod =>
  change(healthy, (draft) => {
    for (const condition of draft.status?.conditions ?? []) {
      if (condition.type === 'Ready' || (condition.type === 'ContainersReady' && reason === 'ContainersNotReady'))
        Object.assign(condition, { status: 'False', reason, message });
    }
    if (reason === 'ContainersNotReady')
      for (const status of draft.status?.containerStatuses ?? []) status.ready = false;
  });

/**
 * The slices that the endpoint-slice controller would write: one for each address family and each set of resolved ports.
 * Ports that resolve to nothing are left out, the Pod is not. Source: staging/src/k8s.io/endpointslice/reconciler.go.
 */
export function slicesFor(of: Service, pods: readonly Pod[]): readonly EndpointSlice[] {
  if (!of.spec.selector || of.spec.type === 'ExternalName') return [];
  const selected = podsSelectedBy(of, pods).filter(
    (candidate) => !isFinished(candidate) && podIPsOf(candidate).length > 0,
  );
  return (of.spec.ipFamilies ?? ['IPv4']).flatMap((family) => {
    const groups = Map.groupBy(
      selected.filter((candidate) => addressOf(candidate, family) !== undefined),
      (candidate) => JSON.stringify((of.spec.ports ?? []).map((port) => resolveTargetPort(candidate, port))),
    );
    const shaped = groups.size > 0 ? [...groups.values()] : [[]];
    return shaped.map((members, index): EndpointSlice => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${of.metadata.name}-${hashName(`${of.metadata.namespace}${of.metadata.name}${family}${index}`).slice(0, 5)}`,
        namespace: of.metadata.namespace ?? '',
        labels: {
          [serviceNameLabel]: of.metadata.name,
          [managedByLabel]: sliceController,
        },
        ownerReferences: [ownerOf(of)],
      },
      addressType: family,
      endpoints: members.map((member) => {
        const serving = isReady(member);
        const terminating = isTerminating(member);
        return {
          addresses: [addressOf(member, family) ?? ''],
          conditions: {
            ready: of.spec.publishNotReadyAddresses === true || (serving && !terminating),
            serving,
            terminating,
          },
          nodeName: member.spec.nodeName ?? '',
          targetRef: {
            kind: 'Pod',
            name: member.metadata.name,
            namespace: member.metadata.namespace ?? '',
            uid: member.metadata.uid ?? '',
          },
          ...(member.spec.hostname !== undefined && member.spec.subdomain === of.metadata.name
            ? { hostname: member.spec.hostname }
            : {}),
        };
      }),
      ports: portsFor(of, members[0]),
    }));
  });
}

const portsFor = (of: Service, member: Pod | undefined) =>
  member === undefined
    ? null
    : (of.spec.ports ?? []).flatMap((port) => {
        const number = resolveTargetPort(member, port);
        return number === undefined
          ? []
          : [{ name: port.name ?? '', protocol: port.protocol ?? ('TCP' as const), port: number }];
      });

const addressOf = (member: Pod, family: IPFamily) =>
  podIPsOf(member).find((ip) => ip.includes(':') === (family === 'IPv6'));

const corefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`;

/** CoreDNS as kubeadm installs it: Service kube-dns, Deployment coredns with two Pods, its ConfigMap and slices. */
export function dns(): readonly KubeObject[] {
  const own = workload({
    namespace: 'kube-system',
    name: 'coredns',
    labels: { 'k8s-app': 'kube-dns' },
    replicas: 2,
    container: {
      image: 'registry.k8s.io/coredns/coredns:v1.14.0',
      args: ['-conf', '/etc/coredns/Corefile'],
      ports: [
        { name: 'dns', containerPort: 53, protocol: 'UDP' },
        { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
        { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
      ],
    },
    spec: { dnsPolicy: 'Default', volumes: [{ name: 'config-volume', configMap: { name: 'coredns' } }] },
  });
  const kubeDns: Service = {
    ...service({
      namespace: 'kube-system',
      name: 'kube-dns',
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
        { name: 'metrics', protocol: 'TCP', port: 9153, targetPort: 9153 },
      ],
      spec: { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] },
    }),
  };
  return [
    namespace('kube-system'),
    ...own,
    change(
      kubeDns,
      (draft) => void (draft.metadata.labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/name': 'CoreDNS' }),
    ),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
      data: { Corefile: corefile },
    } as KubeObject,
  ];
}

/**
 * Two nodes, the DNS and the objects given, with the slices that the controller would have written for every Service among them.
 * Where the objects hold a Service or Deployment of the DNS themselves, they are taken for the whole of it.
 */
export function cluster(
  objects: readonly KubeObject[],
  observations: readonly Observation[] = [],
  coverage: Snapshot['coverage'] = 'complete',
): Snapshot {
  const ownDns = objects.some(
    ({ kind, metadata }) => metadata.namespace === 'kube-system' && ['Service', 'Deployment'].includes(kind),
  );
  const ownNodes = new Set(objects.filter(({ kind }) => kind === 'Node').map(({ metadata }) => metadata.name));
  const nodes = [node('node-a', '192.168.10.11'), node('node-b', '192.168.10.12')].filter(
    ({ metadata }) => !ownNodes.has(metadata.name),
  );
  const all = [...(ownDns ? [] : dns()), ...nodes, ...objects];
  return snapshotOf([...missingNamespaces(all), ...all, ...missingSlices(all)], observations, coverage);
}

/** The objects exactly as given: nothing is added. */
export const snapshotOf = (
  objects: readonly KubeObject[],
  observations: readonly Observation[] = [],
  coverage: 'complete' | readonly Coverage[] | undefined = 'complete',
): Snapshot => ({
  apiVersion: snapshotVersion,
  kind: 'Snapshot',
  takenAt: '2026-03-02T10:00:00Z',
  serverVersion: 'v1.35.1',
  ...(coverage === undefined ? {} : { coverage }),
  objects,
  observations,
});

const missingNamespaces = (objects: readonly KubeObject[]) => {
  const named = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));
  const used = new Set(objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined));
  return [...used].filter((name) => !named.has(name)).map((name) => namespace(name));
};

/** What the controller would have written for every Service, unless a test plays the controller itself; hand-made slices stand beside. */
const missingSlices = (objects: readonly KubeObject[]) => {
  const pods = objects.filter((object): object is Pod => object.kind === 'Pod');
  const sliced = new Set(
    objects
      .filter(({ kind, metadata }) => kind === 'EndpointSlice' && metadata.labels?.[managedByLabel] === sliceController)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.labels?.[serviceNameLabel]}`),
  );
  return objects
    .filter((object): object is Service => object.kind === 'Service' && object.apiVersion === 'v1')
    .filter(({ metadata }) => !sliced.has(`${metadata.namespace}/${metadata.name}`))
    .flatMap((of) => slicesFor(of, pods));
};

export type Draft<T> = T extends readonly (infer U)[]
  ? Draft<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/** A deep copy with a change made to it. */
export function change<T>(value: T, edit: (draft: Draft<T>) => void): T {
  const copy = structuredClone(value);
  edit(copy as Draft<T>);
  return copy;
}

/** Objects out of YAML, as a person would paste them. */
export const objectsIn = (text: string): readonly KubeObject[] =>
  [...parseAllDocuments(text)].flatMap((document) => {
    const value = document.toJS() as KubeObject & { items?: readonly KubeObject[] };
    return value.items ?? [value];
  });

const ownerOf = (owner: KubeObject) => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid ?? '',
  controller: true,
});

function hash(text: string): number {
  let value = 2166136261;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  return value;
}

const hashName = (text: string): string => `${hash(text).toString(36)}${hash(`${text}.`).toString(36)}`.slice(0, 9);
