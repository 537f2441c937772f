import { referencesIn, type Reference } from '../k8s/client-references.ts';
import { configMapsInVolume, settingsOf, type Setting } from '../k8s/client-settings.ts';
import { clusterDomainFrom, type ClusterDomain } from '../k8s/cluster-domain.ts';
import { callsOf, kinCalled, leadsOf, type Call, type Vicinity } from '../k8s/leads.ts';
import { keptByHand, serviceNameLabel } from '../k8s/endpoints.ts';
import { formatLabels } from '../k8s/labels.ts';
import type {
  ClusterRole,
  ConfigMap,
  CustomObject,
  Endpoints,
  EndpointSlice,
  Event,
  Gateway,
  GatewayClass,
  GatewayRoute,
  HorizontalPodAutoscaler,
  Ingress,
  IngressClass,
  KubeObject,
  Labels,
  LimitRange,
  Namespace,
  NetworkPolicy,
  Node,
  PersistentVolumeClaim,
  Pod,
  PodSpec,
  ReferenceGrant,
  ResourceQuota,
  Service,
  Workload,
} from '../k8s/objects.ts';
import { parseResolvConf, resolverOf, type Resolver } from '../k8s/names.ts';
import { edgeSelectors, isEdgePod } from '../k8s/edge.ts';
import { authUrlAnnotation, ingressesTo } from '../k8s/ingress.ts';
import { isEdgeController } from '../k8s/ingress-controllers.ts';
import { gatewayRulesTo } from '../k8s/istio-gateways.ts';
import { hasSelector, isFinished, podsSelectedBy, podsWithLabels } from '../k8s/pods.ts';
import { hasServiceLinks, serviceLinksOf } from '../k8s/service-links.ts';
import { vendorBackendsTo } from '../k8s/vendor-routes.ts';
import { claimNamesOf } from '../k8s/volume-claims.ts';
import { podTemplateOf, podsOf, topOwnerOf } from '../k8s/workloads.ts';
import type { ClusterView, ReadNeed } from './cluster-view.ts';
import { findClusterDns, type ClusterDns } from './cluster-dns.ts';
import { triedPathsOf, type TriedPath } from './tried-paths.ts';
import type {
  Connect,
  Exec,
  GrpcHealth,
  HttpGet,
  Listeners,
  Log,
  Lookup,
  ObservationKind,
  ResolvConf,
} from './snapshot.ts';

export interface TargetName {
  readonly namespace: string;
  readonly name: string;
  /** The port that is called, where the person said so. */
  readonly port?: number;
}

/** The client as the person named it: `demo/Deployment/api`. */
export interface ClientName {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
}

/** Who calls: a workload with its Pods, or one Pod. */
export interface Client {
  readonly name: ClientName;
  readonly namespace: string;
  /** What a person edits: the topmost owner, or the bare Pod itself. */
  readonly object: Workload | Pod;
  /** The Pod spec to judge: of the running Pods where there are any, else of the template. */
  readonly spec: PodSpec;
  readonly labels: Labels;
  readonly pods: readonly Pod[];
}

