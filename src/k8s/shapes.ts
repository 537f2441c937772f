import type {
  Condition,
  ConfigMap,
  ConfigMapFiles,
  Container,
  ContainerState,
  ContainerStatus,
  ClusterRole,
  CustomObject,
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Endpoints,
  Event,
  Gateway,
  GatewayClass,
  GatewayRoute,
  HorizontalPodAutoscaler,
  Ingress,
  IngressBackend,
  IngressClass,
  KubeObject,
  LabelSelector,
  LimitRange,
  Namespace,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  Node,
  ObjectMeta,
  ParentRef,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  PodTemplate,
  Probe,
  ReferenceGrant,
  ResourceQuota,
  Service,
  Workload,
} from './objects.ts';
import { resourceKey, resourceOf } from './resources.ts';

/**
 * What the interfaces of objects.ts promise, as data: files and servers are not ours, and what reads objects relies on every word of it. The
 * compiler demands a line here for each field there. A `?` behind a name: it may be absent, or null, which means the same.
 */
export type Shape = 'text' | 'number' | 'boolean' | 'number or text' | 'anything' | ListShape | MapShape | FieldShapes;
type ListShape = readonly [Shape];
type MapShape = readonly ['map of', Shape];
export interface FieldShapes {
  readonly [field: string]: Shape;
}

/** The shape that a type promises. */
type ShapeOf<T> = unknown extends T
  ? 'anything'
  : [T] extends [string]
    ? 'text'
    : [T] extends [number]
      ? 'number'
      : [T] extends [boolean]
        ? 'boolean'
        : [T] extends [string | number]
          ? 'number or text'
          : [T] extends [readonly (infer Item)[]]
            ? readonly [ShapeOf<Item>]
            : string extends keyof T
              ? readonly ['map of', ShapeOf<T[string & keyof T]>]
              : {
                  readonly [Key in keyof T & string as object extends Pick<T, Key> ? `${Key}?` : Key]-?: ShapeOf<
                    NonNullable<T[Key]>
                  >;
                };

const texts = ['text'] as const;
const labels = ['map of', 'text'] as const;

const metadata = {
  name: 'text',
  'namespace?': 'text',
  'uid?': 'text',
  'resourceVersion?': 'text',
  'labels?': labels,
  'annotations?': labels,
  'creationTimestamp?': 'text',
  'deletionTimestamp?': 'text',
  'deletionGracePeriodSeconds?': 'number',
  'finalizers?': texts,
  'generation?': 'number',
  'ownerReferences?': [{ apiVersion: 'text', kind: 'text', name: 'text', 'uid?': 'text', 'controller?': 'boolean' }],
  'managedFields?': [{ 'manager?': 'text', 'operation?': 'text' }],
} as const satisfies ShapeOf<ObjectMeta>;

const head = { apiVersion: 'text', kind: 'text', metadata } as const satisfies ShapeOf<KubeObject>;

const conditions = [
  {
    type: 'text',
    status: 'text',
    'reason?': 'text',
    'message?': 'text',
    'lastTransitionTime?': 'text',
    'observedGeneration?': 'number',
  },
] as const satisfies readonly [ShapeOf<Condition>];

const labelSelector = {
  'matchLabels?': labels,
  'matchExpressions?': [{ key: 'text', operator: 'text', 'values?': texts }],
} as const satisfies ShapeOf<LabelSelector>;

const probe = {
  'httpGet?': {
    'path?': 'text',
    port: 'number or text',
    'scheme?': 'text',
    'host?': 'text',
    'httpHeaders?': [{ name: 'text', value: 'text' }],
  },
  'tcpSocket?': { port: 'number or text', 'host?': 'text' },
  'grpc?': { port: 'number', 'service?': 'text' },
  'exec?': { 'command?': texts },
  'initialDelaySeconds?': 'number',
  'periodSeconds?': 'number',
  'timeoutSeconds?': 'number',
  'failureThreshold?': 'number',
  'successThreshold?': 'number',
} as const satisfies ShapeOf<Probe>;

const keyReference = { 'name?': 'text', key: 'text', 'optional?': 'boolean' } as const;
const sourceReference = { 'name?': 'text', 'optional?': 'boolean' } as const;

