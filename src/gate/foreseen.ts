import { isExternalName, serviceNameLabel, managedByLabel, sliceController } from '../k8s/endpoints.ts';
import type {
  EndpointPort,
  EndpointSlice,
  IPFamily,
  KubeObject,
  Namespace,
  Pod,
  PodSpec,
  Service,
  ServicePort,
  Workload,
} from '../k8s/objects.ts';
import { hasSelector, podsSelectedBy } from '../k8s/pods.ts';
import { protocolOf, resolveTargetPort, targetPortOf } from '../k8s/ports.ts';
import { resourceOf } from '../k8s/resources.ts';
import { controllerOf, podIndexLabel, podNameLabel, podTemplateOf } from '../k8s/workloads.ts';

/** More Pods of one workload than these tell nothing new. */
const enough = 50;

const workloadKinds: readonly string[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Rollout',
  'Job',
  'CronJob',
];

/** What a cluster would make of declared objects where all goes well, and where each Pod comes from. */
export interface Foreseen {
  readonly objects: readonly KubeObject[];
  /** The workload behind a Pod of our making. */
  readonly makerOf: ReadonlyMap<Pod, Workload>;
}

/**
 * The objects with ready Pods after each template, the slices that the controllers would fill with them, and the namespaces they live in. So
 * every check sees what it would see in a cluster where nothing but the manifests can be wrong. No object is changed but for defaults that the
 * API server fills in.
 */
export function foreseen(declared: readonly KubeObject[]): Foreseen {
  const objects = declared
    .filter((object) => !workloadKinds.includes(object.kind) || isWorkload(object))
    .map((object) => (isService(object) ? withDefaults(object) : object));
  const makerOf = new Map<Pod, Workload>();
  let number = 0;
  for (const workload of objects.filter(isWorkload)) {
    if (controllerOf(workload)) continue;
    for (let index = 0; index < podsAsked(workload); index += 1)
      makerOf.set(podOf(workload, index, (number += 1)), workload);
  }
  const bare = objects.filter(isPod).filter((pod) => pod.status === undefined);
  const ready = new Map(bare.map((pod) => [pod, { ...pod, status: statusOf(pod.spec, (number += 1)) }]));
  const present = objects.map((object) => ready.get(object as Pod) ?? object);
  const pods = [...present.filter(isPod), ...makerOf.keys()];
  const slices = present.filter(isService).flatMap((service) => slicesOf(service, pods));
  return { objects: [...present, ...makerOf.keys(), ...slices, ...namespacesOf(present)], makerOf };
}

const isService = (object: KubeObject): object is Service => object.kind === 'Service' && object.apiVersion === 'v1';
const isPod = (object: KubeObject): object is Pod => object.kind === 'Pod' && object.apiVersion === 'v1';

/** Whether an object makes Pods from a template that can be read; files hold what people wrote, not what an API server has let in. */
export const isWorkload = (object: KubeObject): object is Workload =>
  workloadKinds.includes(object.kind) &&
  resourceOf(object) !== undefined &&
  'spec' in object &&
  object.spec !== null &&
  Array.isArray(podTemplateOf(object as Workload)?.spec?.containers);

/** As defaulting in the API server does: pkg/apis/core/v1/defaults.go, SetDefaults_Service. */
function withDefaults(service: Service): Service {
  const spec = service.spec ?? {};
  return {
    ...service,
    spec: {
      type: 'ClusterIP',
      ...spec,
      ...(isExternalName({ ...service, spec }) || spec.ipFamilies ? {} : { ipFamilies: ['IPv4'] as const }),
      ports: (spec.ports ?? []).map((port) => ({ protocol: 'TCP', targetPort: targetPortOf(port), ...port })),
    },
  };
}

const podsAsked = ({ kind, spec }: Workload): number =>
  kind === 'CronJob' ? 0 : kind === 'DaemonSet' || kind === 'Job' ? 1 : Math.min(spec.replicas ?? 1, enough);

function podOf(workload: Workload, index: number, number: number): Pod {
  const template = podTemplateOf(workload);
  const { kind, apiVersion, metadata } = workload;
  const name = `${metadata.name}-${index}`;
  const spec = template?.spec ?? { containers: [] };
  const numbered = kind === 'StatefulSet' ? { [podNameLabel]: name, [podIndexLabel]: String(index) } : {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      labels: { ...template?.metadata?.labels, ...numbered },
      ...(template?.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
      ownerReferences: [{ apiVersion, kind, name: metadata.name, controller: true }],
    },
    spec,
    status: statusOf(spec, number),
  };
}

function statusOf(spec: PodSpec, number: number): NonNullable<Pod['status']> {
  const low = `${Math.floor(number / 250)}.${(number % 250) + 1}`;
  const ips = [{ ip: `10.244.${low}` }, { ip: `fd00:10:244::${number.toString(16)}` }];
  const conditions = ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].concat(
    (spec.readinessGates ?? []).map(({ conditionType }) => conditionType),
  );
  return {
    phase: 'Running',
    podIP: ips[0]?.ip ?? '',
    podIPs: ips,
    conditions: conditions.map((type) => ({ type, status: 'True' })),
    containerStatuses: (spec.containers ?? []).map(({ name }) => ({
      name,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: {} },
    })),
  };
}

/** One slice for each family and each way in which the ports resolve. Source: staging/src/k8s.io/endpointslice/reconciler.go. */
function slicesOf(service: Service, pods: readonly Pod[]): readonly EndpointSlice[] {
  if (!hasSelector(service) || isExternalName(service)) return [];
  const selected = podsSelectedBy(service, pods).filter(({ status }) => status?.phase === 'Running');
  return (service.spec.ipFamilies ?? ['IPv4']).flatMap((family) => {
    const groups = Map.groupBy(selected, (pod) => JSON.stringify(portsIn(service, pod)));
    const alike = groups.size > 0 ? [...groups.values()] : [[]];
    return alike.map((group, index) => sliceOf(service, family, group, index));
  });
}

function sliceOf(service: Service, family: IPFamily, pods: readonly Pod[], index: number): EndpointSlice {
  const { name, namespace } = service.metadata;
  const [first] = pods;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${family.toLowerCase()}-${index}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [serviceNameLabel]: name, [managedByLabel]: sliceController },
    },
    addressType: family,
    endpoints: pods.flatMap((pod) => {
      const address = pod.status?.podIPs?.find(({ ip }) => ip.includes(':') === (family === 'IPv6'));
      const isReady =
        pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
      return address
        ? [
            {
              addresses: [address.ip],
              conditions: {
                ready: isReady || service.spec.publishNotReadyAddresses === true,
                serving: isReady,
                terminating: false,
              },
              targetRef: { kind: 'Pod', name: pod.metadata.name, ...(namespace === undefined ? {} : { namespace }) },
            },
          ]
        : [];
    }),
    ports: first ? portsIn(service, first) : [],
  };
}

const portsIn = (service: Service, pod: Pod): readonly EndpointPort[] =>
  (service.spec.ports ?? []).flatMap((port: ServicePort) => {
    const number = resolveTargetPort(pod, port);
    return number === undefined ? [] : [{ name: port.name ?? '', protocol: protocolOf(port), port: number }];
  });

function namespacesOf(objects: readonly KubeObject[]): readonly Namespace[] {
  const declared = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name));
  const named = new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  return [...named]
    .filter((name) => !declared.has(name))
    .map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      status: { phase: 'Active' },
    }));
}