/** What a check may ask to see, as one Service sees it. */
export interface Facts {
  /** What was asked for, whether it exists or not. */
  readonly target: TargetName;
  readonly service: Service;
  /** Milliseconds since the epoch. NaN where the snapshot carries no time at all. */
  readonly now: number;
  readonly serverVersion: string | undefined;
  /** All Pods of the Service's namespace. */
  readonly pods: readonly Pod[];
  /** Pods of *other* namespaces that carry the Service's whole selector. */
  readonly podsElsewhere: readonly Pod[];
  /** The slices of this Service, whoever manages them. */
  readonly slices: readonly EndpointSlice[];
  /** All slices of the Service's namespace: also those that lost their label. */
  readonly slicesInNamespace: readonly EndpointSlice[];
  /** The legacy Endpoints object of the same name. */
  readonly legacyEndpoints: Endpoints | undefined;
  /** All Endpoints objects of the namespace: also those whose Service is called otherwise. */
  readonly endpointsInNamespace: readonly Endpoints[];
  /** Endpoints objects of that name in *other* namespaces, where the Service has no selector. */
  readonly endpointsElsewhere: readonly Endpoints[];
  /** Slices of *other* namespaces that name a Service so, where this one has no selector. */
  readonly slicesElsewhere: readonly EndpointSlice[];
  /** Deployments, StatefulSets, DaemonSets, ReplicaSets, ReplicationControllers, Jobs, CronJobs and Rollouts of the namespace. */
  readonly workloads: readonly Workload[];
  /** Deployments, ReplicaSets, StatefulSets and DaemonSets of all namespaces. */
  readonly workloadsEverywhere: readonly Workload[];
  readonly services: readonly Service[];
  /** Of all namespaces; for a Service that stands for itself alone, only those with its ClusterIP and those of its namespace. */
  readonly servicesEverywhere: readonly Service[];
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  /** Events of the Service's namespace. */
  readonly events: readonly Event[];
  readonly quotas: readonly ResourceQuota[];
  readonly limitRanges: readonly LimitRange[];
  /** The claims of the Pods that the Service selects and no node has taken yet. */
  readonly pendingClaims: readonly PersistentVolumeClaim[];
  readonly autoscalers: readonly HorizontalPodAutoscaler[];
  /** KEDA's ScaledObjects and HTTPScaledObjects of the namespace. */
  readonly scaledObjects: readonly CustomObject[];
  /** Knative Services and Revisions of the namespace. */
  readonly knative: readonly CustomObject[];
  /** NetworkPolicies in the namespaces of the Service and of the client. */
  readonly networkPolicies: readonly NetworkPolicy[];
  /** NetworkPolicies in the namespace of the cluster DNS. */
  readonly dnsPolicies: readonly NetworkPolicy[];
  /** Policies of other engines (Cilium, Calico, AdminNetworkPolicy): named, not judged. */
  readonly otherPolicies: readonly KubeObject[];
  readonly client: Client;
  /** ConfigMaps of the client's namespace that its spec refers to. */
  readonly clientConfigMaps: readonly ConfigMap[];
  readonly clientEvents: readonly Event[];
  /** Everything the client is told by its env, command, args and ConfigMaps. */
  readonly clientSettings: readonly Setting[];
  /** Every address among those settings. */
  readonly clientReferences: readonly Reference[];
  /** Where each of those addresses leads, and how it misses the Service. */
  readonly clientCalls: readonly Call[];
  /** The slices of the Services that the client calls and that may have been taken for this one. */
  readonly slicesOfKin: readonly EndpointSlice[];
  /** How the client's Pods turn names into questions: as observed in one of them, else as kubelet writes it. */
  readonly clientResolver: Resolver;
  readonly clusterDomain: ClusterDomain;
  readonly clusterDns: ClusterDns;
  /** What CoreDNS may read, under the name that every distribution gives it: `system:coredns`. */
  readonly dnsClusterRole: ClusterRole | undefined;
  /** kube-proxy's DaemonSet, Pods and ConfigMap in kube-system, where it runs as one. */
  readonly kubeProxy: {
    readonly daemonSets: readonly Workload[];
    readonly pods: readonly Pod[];
    readonly configMaps: readonly ConfigMap[];
  };
  /** What carries packets between nodes and announces addresses: CNI plugins, MetalLB, and their ConfigMaps. */
  readonly networkAgents: {
    readonly daemonSets: readonly Workload[];
    readonly pods: readonly Pod[];
    readonly configMaps: readonly ConfigMap[];
    /** As far as they were read for something else. */
    readonly events: readonly Event[];
  };
  /** MetalLB's pools of addresses, where the Service asks for a load balancer. */
  readonly addressPools: readonly CustomObject[];
  /** The workloads that run ingress controllers, in all namespaces, where an Ingress or a route of their kinds names the Service. */
  readonly edgeControllers: readonly Workload[];
  /** Webhook configurations, APIServices and CustomResourceDefinitions: what the API server itself calls. */
  readonly apiCallbacks: readonly KubeObject[];
  /** MetalLB's L2Advertisements and BGPAdvertisements, where the Service asks for a load balancer. */
  readonly addressAdvertisements: readonly CustomObject[];
  /** Pods of ingress controllers and gateways, in all namespaces. */
  readonly edgePods: readonly Pod[];
  readonly ingresses: readonly Ingress[];
  readonly ingressesEverywhere: readonly Ingress[];
  readonly ingressClasses: readonly IngressClass[];
  /** HTTPRoutes and their kin, in all namespaces. */
  readonly routes: readonly GatewayRoute[];
  /** Routes of OpenShift and HTTPProxies of Contour in the Service's namespace, and Traefik's IngressRoutes in all. */
  readonly vendorRoutes: readonly CustomObject[];
  readonly gateways: readonly Gateway[];
  readonly gatewayClasses: readonly GatewayClass[];
  /** Of the Service's namespace: a grant counts only in the namespace of what is referred to. */
  readonly referenceGrants: readonly ReferenceGrant[];
  readonly referenceGrantsEverywhere: readonly ReferenceGrant[];
  readonly peerAuthentications: readonly CustomObject[];
  /** Istio's MeshConfig: the ConfigMap `istio` of its root namespace. */
  readonly meshConfig: ConfigMap | undefined;
  readonly istioAuthorizationPolicies: readonly CustomObject[];
  readonly destinationRules: readonly CustomObject[];
  readonly virtualServices: readonly CustomObject[];
  /** Gateways of Istio's own API, in all namespaces. */
  readonly istioGateways: readonly CustomObject[];
  /** Pods of all namespaces, where a VirtualService brings requests from a Gateway of Istio to the Service. */
  readonly gatewayPods: readonly Pod[];
  readonly istioSidecars: readonly CustomObject[];
  /** Linkerd's Servers, AuthorizationPolicies, ServerAuthorizations and MeshTLSAuthentications of the Service's namespace. */
  readonly linkerdPolicies: readonly CustomObject[];
  readonly listeners: readonly Listeners[];
  readonly connects: readonly Connect[];
  /** The connections to this Service and its endpoints that were tried from inside the cluster. */
  readonly triedPaths: readonly TriedPath[];
  readonly lookups: readonly Lookup[];
  readonly resolvConfs: readonly ResolvConf[];
  readonly logs: readonly Log[];
  readonly httpGets: readonly HttpGet[];
  readonly grpcHealths: readonly GrpcHealth[];
  readonly execs: readonly Exec[];
}

export type FactName = keyof Facts;

/** Who is looked at, and from where. */
export interface Scope {
  readonly target: TargetName;
  readonly client?: ClientName;
}