const container = {
  name: 'text',
  'image?': 'text',
  'imagePullPolicy?': 'text',
  'command?': texts,
  'args?': texts,
  'env?': [
    {
      name: 'text',
      'value?': 'text',
      'valueFrom?': {
        'configMapKeyRef?': keyReference,
        'secretKeyRef?': keyReference,
        'fieldRef?': { fieldPath: 'text' },
        'resourceFieldRef?': { resource: 'text' },
      },
    },
  ],
  'envFrom?': [{ 'prefix?': 'text', 'configMapRef?': sourceReference, 'secretRef?': sourceReference }],
  'ports?': [{ 'name?': 'text', containerPort: 'number', 'hostPort?': 'number', 'protocol?': 'text' }],
  'readinessProbe?': probe,
  'livenessProbe?': probe,
  'startupProbe?': probe,
  // Quantities: kubectl prints them as texts, people write them as numbers too.
  'resources?': { 'requests?': ['map of', 'number or text'], 'limits?': ['map of', 'number or text'] },
  'restartPolicy?': 'text',
  'volumeMounts?': [{ name: 'text', mountPath: 'text', 'subPath?': 'text' }],
} as const satisfies Loose<ShapeOf<Container>, 'resources?'>;

/** All of a shape but for fields that are given in other words. */
type Loose<Whole, Field extends keyof Whole> = Omit<Whole, Field> & Readonly<Record<Field, Shape>>;

const configMapFiles = {
  'name?': 'text',
  'optional?': 'boolean',
  'items?': [{ key: 'text', path: 'text' }],
} as const satisfies ShapeOf<ConfigMapFiles>;

const podSpec = {
  containers: [container],
  'initContainers?': [container],
  'nodeName?': 'text',
  'nodeSelector?': labels,
  'schedulerName?': 'text',
  'runtimeClassName?': 'text',
  'schedulingGates?': [{ name: 'text' }],
  'imagePullSecrets?': [{ 'name?': 'text' }],
  'hostNetwork?': 'boolean',
  'dnsPolicy?': 'text',
  'dnsConfig?': {
    'nameservers?': texts,
    'searches?': texts,
    'options?': [{ 'name?': 'text', 'value?': 'text' }],
  },
  'enableServiceLinks?': 'boolean',
  'hostname?': 'text',
  'subdomain?': 'text',
  'hostAliases?': [{ ip: 'text', 'hostnames?': texts }],
  'readinessGates?': [{ conditionType: 'text' }],
  'restartPolicy?': 'text',
  'serviceAccountName?': 'text',
  'automountServiceAccountToken?': 'boolean',
  'volumes?': [
    {
      name: 'text',
      'configMap?': configMapFiles,
      'projected?': { 'sources?': [{ 'configMap?': configMapFiles }] },
      'secret?': { 'secretName?': 'text', 'optional?': 'boolean' },
      'persistentVolumeClaim?': { claimName: 'text' },
    },
  ],
} as const satisfies Loose<ShapeOf<PodSpec>, 'containers' | 'initContainers?'>;

const podTemplate = {
  'metadata?': { 'labels?': labels, 'annotations?': labels },
  spec: podSpec,
} as const satisfies Loose<ShapeOf<PodTemplate>, 'spec'>;

const containerState = {
  'waiting?': { 'reason?': 'text', 'message?': 'text' },
  'running?': { 'startedAt?': 'text' },
  'terminated?': {
    exitCode: 'number',
    'signal?': 'number',
    'reason?': 'text',
    'message?': 'text',
    'startedAt?': 'text',
    'finishedAt?': 'text',
  },
} as const satisfies ShapeOf<ContainerState>;

const containerStatuses = [
  {
    name: 'text',
    'image?': 'text',
    'ready?': 'boolean',
    'started?': 'boolean',
    'restartCount?': 'number',
    'state?': containerState,
    'lastState?': containerState,
  },
] as const satisfies readonly [ShapeOf<ContainerStatus>];

const pod = {
  ...head,
  spec: podSpec,
  'status?': {
    'phase?': 'text',
    'reason?': 'text',
    'message?': 'text',
    'podIP?': 'text',
    'podIPs?': [{ ip: 'text' }],
    'hostIP?': 'text',
    'hostIPs?': [{ ip: 'text' }],
    'startTime?': 'text',
    'conditions?': conditions,
    'containerStatuses?': containerStatuses,
    'initContainerStatuses?': containerStatuses,
  },
} as const satisfies Loose<ShapeOf<Pod>, 'spec'>;

