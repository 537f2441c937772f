import type { KubeObject } from '../k8s/objects.ts';

/**
 * What a sweep keeps of the kinds that come by the ten thousand: the fields that `k8s/objects.ts` names and checks read. A test judges
 * every case on what is left, so a check that reads a field outside has to add it here.
 */
type Projection = (value: unknown, share: Share) => unknown;

/** Reduces a value, and gives back the one that was there first of those that say the same then. */
type Share = (value: unknown, inner: Projection) => unknown;

const whole: Projection = (value) => value;

/** Ten Pods of a Deployment say ten times the same: it is kept once. */
const shared =
  (inner: Projection = whole): Projection =>
  (value, share) =>
    share(value, inner);

const listOf =
  (inner: Projection): Projection =>
  (value, share) =>
    Array.isArray(value) ? value.map((each) => inner(each, share)) : value;

/** Only these fields, in the order in which they came. */
const only = (fields: Readonly<Record<string, Projection>>): Projection => {
  const kept = new Map(Object.entries(fields));
  return (value, share) => {
    if (!isRecord(value)) return value;
    const picked: Record<string, unknown> = {};
    for (const key of Object.keys(value)) {
      const inner = kept.get(key);
      if (inner) picked[key] = inner(value[key], share);
    }
    return picked;
  };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that stand in an object under these names, of some value each. */
const wholes = (...names: readonly string[]): Readonly<Record<string, Projection>> =>
  Object.fromEntries(names.map((name) => [name, whole]));
const sames = (...names: readonly string[]): Readonly<Record<string, Projection>> =>
  Object.fromEntries(names.map((name) => [name, shared()]));

/** On Pods by the thousand, annotations are bookkeeping (checksums, addresses of the network plugin); meshes and deployers speak to us. */
const podAnnotations: Projection = (value) => {
  if (!isRecord(value)) return value;
  const telling = Object.entries(value).filter(([key]) => /(istio\.io|linkerd\.io|helm\.sh|argoproj\.io)\//.test(key));
  return Object.fromEntries(telling);
};

const metadata = (annotations: Projection = whole): Projection =>
  only({
    ...wholes('name', 'uid', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'finalizers', 'generation'),
    ...sames('namespace', 'labels', 'creationTimestamp', 'ownerReferences'),
    annotations: shared(annotations),
  });

const conditions = listOf(
  shared(only(wholes('type', 'status', 'reason', 'message', 'lastTransitionTime', 'observedGeneration'))),
);

/** The token that admission mounts into every Pod, under another name in each: nobody asks about it. */
const isToken = (volume: unknown): boolean =>
  isRecord(volume) && typeof volume['name'] === 'string' && volume['name'].startsWith('kube-api-access-');

const withoutTokens =
  (inner: Projection): Projection =>
  (value, share) =>
    listOf(inner)(Array.isArray(value) ? value.filter((each) => !isToken(each)) : value, share);

const container = only({
  ...wholes('name', 'image', 'imagePullPolicy', 'command', 'args', 'env', 'envFrom', 'ports', 'resources'),
  ...wholes('readinessProbe', 'livenessProbe', 'startupProbe', 'restartPolicy'),
  volumeMounts: withoutTokens(only(wholes('name', 'mountPath', 'subPath'))),
});

const podSpec = only({
  containers: shared(listOf(shared(container))),
  initContainers: shared(listOf(shared(container))),
  ...sames(
    'nodeName',
    'nodeSelector',
    'schedulerName',
    'runtimeClassName',
    'schedulingGates',
    'imagePullSecrets',
    'dnsPolicy',
    'dnsConfig',
  ),
  ...sames('subdomain', 'hostAliases', 'readinessGates', 'restartPolicy', 'serviceAccountName'),
  ...wholes('hostNetwork', 'enableServiceLinks', 'hostname', 'automountServiceAccountToken'),
  volumes: shared(
    withoutTokens(
      only({
        ...wholes('name', 'configMap', 'secret', 'persistentVolumeClaim'),
        projected: only({ sources: listOf(only(wholes('configMap'))) }),
      }),
    ),
  ),
});

const containerStatus = only({
  ...wholes('ready', 'started', 'restartCount', 'lastState'),
  ...sames('name', 'image'),
  state: shared(),
});

const pod = only({
  ...sames('apiVersion', 'kind'),
  metadata: metadata(podAnnotations),
  spec: podSpec,
  status: only({
    ...wholes('reason', 'message', 'podIP', 'podIPs'),
    ...sames('phase', 'hostIP', 'hostIPs', 'startTime'),
    conditions,
    containerStatuses: listOf(containerStatus),
    initContainerStatuses: listOf(containerStatus),
  }),
});

const podTemplate = only({ metadata: shared(only(wholes('labels', 'annotations'))), spec: podSpec });

const workload = only({
  ...sames('apiVersion', 'kind'),
  metadata: metadata(),
  spec: only({
    ...wholes('replicas', 'paused', 'suspend', 'serviceName', 'ordinals', 'podManagementPolicy', 'updateStrategy'),
    ...sames('selector', 'strategy'),
    template: podTemplate,
    jobTemplate: only({ spec: only({ template: podTemplate }) }),
  }),
  status: whole,
});

const endpoint = only({
  ...wholes('addresses', 'hostname'),
  ...sames('nodeName', 'zone', 'conditions'),
  targetRef: only({ ...wholes('name', 'uid'), ...sames('kind', 'namespace') }),
});

const endpointSlice = only({
  ...sames('apiVersion', 'kind', 'addressType'),
  metadata: metadata(),
  endpoints: listOf(endpoint),
  ports: shared(),
});

const node = only({
  ...sames('apiVersion', 'kind'),
  metadata: metadata(),
  spec: whole,
  status: only({ ...wholes('addresses', 'capacity', 'allocatable', 'nodeInfo'), conditions }),
});

const projections: Readonly<Record<string, Projection>> = {
  Pod: pod,
  Deployment: workload,
  ReplicaSet: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  Job: workload,
  EndpointSlice: endpointSlice,
  Node: node,
};

/** How many different values are remembered at once: objects come by namespace and name, so what is alike comes together. */
const remembered = 4_096;

/**
 * Reduces objects to what checks read, and keeps only once what many of them say alike. The kinds that are not told of here stay whole but for
 * who wrote which field.
 */
export function projector(): (object: KubeObject) => KubeObject {
  const reduced = new Map<Projection, Map<object, unknown>>();
  const known = new Map<string, unknown>();
  const texts = new Map<string, string>();
  const share: Share = (value, inner) => {
    if (typeof value === 'string') return firstOf(texts, value, value);
    if (typeof value !== 'object' || value === null) return value;
    // What reads the answers of the API server has seen already that some of it says the same.
    let before = reduced.get(inner);
    if (!before) reduced.set(inner, (before = new Map()));
    const first = before.get(value);
    if (first !== undefined) return first;
    const result = inner(value, share);
    const key = JSON.stringify(result);
    return firstOf(before, value, key.length > 8_192 ? result : firstOf(known, key, result));
  };
  return (object) => {
    const projection =
      object.apiVersion === 'v1' || builtIn.test(object.apiVersion) ? projections[object.kind] : undefined;
    return projection ? (projection(object, share) as KubeObject) : object;
  };
}

function firstOf<K, V>(map: Map<K, V>, key: K, value: V): V {
  const first = map.get(key);
  if (first !== undefined) return first;
  if (map.size >= remembered) map.clear();
  map.set(key, value);
  return value;
}

/** Other projects have kinds of the same names. */
const builtIn = /^(apps|batch|discovery\.k8s\.io)\//;