/** How a fact comes out of a snapshot. */
interface FactSource<T> {
  /** For whom it is the same, and is worked out once; absent: each Service has its own. */
  readonly of?: 'cluster' | 'namespace';
  /** What must have been read for the fact to be known. */
  needs(view: ClusterView, scope: Scope): readonly ReadNeed[];
  /** Read where possible, silently left out where not: kinds that few clusters have. */
  also?(scope: Scope, view: ClusterView): readonly ReadNeed[];
  /** A kind of observation without which nothing is known. */
  readonly observation?: ObservationKind;
  /** Why nothing in it can keep this Service from being reached; undefined where something can. */
  immaterial?(view: ClusterView, scope: Scope): string | undefined;
  from(view: ClusterView, scope: Scope): T;
}

const inTargetNamespace =
  (...keys: string[]) =>
  (_view: ClusterView, { target }: Scope): readonly ReadNeed[] =>
    keys.map((resource) => ({ resource, namespaces: [target.namespace] }));
const everywhere =
  (...keys: string[]) =>
  (): readonly ReadNeed[] =>
    keys.map((resource) => ({ resource, namespaces: 'all' as const }));

const workloadKinds = ['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets'] as const;
const rarerWorkloadKinds = ['replicationcontrollers', 'batch/jobs', 'batch/cronjobs', 'argoproj.io/rollouts'] as const;
const keyOfKind: Readonly<Record<string, string>> = {
  pod: 'pods',
  deployment: 'apps/deployments',
  statefulset: 'apps/statefulsets',
  daemonset: 'apps/daemonsets',
  replicaset: 'apps/replicasets',
  replicationcontroller: 'replicationcontrollers',
  job: 'batch/jobs',
  cronjob: 'batch/cronjobs',
  rollout: 'argoproj.io/rollouts',
};

const workloadsIn = (view: ClusterView, namespace: string): readonly Workload[] =>
  view.once(`workloads ${namespace}`, () =>
    [...workloadKinds, ...rarerWorkloadKinds].flatMap((key) => view.objects<Workload>(key, namespace)),
  );

const targetIn = (view: ClusterView, { target }: Scope): Service | undefined =>
  view.object<Service>('services', target.namespace, target.name);

/** Only then does it matter what other namespaces hold: their Pods and workloads are not read for a Service that has its own. */
const selectsNothingHere = (view: ClusterView, scope: Scope): boolean => {
  const service = targetIn(view, scope);
  return (
    service !== undefined &&
    hasSelector(service) &&
    podsSelectedBy(service, view.objects<Pod>('pods', scope.target.namespace)).length === 0
  );
};

/** Only a Service without a selector can have its endpoints somewhere by mistake: a controller writes the others'. */
const mayBeServedByHand = (view: ClusterView, scope: Scope): boolean => {
  const service = targetIn(view, scope);
  return service !== undefined && !hasSelector(service) && service.spec.type !== 'ExternalName';
};

const isElsewhere =
  ({ target }: Scope) =>
  ({ metadata }: KubeObject): boolean =>
    metadata.namespace !== target.namespace;

/**
 * A Service of its own Pods has to do with others only where one has its ClusterIP, which the server finds for us: ten thousand Services are
 * read only where something names one that may be any of them.
 */
function servicesThatMatter(view: ClusterView, scope: Scope): readonly ReadNeed[] {
  const { namespace, name } = scope.target;
  const all = everywhere('services')();
  const seen = view.once('all services', () => view.sight({ resource: 'services', namespaces: 'all' }).state);
  if (name === '' || scope.client || seen === 'read' || seen === 'partial') return all;
  const service = targetIn(view, scope);
  if (!service) {
    const looked = view.sight({ resource: 'services', namespaces: [namespace], names: [name] }).state === 'read';
    return looked ? all : [];
  }
  const { type, clusterIP = '', clusterIPs = [] } = service.spec;
  const routed = [...routeKinds, ...traefikKinds, 'networking.istio.io/virtualservices'].some(
    (key) => view.objects(key).length > 0,
  );
  const inNamespace = ['route.openshift.io/routes', 'projectcontour.io/httpproxies'].some(
    (key) => view.objects(key, namespace).length > 0,
  );
  const ingresses = view.objects<Ingress>('networking.k8s.io/ingresses');
  const abroad = ingresses.some(
    (ingress) => ingress.metadata.namespace !== namespace && JSON.stringify(ingress.spec).includes(name),
  );
  const asksForLeave = ingressesTo(scope.target, ingresses).some(
    ({ metadata }) => metadata.annotations?.[authUrlAnnotation] !== undefined,
  );
  const byHand = (slicesByService(view, namespace).get(name) ?? []).some(keptByHand);
  const initializing = podsSelectedBy(service, view.objects<Pod>('pods', namespace)).some(
    ({ spec, status }) => (spec.initContainers ?? []).length > 0 && status?.phase === 'Pending',
  );
  const dns = findClusterDns(view);
  const strangeDns = !dns.service || (dns.kubeletServers?.value ?? []).some((ip) => !dns.addresses.includes(ip));
  if (routed || inNamespace || abroad || asksForLeave || byHand || initializing || strangeDns) return all;
  if (!hasSelector(service) || type === 'ExternalName' || type === 'LoadBalancer' || clusterIPs.length > 1) return all;
  return clusterIP === '' || clusterIP === 'None'
    ? []
    : [{ resource: 'services', namespaces: 'all', fieldSelector: `spec.clusterIP=${clusterIP}` }];
}

const claimsAwaitedBy = (view: ClusterView, scope: Scope): readonly string[] => {
  const service = targetIn(view, scope);
  const pods = service ? podsSelectedBy(service, view.objects<Pod>('pods', scope.target.namespace)) : [];
  return [...new Set(pods.filter(({ spec }) => !spec.nodeName).flatMap(claimNamesOf))];
};