const workload = {
  ...head,
  spec: {
    'replicas?': 'number',
    'paused?': 'boolean',
    'suspend?': 'boolean',
    'selector?': labelSelector,
    'serviceName?': 'text',
    'ordinals?': { 'start?': 'number' },
    'podManagementPolicy?': 'text',
    'updateStrategy?': { 'type?': 'text' },
    'strategy?': { 'type?': 'text' },
    'template?': podTemplate,
    'jobTemplate?': { 'spec?': { 'template?': podTemplate } },
  },
  'status?': {
    'replicas?': 'number',
    'readyReplicas?': 'number',
    'availableReplicas?': 'number',
    'updatedReplicas?': 'number',
    'currentNumberScheduled?': 'number',
    'desiredNumberScheduled?': 'number',
    'numberReady?': 'number',
    'observedGeneration?': 'number',
    'conditions?': conditions,
  },
} as const satisfies Loose<ShapeOf<Workload>, 'spec'> & {
  // Their selector is of one type or another.
  readonly spec: Loose<ShapeOf<Workload['spec']>, 'selector?' | 'template?' | 'jobTemplate?'>;
};

const replicationController = { ...workload, spec: { ...workload.spec, 'selector?': labels } } as const;

const loadBalancer = { 'ingress?': [{ 'ip?': 'text', 'hostname?': 'text' }] } as const;

const service = {
  ...head,
  spec: {
    'type?': 'text',
    'clusterIP?': 'text',
    'clusterIPs?': texts,
    'ipFamilies?': texts,
    'ipFamilyPolicy?': 'text',
    'selector?': labels,
    'ports?': [
      {
        'name?': 'text',
        'protocol?': 'text',
        'appProtocol?': 'text',
        port: 'number',
        'targetPort?': 'number or text',
        'nodePort?': 'number',
      },
    ],
    'externalName?': 'text',
    'externalIPs?': texts,
    'publishNotReadyAddresses?': 'boolean',
    'internalTrafficPolicy?': 'text',
    'externalTrafficPolicy?': 'text',
    'trafficDistribution?': 'text',
    'sessionAffinity?': 'text',
    'sessionAffinityConfig?': { 'clientIP?': { 'timeoutSeconds?': 'number' } },
    'loadBalancerClass?': 'text',
    'loadBalancerIP?': 'text',
    'loadBalancerSourceRanges?': texts,
    'healthCheckNodePort?': 'number',
    'allocateLoadBalancerNodePorts?': 'boolean',
  },
  'status?': { 'loadBalancer?': loadBalancer, 'conditions?': conditions },
} as const satisfies ShapeOf<Service>;

const targetRef = { 'kind?': 'text', 'name?': 'text', 'namespace?': 'text', 'uid?': 'text' } as const;

const endpoint = {
  addresses: texts,
  'hostname?': 'text',
  'nodeName?': 'text',
  'zone?': 'text',
  'conditions?': { 'ready?': 'boolean', 'serving?': 'boolean', 'terminating?': 'boolean' },
  'targetRef?': targetRef,
} as const satisfies ShapeOf<Endpoint>;

const endpointPort = {
  'name?': 'text',
  'protocol?': 'text',
  'port?': 'number',
  'appProtocol?': 'text',
} as const satisfies ShapeOf<EndpointPort>;

const endpointSlice = {
  ...head,
  addressType: 'text',
  'endpoints?': [endpoint],
  'ports?': [endpointPort],
} as const satisfies ShapeOf<EndpointSlice>;

const endpoints = {
  ...head,
  'subsets?': [
    {
      'addresses?': [{ ip: 'text', 'nodeName?': 'text', 'targetRef?': targetRef }],
      'notReadyAddresses?': [{ ip: 'text' }],
      'ports?': [endpointPort],
    },
  ],
} as const satisfies ShapeOf<Endpoints>;

const node = {
  ...head,
  'spec?': {
    'unschedulable?': 'boolean',
    'podCIDR?': 'text',
    'podCIDRs?': texts,
    'providerID?': 'text',
    'taints?': [{ key: 'text', 'value?': 'text', effect: 'text' }],
  },
  'status?': {
    'conditions?': conditions,
    'addresses?': [{ type: 'text', address: 'text' }],
    'nodeInfo?': { 'kubeletVersion?': 'text', 'kubeProxyVersion?': 'text' },
  },
} as const satisfies ShapeOf<Node>;