/** The namespaces whose policies decide about a connection: the Service's and the client's. */
const namespacesConcerned = ({ target, client }: Scope): readonly string[] => [
  ...new Set([target.namespace, ...(client ? [client.namespace] : [])]),
];

/** Only by a grant of its own namespace may a Service get requests from routes of another; where grants cannot be seen, there may be one. */
const admitsRoutesFromElsewhere = (view: ClusterView, { target: { namespace } }: Scope): boolean =>
  view.sight({ resource: 'gateway.networking.k8s.io/referencegrants', namespaces: [namespace] }).state !== 'read' ||
  view
    .objects<ReferenceGrant>('gateway.networking.k8s.io/referencegrants', namespace)
    .some(
      ({ spec }) =>
        spec.from.some((from) => from.namespace !== namespace) && spec.to.some(({ kind }) => kind === 'Service'),
    );

const routeKinds = [
  'gateway.networking.k8s.io/httproutes',
  'gateway.networking.k8s.io/grpcroutes',
  'gateway.networking.k8s.io/tlsroutes',
  'gateway.networking.k8s.io/tcproutes',
  'gateway.networking.k8s.io/udproutes',
] as const;

const observed = <K extends ObservationKind>(kind: K) => ({
  of: 'cluster' as const,
  needs: () => [],
  observation: kind,
  from: (view: ClusterView) => view.observations(kind),
});

const listed = <T extends KubeObject>(...keys: string[]) => ({
  of: 'namespace' as const,
  needs: inTargetNamespace(...keys),
  from: (view: ClusterView, { target }: Scope) => together<T>(view, keys, target.namespace),
});

const listedEverywhere = <T extends KubeObject>(...keys: string[]) => ({
  of: 'cluster' as const,
  needs: everywhere(...keys),
  from: (view: ClusterView) => together<T>(view, keys),
});

const callbackKinds = [
  'admissionregistration.k8s.io/mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/validatingwebhookconfigurations',
  'apiregistration.k8s.io/apiservices',
] as const;
const definitions = 'apiextensions.k8s.io/customresourcedefinitions';

const advertisementKinds = ['metallb.io/l2advertisements', 'metallb.io/bgpadvertisements'] as const;

/** Before its version 3 Traefik had another group. */
const traefikKinds = [
  'traefik.io/ingressroutes',
  'traefik.io/ingressroutetcps',
  'traefik.containo.us/ingressroutes',
] as const;

const traefikRoutesIn = (view: ClusterView): readonly CustomObject[] => together<CustomObject>(view, traefikKinds);

/** One list, the same for everyone who asks: what is worked out of it can be remembered with it. */
function together<T extends KubeObject>(view: ClusterView, keys: readonly string[], namespace?: string): readonly T[] {
  const [first, ...others] = keys;
  if (first !== undefined && others.length === 0) return view.objects<T>(first, namespace);
  return view.once(`${keys.join(' ')} in ${namespace ?? ''}`, () =>
    keys.flatMap((key) => view.objects<T>(key, namespace)),
  );
}

/** Where network agents live, by the habits of their installers. */
const agentNamespaces = [
  'kube-system',
  'kube-flannel',
  'calico-system',
  'tigera-operator',
  'cilium',
  'weave',
  'metallb-system',
] as const;

/** In one that does not exist there is nothing to ask for. Until it is known which exist, all wait; where nobody may know, all are asked for. */
function existing(view: ClusterView, namespaces: readonly string[]): readonly string[] {
  const { state } = view.sight({ resource: 'namespaces', namespaces: 'all' });
  if (state === 'uncovered') return [];
  return state === 'read'
    ? namespaces.filter((name) => view.object('namespaces', undefined, name) !== undefined)
    : namespaces;
}

/** Whether anything from outside is led to the Service: through an Ingress or a route, a node port or a load balancer. */
const mayBeEntered = (view: ClusterView, scope: Scope): boolean => {
  const { target } = scope;
  const { type } = { ...targetIn(view, scope)?.spec };
  return (
    target.name === '' ||
    type === 'NodePort' ||
    type === 'LoadBalancer' ||
    routeKinds.some((key) => view.objects(key).length > 0) ||
    ingressesTo(target, view.objects<Ingress>('networking.k8s.io/ingresses', target.namespace)).length > 0
  );
};

/** Every fact: what it rests on, and how it is told from the snapshot. */
/** Whether it is a fact about who calls: there is none where nobody was named. */
export const isOfClient = (name: FactName): boolean => /^client([A-Z]|$)/.test(name);

export const factSources: { readonly [Name in FactName]: FactSource<Facts[Name]> } = {
  target: { needs: () => [], from: (_view, { target }) => target },
  service: {
    needs: (_view, { target }) => [{ resource: 'services', namespaces: [target.namespace], names: [target.name] }],
    from: (view, scope) => {
      const service = targetIn(view, scope);
      if (!service) throw new Error('asked for a Service that does not exist');
      return service;
    },
  },
  now: { of: 'cluster', needs: () => [], from: (view) => view.now },
  serverVersion: { of: 'cluster', needs: () => [], from: (view) => view.snapshot.serverVersion },
  pods: listed<Pod>('pods'),
  podsElsewhere: {
    needs: (view, scope) =>
      selectsNothingHere(view, scope)
        ? [{ resource: 'pods', namespaces: 'all', labelSelector: formatLabels(targetIn(view, scope)?.spec.selector) }]
        : [],
    from: (view, scope) => {
      const service = targetIn(view, scope);
      if (!service || !selectsNothingHere(view, scope)) return [];
      return podsWithLabels(view.objects<Pod>('pods'), service.spec.selector ?? {}).filter(
        (pod) => pod.metadata.namespace !== scope.target.namespace,
      );
    },
  },
  slices: {
    needs: (_view, { target }) => [
      {
        resource: 'discovery.k8s.io/endpointslices',
        namespaces: [target.namespace],
        labelSelector: `${serviceNameLabel}=${target.name}`,
      },
    ],
    from: (view, { target }) => slicesByService(view, target.namespace).get(target.name) ?? [],
  },
  slicesInNamespace: listed<EndpointSlice>('discovery.k8s.io/endpointslices'),
  legacyEndpoints: {
    needs: (_view, { target }) => [{ resource: 'endpoints', namespaces: [target.namespace], names: [target.name] }],
    from: (view, { target }) => view.object<Endpoints>('endpoints', target.namespace, target.name),
  },
  endpointsInNamespace: listed<Endpoints>('endpoints'),
  endpointsElsewhere: {
    needs: (view, scope) => (mayBeServedByHand(view, scope) ? everywhere('endpoints')() : []),
    from: (view, scope) =>
      mayBeServedByHand(view, scope)
        ? (endpointsByName(view).get(scope.target.name) ?? []).filter(isElsewhere(scope))
        : [],
  },
  slicesElsewhere: {
    needs: (view, scope) =>
      mayBeServedByHand(view, scope)
        ? [
            {
              resource: 'discovery.k8s.io/endpointslices',
              namespaces: 'all',
              labelSelector: `${serviceNameLabel}=${scope.target.name}`,
            },
          ]
        : [],
    from: (view, scope) =>
      mayBeServedByHand(view, scope)
        ? (slicesByService(view).get(scope.target.name) ?? []).filter(isElsewhere(scope))
        : [],
  },
  workloads: {
    of: 'namespace',
    needs: inTargetNamespace(...workloadKinds),
    also: ({ target }) => rarerWorkloadKinds.map((resource) => ({ resource, namespaces: [target.namespace] })),
    from: (view, { target }) => workloadsIn(view, target.namespace),
  },
  workloadsEverywhere: {
    needs: (view, scope) => (selectsNothingHere(view, scope) ? everywhere(...workloadKinds)() : []),
    from: (view) => together<Workload>(view, workloadKinds),
  },
  services: listed<Service>('services'),
  servicesEverywhere: {
    needs: (view, scope) => servicesThatMatter(view, scope),
    from: (view) => view.objects<Service>('services'),
  },
  namespaces: listedEverywhere<Namespace>('namespaces'),
  nodes: listedEverywhere<Node>('nodes'),
  events: listed<Event>('events'),
  quotas: listed<ResourceQuota>('resourcequotas'),
  limitRanges: listed<LimitRange>('limitranges'),
  pendingClaims: {
    needs: (view, scope) => {
      const names = claimsAwaitedBy(view, scope);
      return names.length > 0
        ? [{ resource: 'persistentvolumeclaims', namespaces: [scope.target.namespace], names }]
        : [];
    },
    from: (view, scope) => {
      const names = claimsAwaitedBy(view, scope);
      return view
        .objects<PersistentVolumeClaim>('persistentvolumeclaims', scope.target.namespace)
        .filter(({ metadata }) => names.includes(metadata.name));
    },
  },
  autoscalers: listed<HorizontalPodAutoscaler>('autoscaling/horizontalpodautoscalers'),
  scaledObjects: listed<CustomObject>('keda.sh/scaledobjects', 'http.keda.sh/httpscaledobjects'),
  knative: listed<CustomObject>('serving.knative.dev/services', 'serving.knative.dev/revisions'),
  networkPolicies: {
    needs: (_view, scope) => [
      { resource: 'networking.k8s.io/networkpolicies', namespaces: namespacesConcerned(scope) },
    ],
    from: (view, scope) =>
      namespacesConcerned(scope).flatMap((namespace) =>
        view.objects<NetworkPolicy>('networking.k8s.io/networkpolicies', namespace),
      ),
  },
  dnsPolicies: {
    of: 'cluster',
    needs: (view) => [{ resource: 'networking.k8s.io/networkpolicies', namespaces: [findClusterDns(view).namespace] }],
    from: (view) => view.objects<NetworkPolicy>('networking.k8s.io/networkpolicies', findClusterDns(view).namespace),
  },
  otherPolicies: listedEverywhere<KubeObject>(
    'cilium.io/ciliumnetworkpolicies',
    'cilium.io/ciliumclusterwidenetworkpolicies',
    'crd.projectcalico.org/networkpolicies',
    'crd.projectcalico.org/globalnetworkpolicies',
    'policy.networking.k8s.io/adminnetworkpolicies',
    'policy.networking.k8s.io/baselineadminnetworkpolicies',
  ),
  client: {
    needs: (_view, { client }) => {
      if (!client) return [];
      const key = keyOfKind[client.kind.toLowerCase()];
      return [
        { resource: 'pods', namespaces: [client.namespace] },
        ...(key && key !== 'pods' ? [{ resource: key, namespaces: [client.namespace] }] : []),
      ];
    },
    also: ({ client }) =>
      client
        ? [...workloadKinds, ...rarerWorkloadKinds].map((resource) => ({ resource, namespaces: [client.namespace] }))
        : [],
    from: (view, { client }) => {
      const found = client && findClient(view, client);
      if (!found) throw new Error('asked for a client that was not named or does not exist');
      return found;
    },
  },
  clientConfigMaps: {
    needs: (view, { client }) => {
      const found = client && findClient(view, client);
      const names = found ? configMapsOf(found.spec) : [];
      return client && names.length > 0 ? [{ resource: 'configmaps', namespaces: [client.namespace], names }] : [];
    },
    from: (view, { client }) => {
      const found = client && findClient(view, client);
      const names = new Set(found ? configMapsOf(found.spec) : []);
      return client
        ? view.objects<ConfigMap>('configmaps', client.namespace).filter((map) => names.has(map.metadata.name))
        : [];
    },
  },
  clientEvents: {
    needs: (_view, { client }) => (client ? [{ resource: 'events', namespaces: [client.namespace] }] : []),
    from: (view, { client }) => (client ? view.objects<Event>('events', client.namespace) : []),
  },
  clientSettings: {
    needs: () => [],
    also: ({ client }) =>
      client ? ['configmaps', 'services'].map((resource) => ({ resource, namespaces: [client.namespace] })) : [],
    from: (view, scope) => settingsOfClient(view, scope),
  },
  clientReferences: {
    needs: () => [],
    from: (view, scope) => referencesOfClient(view, scope),
  },
  clientCalls: {
    needs: (_view, { client }) => (client ? everywhere('services')() : []),
    from: (view, scope) => callsOfClient(view, scope),
  },
  slicesOfKin: {
    needs: (view, scope) =>
      kinCalledIn(view, scope).map(({ metadata }) => ({
        resource: 'discovery.k8s.io/endpointslices',
        namespaces: [metadata.namespace ?? ''],
        labelSelector: `${serviceNameLabel}=${metadata.name}`,
      })),
    from: (view, scope) =>
      kinCalledIn(view, scope).flatMap(
        ({ metadata }) => slicesByService(view, metadata.namespace).get(metadata.name) ?? [],
      ),
  },
  clientResolver: { needs: () => [], from: (view, scope) => resolverOfClient(view, scope) },
  clusterDomain: {
    of: 'cluster',
    needs: () => [],
    also: () => [{ resource: 'configmaps', namespaces: ['kube-system'] }],
    from: (view) => clusterDomainIn(view),
  },
  clusterDns: {
    of: 'cluster',
    needs: (view) =>
      ['services', 'pods', 'discovery.k8s.io/endpointslices', 'apps/deployments'].map((resource) => ({
        resource,
        namespaces: [findClusterDns(view).namespace],
      })),
    also: (_scope, view) =>
      ['configmaps', 'events', 'apps/replicasets', 'apps/daemonsets', 'apps/statefulsets'].map((resource) => ({
        resource,
        namespaces: [...new Set(['kube-system', findClusterDns(view).namespace])],
      })),
    from: (view) => findClusterDns(view),
  },
  dnsClusterRole: {
    of: 'cluster',
    needs: () => [{ resource: 'rbac.authorization.k8s.io/clusterroles', namespaces: 'all', names: ['system:coredns'] }],
    from: (view) => view.object<ClusterRole>('rbac.authorization.k8s.io/clusterroles', undefined, 'system:coredns'),
  },
  kubeProxy: {
    of: 'cluster',
    needs: () =>
      ['pods', 'apps/daemonsets', 'configmaps'].map((resource) => ({ resource, namespaces: ['kube-system'] })),
    from: (view) =>
      view.once('kube-proxy', () => ({
        daemonSets: view
          .objects<Workload>('apps/daemonsets', 'kube-system')
          .filter((set) => set.metadata.name.startsWith('kube-proxy')),
        pods: view
          .objects<Pod>('pods', 'kube-system')
          .filter(
            (pod) => pod.metadata.labels?.['k8s-app'] === 'kube-proxy' || pod.metadata.name.startsWith('kube-proxy'),
          ),
        configMaps: view
          .objects<ConfigMap>('configmaps', 'kube-system')
          .filter((map) => map.metadata.name.startsWith('kube-proxy')),
      })),
  },
  networkAgents: {
    of: 'cluster',
    needs: () => ['pods', 'apps/daemonsets'].map((resource) => ({ resource, namespaces: ['kube-system'] })),
    also: (_scope, view) => [
      { resource: 'namespaces', namespaces: 'all' },
      ...['pods', 'apps/daemonsets', 'configmaps'].map((resource) => ({
        resource,
        namespaces: existing(view, agentNamespaces),
      })),
    ],
    from: (view) =>
      view.once('network agents', () => {
        const inside = <T extends KubeObject>(key: string) =>
          agentNamespaces.flatMap((namespace) => view.objects<T>(key, namespace));
        return {
          daemonSets: inside<Workload>('apps/daemonsets'),
          pods: inside<Pod>('pods'),
          configMaps: inside<ConfigMap>('configmaps'),
          events: inside<Event>('events'),
        };
      }),
  },
  addressPools: {
    needs: (view, scope) =>
      targetIn(view, scope)?.spec.type === 'LoadBalancer' ? everywhere('metallb.io/ipaddresspools')() : [],
    from: (view) => view.objects<CustomObject>('metallb.io/ipaddresspools'),
  },
  apiCallbacks: {
    // Definitions are many and long: they are read only for a Service that sounds like a webhook of theirs.
    needs: (_view, { target }) =>
      [...callbackKinds, ...(/webhook|conversion/.test(target.name) ? [definitions] : [])].map((resource) => ({
        resource,
        namespaces: 'all',
      })),
    from: (view) => [...callbackKinds, definitions].flatMap((key) => view.objects(key)),
  },
  addressAdvertisements: {
    needs: (view, scope) =>
      targetIn(view, scope)?.spec.type === 'LoadBalancer' ? everywhere(...advertisementKinds)() : [],
    from: (view) => advertisementKinds.flatMap((key) => view.objects<CustomObject>(key)),
  },
  edgeControllers: {
    needs: (view, { target }) =>
      ingressesTo(target, view.objects<Ingress>('networking.k8s.io/ingresses', target.namespace)).length > 0 ||
      vendorBackendsTo(target, traefikRoutesIn(view)).length > 0
        ? everywhere('apps/deployments', 'apps/daemonsets')()
        : [],
    from: (view) =>
      view.once('edge controllers', () =>
        ['apps/deployments', 'apps/daemonsets'].flatMap((key) => view.objects<Workload>(key)).filter(isEdgeController),
      ),
  },
  edgePods: {
    // Those of other namespaces are read only where a policy could keep one of them out that leads here, told by their labels.
    needs: (view, scope) =>
      view.objects('networking.k8s.io/networkpolicies', scope.target.namespace).length > 0 && mayBeEntered(view, scope)
        ? edgeSelectors.map((labelSelector) => ({ resource: 'pods', namespaces: 'all', labelSelector }))
        : [],
    from: (view) => view.once('edge pods', () => view.objects<Pod>('pods').filter(isEdgePod)),
  },
  ingresses: listed<Ingress>('networking.k8s.io/ingresses'),
  ingressesEverywhere: {
    ...listedEverywhere<Ingress>('networking.k8s.io/ingresses'),
    immaterial: () => 'an Ingress sends only to Services of its own namespace',
  },
  ingressClasses: listedEverywhere<IngressClass>('networking.k8s.io/ingressclasses'),
  routes: {
    needs: (view, scope) =>
      admitsRoutesFromElsewhere(view, scope)
        ? everywhere(...routeKinds)()
        : inTargetNamespace(...routeKinds)(view, scope),
    also: everywhere(...routeKinds),
    from: (view) => routeKinds.flatMap((key) => view.objects<GatewayRoute>(key)),
  },
  vendorRoutes: {
    needs: (_view, { target }) => [
      { resource: 'route.openshift.io/routes', namespaces: [target.namespace] },
      ...traefikKinds.map((resource) => ({ resource, namespaces: 'all' as const })),
      { resource: 'projectcontour.io/httpproxies', namespaces: [target.namespace] },
    ],
    from: (view, { target }) => [
      ...view.objects<CustomObject>('route.openshift.io/routes', target.namespace),
      ...traefikRoutesIn(view),
      ...view.objects<CustomObject>('projectcontour.io/httpproxies', target.namespace),
    ],
  },
  gateways: listedEverywhere<Gateway>('gateway.networking.k8s.io/gateways'),
  gatewayClasses: listedEverywhere<GatewayClass>('gateway.networking.k8s.io/gatewayclasses'),
  referenceGrants: listed<ReferenceGrant>('gateway.networking.k8s.io/referencegrants'),
  referenceGrantsEverywhere: listedEverywhere<ReferenceGrant>('gateway.networking.k8s.io/referencegrants'),
  meshConfig: {
    of: 'cluster',
    needs: () => [{ resource: 'configmaps', namespaces: ['istio-system'], names: ['istio'] }],
    from: (view) => view.object<ConfigMap>('configmaps', 'istio-system', 'istio'),
  },
  peerAuthentications: listedEverywhere<CustomObject>('security.istio.io/peerauthentications'),
  istioAuthorizationPolicies: listedEverywhere<CustomObject>('security.istio.io/authorizationpolicies'),
  destinationRules: listedEverywhere<CustomObject>('networking.istio.io/destinationrules'),
  virtualServices: listedEverywhere<CustomObject>('networking.istio.io/virtualservices'),
  istioGateways: listedEverywhere<CustomObject>('networking.istio.io/gateways'),
  gatewayPods: {
    needs: (view, { target }) =>
      gatewayRulesTo(target, view.objects<CustomObject>('networking.istio.io/virtualservices')).length > 0
        ? everywhere('pods')()
        : [],
    from: (view) => view.objects<Pod>('pods'),
  },
  istioSidecars: listedEverywhere<CustomObject>('networking.istio.io/sidecars'),
  linkerdPolicies: listed<CustomObject>(
    'policy.linkerd.io/servers',
    'policy.linkerd.io/authorizationpolicies',
    'policy.linkerd.io/serverauthorizations',
    'policy.linkerd.io/meshtlsauthentications',
  ),
  listeners: observed('Listeners'),
  connects: observed('Connect'),
  triedPaths: {
    needs: (_view, { target }) => [
      { resource: 'services', namespaces: [target.namespace], names: [target.name] },
      {
        resource: 'discovery.k8s.io/endpointslices',
        namespaces: [target.namespace],
        labelSelector: `${serviceNameLabel}=${target.name}`,
      },
    ],
    observation: 'Connect',
    from: (view, scope) => {
      const service = targetIn(view, scope);
      const { namespace, name } = scope.target;
      return service
        ? triedPathsOf(
            view.observations('Connect'),
            service,
            slicesByService(view, namespace).get(name) ?? [],
            view.objects<Pod>('pods'),
            view.objects<Node>('nodes'),
          )
        : [];
    },
  },
  lookups: observed('Lookup'),
  resolvConfs: observed('ResolvConf'),
  logs: observed('Log'),
  httpGets: observed('HttpGet'),
  grpcHealths: observed('GrpcHealth'),
  execs: observed('Exec'),
};