const involved = {
  'kind?': 'text',
  'name?': 'text',
  'namespace?': 'text',
  'uid?': 'text',
  'fieldPath?': 'text',
} as const;

const event = {
  ...head,
  'involvedObject?': involved,
  'regarding?': involved,
  'reason?': 'text',
  'message?': 'text',
  'note?': 'text',
  'type?': 'text',
  'count?': 'number',
  'firstTimestamp?': 'text',
  'lastTimestamp?': 'text',
  'eventTime?': 'text',
} as const satisfies ShapeOf<Event>;

const policyPeers = [
  {
    'podSelector?': labelSelector,
    'namespaceSelector?': labelSelector,
    'ipBlock?': { cidr: 'text', 'except?': texts },
  },
] as const satisfies readonly [ShapeOf<NetworkPolicyPeer>];
const policyPorts = [
  { 'protocol?': 'text', 'port?': 'number or text', 'endPort?': 'number' },
] as const satisfies readonly [ShapeOf<NetworkPolicyPort>];

const networkPolicy = {
  ...head,
  spec: {
    'podSelector?': labelSelector,
    'policyTypes?': texts,
    'ingress?': [{ 'from?': policyPeers, 'ports?': policyPorts }],
    'egress?': [{ 'to?': policyPeers, 'ports?': policyPorts }],
  },
} as const satisfies ShapeOf<NetworkPolicy>;

const clusterRole = {
  ...head,
  'rules?': [{ 'apiGroups?': texts, 'resources?': texts, verbs: texts }],
} as const satisfies ShapeOf<ClusterRole>;

const quantities = ['map of', 'number or text'] as const;

const resourceQuota = {
  ...head,
  'spec?': { 'hard?': quantities },
  'status?': { 'hard?': quantities, 'used?': quantities },
} as const satisfies Loose<ShapeOf<ResourceQuota>, 'spec?' | 'status?'>;

const limitRange = {
  ...head,
  'spec?': { 'limits?': [{ type: 'text', 'max?': quantities, 'min?': quantities }] },
} as const satisfies Loose<ShapeOf<LimitRange>, 'spec?'>;

const persistentVolumeClaim = {
  ...head,
  'spec?': { 'storageClassName?': 'text', 'accessModes?': texts },
  'status?': { 'phase?': 'text' },
} as const satisfies ShapeOf<PersistentVolumeClaim>;

const horizontalPodAutoscaler = {
  ...head,
  spec: {
    scaleTargetRef: { 'apiVersion?': 'text', kind: 'text', name: 'text' },
    'minReplicas?': 'number',
    'maxReplicas?': 'number',
  },
  'status?': { 'currentReplicas?': 'number', 'desiredReplicas?': 'number', 'conditions?': conditions },
} as const satisfies ShapeOf<HorizontalPodAutoscaler>;

const ingressBackend = {
  'service?': { name: 'text', 'port?': { 'name?': 'text', 'number?': 'number' } },
  'resource?': { kind: 'text', name: 'text', 'apiGroup?': 'text' },
} as const satisfies ShapeOf<IngressBackend>;

const ingress = {
  ...head,
  spec: {
    'ingressClassName?': 'text',
    'defaultBackend?': ingressBackend,
    'tls?': [{ 'hosts?': texts, 'secretName?': 'text' }],
    'rules?': [
      { 'host?': 'text', 'http?': { 'paths?': [{ 'path?': 'text', 'pathType?': 'text', backend: ingressBackend }] } },
    ],
  },
  'status?': { 'loadBalancer?': loadBalancer },
} as const satisfies ShapeOf<Ingress>;

const ingressClass = { ...head, 'spec?': { 'controller?': 'text' } } as const satisfies ShapeOf<IngressClass>;

const parentRef = {
  'group?': 'text',
  'kind?': 'text',
  'namespace?': 'text',
  name: 'text',
  'sectionName?': 'text',
  'port?': 'number',
} as const satisfies ShapeOf<ParentRef>;

const gatewayRoute = {
  ...head,
  spec: {
    'parentRefs?': [parentRef],
    'hostnames?': texts,
    'rules?': [
      {
        'name?': 'text',
        'matches?': [{ 'headers?': [{ name: 'text' }], 'queryParams?': [{ name: 'text' }] }],
        'backendRefs?': [
          {
            'group?': 'text',
            'kind?': 'text',
            'namespace?': 'text',
            name: 'text',
            'port?': 'number',
            'weight?': 'number',
          },
        ],
      },
    ],
  },
  'status?': { 'parents?': [{ parentRef, 'controllerName?': 'text', 'conditions?': conditions }] },
} as const satisfies ShapeOf<GatewayRoute>;