const endpointsByName = (view: ClusterView): ReadonlyMap<string, readonly Endpoints[]> =>
  view.once('endpoints by name', () =>
    Map.groupBy(view.objects<Endpoints>('endpoints'), ({ metadata }) => metadata.name),
  );

/** By the name of their Service, of one namespace or of all. */
function slicesByService(view: ClusterView, namespace?: string): ReadonlyMap<string, readonly EndpointSlice[]> {
  return view.once(`slices by service ${namespace ?? ''}`, () =>
    Map.groupBy(
      view.objects<EndpointSlice>('discovery.k8s.io/endpointslices', namespace),
      (slice) => slice.metadata.labels?.[serviceNameLabel] ?? '',
    ),
  );
}

function namedClient(view: ClusterView, { client }: Scope): Client {
  const found = client && findClient(view, client);
  if (!found) throw new Error('asked for a client that was not named or does not exist');
  return found;
}

function resolverOfClient(view: ClusterView, scope: Scope): Resolver {
  const { spec, namespace, pods } = namedClient(view, scope);
  const observed = view
    .observations('ResolvConf')
    .find(({ pod }) => pods.some(({ metadata }) => metadata.name === pod.name && metadata.namespace === pod.namespace));
  const written = resolverOf(spec, namespace, clusterDomainIn(view).searched);
  return observed ? { asks: written.asks, ...parseResolvConf(observed.text) } : written;
}

const vicinityOfClient = (view: ClusterView, scope: Scope): Vicinity => ({
  namespace: scope.client?.namespace ?? '',
  spec: namedClient(view, scope).spec,
  resolver: resolverOfClient(view, scope),
  domain: clusterDomainIn(view),
  services: view.objects<Service>('services'),
  pods: view.objects<Pod>('pods'),
});

function callsOfClient(view: ClusterView, scope: Scope): readonly Call[] {
  const vicinity = vicinityOfClient(view, scope);
  const leads = view.once(`leads of ${JSON.stringify(scope.client)}`, () =>
    leadsOf(referencesOfClient(view, scope), vicinity),
  );
  return callsOf(leads, targetIn(view, scope), vicinity);
}

function kinCalledIn(view: ClusterView, scope: Scope): readonly Service[] {
  const service = targetIn(view, scope);
  const { client } = scope;
  if (!service || !client || !findClient(view, client)) return [];
  return [...new Set(callsOfClient(view, scope).flatMap((call) => kinCalled(call, service, client.namespace) ?? []))];
}

const referencesOfClient = (view: ClusterView, scope: Scope): readonly Reference[] =>
  view.once(`references of ${JSON.stringify(scope.client)}`, () => referencesIn(settingsOfClient(view, scope)));

/** The client's settings, each variable expanded with those that Services inject. */
function settingsOfClient(view: ClusterView, scope: Scope): readonly Setting[] {
  const found = namedClient(view, scope);
  return view.once(`settings of ${JSON.stringify(scope.client)}`, () =>
    settingsOf(
      found,
      view.objects<ConfigMap>('configmaps', found.namespace),
      new Map(
        hasServiceLinks(found.spec)
          ? view.objects<Service>('services', found.namespace).flatMap((service) => [...serviceLinksOf(service)])
          : [],
      ),
    ),
  );
}