const gatewayClass = {
  ...head,
  'spec?': { 'controllerName?': 'text' },
  'status?': { 'conditions?': conditions },
} as const satisfies ShapeOf<GatewayClass>;

const gateway = {
  ...head,
  spec: {
    gatewayClassName: 'text',
    'listeners?': [
      {
        name: 'text',
        'hostname?': 'text',
        port: 'number',
        protocol: 'text',
        'tls?': {
          'mode?': 'text',
          'certificateRefs?': [{ 'kind?': 'text', name: 'text', 'namespace?': 'text' }],
        },
        'allowedRoutes?': {
          'namespaces?': { 'from?': 'text', 'selector?': labelSelector },
          'kinds?': [{ 'group?': 'text', kind: 'text' }],
        },
      },
    ],
  },
  'status?': {
    'addresses?': [{ 'type?': 'text', value: 'text' }],
    'conditions?': conditions,
    'listeners?': [{ name: 'text', 'conditions?': conditions }],
  },
} as const satisfies ShapeOf<Gateway>;

const referenceGrant = {
  ...head,
  spec: {
    from: [{ group: 'text', kind: 'text', namespace: 'text' }],
    to: [{ group: 'text', kind: 'text', 'name?': 'text' }],
  },
} as const satisfies ShapeOf<ReferenceGrant>;

const namespace = { ...head, 'status?': { 'phase?': 'text' } } as const satisfies ShapeOf<Namespace>;
const configMap = { ...head, 'data?': labels } as const satisfies ShapeOf<ConfigMap>;
const customObject = {
  ...head,
  'spec?': ['map of', 'anything'],
  'status?': ['map of', 'anything'],
} as const satisfies ShapeOf<CustomObject>;

/** By resource; whatever is not listed is a custom object. */
const shapes: ReadonlyMap<string, FieldShapes> = new Map<string, FieldShapes>([
  ['namespaces', namespace],
  ['nodes', node],
  ['services', service],
  ['pods', pod],
  ['endpoints', endpoints],
  ['configmaps', configMap],
  ['events', event],
  ['resourcequotas', resourceQuota],
  ['limitranges', limitRange],
  ['replicationcontrollers', replicationController],
  ['persistentvolumeclaims', persistentVolumeClaim],
  ['discovery.k8s.io/endpointslices', endpointSlice],
  ['rbac.authorization.k8s.io/clusterroles', clusterRole],
  ['apps/deployments', workload],
  ['apps/replicasets', workload],
  ['apps/statefulsets', workload],
  ['apps/daemonsets', workload],
  ['argoproj.io/rollouts', workload],
  ['batch/jobs', workload],
  ['batch/cronjobs', workload],
  ['autoscaling/horizontalpodautoscalers', horizontalPodAutoscaler],
  ['networking.k8s.io/networkpolicies', networkPolicy],
  ['networking.k8s.io/ingresses', ingress],
  ['networking.k8s.io/ingressclasses', ingressClass],
  ['gateway.networking.k8s.io/gateways', gateway],
  ['gateway.networking.k8s.io/gatewayclasses', gatewayClass],
  ...['httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes'].map((route): [string, FieldShapes] => [
    `gateway.networking.k8s.io/${route}`,
    gatewayRoute,
  ]),
  ['gateway.networking.k8s.io/referencegrants', referenceGrant],
]);

/**
 * The first field that is not what objects of this kind hold, in words: `spec.ports[0].port is a text, not a number`; undefined where all is
 * well. Fields that are null are taken away: the API server means the same by them as by absent ones, and what reads objects need not know both.
 */
export const misfitIn = (value: unknown): string | undefined => (tidied(value, 0) ? misfitInTidy(value) : tooDeep);

/** The same where nothing is null and nothing deep, as in what was read by its fields. */
export function misfitInTidy(value: unknown): string | undefined {
  const misfit = misfitOf(value, head);
  if (misfit !== undefined) return inWords(misfit);
  const object = value as KubeObject;
  const resource = resourceOf(object);
  const shape = resource && shapes.get(resourceKey(resource.group, resource.resource));
  return inWords(misfitOf(object, shape ?? customObject));
}

/** The same of anything that holds these fields: what does not belong to a cluster, but to a file. */
export const misfitAgainst = (value: unknown, shape: FieldShapes): string | undefined =>
  tidied(value, 0) ? inWords(misfitOf(value, shape)) : tooDeep;

/** Whether something that a kind of others holds is a Pod's spec. */
export const isPodSpec = (value: unknown): boolean => misfitOf(value, podSpec) === undefined;

/** What is wrong, and where: the path is made on the way back from it, since nearly always nothing is. */
interface Misfit {
  readonly path: string;
  readonly says: string;
}

const inWords = (misfit: Misfit | undefined): string | undefined =>
  misfit && `${misfit.path === '' ? 'it' : misfit.path} ${misfit.says}`;

const within = (place: string, misfit: Misfit | undefined): Misfit | undefined =>
  misfit && { ...misfit, path: /^$|^[.[]/.test(misfit.path) ? place + misfit.path : `${place}.${misfit.path}` };

const unless = (fits: boolean, value: unknown, wanted: string): Misfit | undefined =>
  fits ? undefined : { path: '', says: `is ${nameOf(value)}, not ${wanted}` };

function misfitOf(value: unknown, shape: Shape): Misfit | undefined {
  switch (shape) {
    case 'anything':
      return undefined;
    case 'text':
      return unless(typeof value === 'string', value, 'a text');
    case 'number':
      return unless(typeof value === 'number', value, 'a number');
    case 'boolean':
      return unless(typeof value === 'boolean', value, 'true or false');
    case 'number or text':
      return unless(typeof value === 'string' || typeof value === 'number', value, 'a number or a text');
  }
  if (isMap(shape)) return isRecord(value) ? misfitOfEntries(value, shape[1]) : unless(false, value, 'a map');
  if (isList(shape)) return Array.isArray(value) ? misfitOfItems(value, shape[0]) : unless(false, value, 'a list');
  return isRecord(value) ? misfitOfFields(value, shape) : unless(false, value, 'a map');
}

function misfitOfEntries(value: Record<string, unknown>, shape: Shape): Misfit | undefined {
  for (const key of Object.keys(value)) {
    const misfit = misfitOf(value[key], shape);
    if (misfit !== undefined) return within(`.${key}`, misfit);
  }
  return undefined;
}

function misfitOfItems(value: readonly unknown[], shape: Shape): Misfit | undefined {
  for (let index = 0; index < value.length; index += 1) {
    const misfit = misfitOf(value[index], shape);
    if (misfit !== undefined) return within(`[${index}]`, misfit);
  }
  return undefined;
}

function misfitOfFields(value: Record<string, unknown>, shape: FieldShapes): Misfit | undefined {
  for (const { name, optional, inner } of fieldsOf(shape)) {
    const field = Object.hasOwn(value, name) ? value[name] : undefined;
    if (field === undefined && optional) continue;
    if (field === undefined) return { path: name, says: 'is missing' };
    const misfit = misfitOf(field, inner);
    if (misfit !== undefined) return within(name, misfit);
  }
  return undefined;
}

interface Field {
  readonly name: string;
  readonly optional: boolean;
  readonly inner: Shape;
}

const known = new Map<FieldShapes, readonly Field[]>();

function fieldsOf(shape: FieldShapes): readonly Field[] {
  const found = known.get(shape);
  if (found) return found;
  const fields = Object.entries(shape).map(([key, inner]) => ({
    name: key.replace(/\?$/, ''),
    optional: key.endsWith('?'),
    inner,
  }));
  known.set(shape, fields);
  return fields;
}

/** No object of a cluster comes near this. */
const maxDepth = 100;
const tooDeep = `it is nested deeper than ${maxDepth} levels`;

/** Takes fields that are null away, at any depth; in lists they stay, for an item has its place. False: it is nested too deep. */
function tidied(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth > maxDepth) return false;
  if (Array.isArray(value)) return value.every((item) => tidied(item, depth + 1));
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    if (fields[key] === null) delete fields[key];
    else if (!tidied(fields[key], depth + 1)) return false;
  }
  return true;
}

const isMap = (shape: MapShape | ListShape | FieldShapes): shape is MapShape =>
  Array.isArray(shape) && shape.length === 2;
const isList = (shape: ListShape | FieldShapes): shape is ListShape => Array.isArray(shape);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return String(value);
    default:
      return 'a map';
  }
}