function clusterDomainIn(view: ClusterView): ClusterDomain {
  return view.once('cluster domain', () => {
    const { corefile, domain } = findClusterDns(view);
    return clusterDomainFrom(
      corefile?.parsed,
      domain?.value,
      view.observations('ResolvConf').map(({ text }) => text),
    );
  });
}

/** The client as the snapshot knows it; undefined where no such object is in it. */
export function findClient(view: ClusterView, name: ClientName): Client | undefined {
  return view.once(`client ${name.namespace}/${name.kind}/${name.name}`, () => {
    const key = keyOfKind[name.kind.toLowerCase()];
    const named = key ? view.object<Workload | Pod>(key, name.namespace, name.name) : undefined;
    if (!named) return undefined;
    const workloads = workloadsIn(view, name.namespace);
    const all = view.objects<Pod>('pods', name.namespace);
    const object = named.kind === 'Pod' ? (topOwnerOf(named, workloads) ?? named) : named;
    const own = named.kind === 'Pod' ? [named] : podsOf(named, all, workloads).filter((pod) => !isFinished(pod));
    const pods = own.length > 0 ? own : named.kind === 'Pod' ? [] : podsOf(named, all, workloads);
    const template = named.kind === 'Pod' ? undefined : podTemplateOf(named);
    const spec = pods[0]?.spec ?? template?.spec;
    if (!spec) return undefined;
    return {
      name,
      namespace: name.namespace,
      object,
      spec,
      labels: pods[0]?.metadata.labels ?? template?.metadata?.labels ?? {},
      pods,
    };
  });
}

/** The ConfigMaps that a Pod spec takes its environment or files from. */
export function configMapsOf(spec: PodSpec): readonly string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers];
  const names = [
    ...containers
      .flatMap((container) => container.env ?? [])
      .map((variable) => variable.valueFrom?.configMapKeyRef?.name),
    ...containers.flatMap((container) => container.envFrom ?? []).map((source) => source.configMapRef?.name),
    ...(spec.volumes ?? []).flatMap(configMapsInVolume).map(({ name }) => name),
  ];
  return [...new Set(names.filter((name): name is string => name !== undefined && name !== ''))];
}
