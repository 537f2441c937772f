import { isPermitted, ruled, type Permission } from '../k8s/permissions.ts';
import { resourceNamed } from '../k8s/resources.ts';
import type { Request } from './requests.ts';

/** Where what is read lies. */
export interface ReadPermissions {
  /** In the namespaces of the Services looked at and of the client. */
  readonly namespace: readonly Permission[];
  /** In kube-system, where the cluster's DNS, kube-proxy and network agents live. */
  readonly system: readonly Permission[];
  /** Of no namespace, or of all of them: who else may send to a Service, and what its name means. */
  readonly cluster: readonly Permission[];
  /** In all namespaces where that is allowed: Pods and endpoints of other teams. Who may not read them hears so where it matters. */
  readonly elsewhere: readonly Permission[];
  /** One by one, where a list was refused. Nobody who has the roles is asked for it, so they do not name it. */
  readonly instead: readonly Permission[];
}

/** ConfigMaps outside kube-system that say how names are answered and packets travel. */
const settingsElsewhere: Readonly<Record<string, readonly string[]>> = {
  'istio-system': ['istio'],
  'kube-flannel': ['kube-flannel-cfg'],
  'calico-system': ['cni-config'],
  cilium: ['cilium-config'],
  'openshift-dns': ['dns-default'],
};
const settingsOfDns = ['coredns', 'coredns-custom'];

/** The ConfigMaps that are read in a namespace that is neither kube-system nor the client's: by name, never all. */
export const settingsIn = (namespace: string, dnsNamespace: string): readonly string[] =>
  settingsElsewhere[namespace] ?? (namespace === dnsNamespace ? settingsOfDns : []);

const waysIn = ruled(
  'networking.k8s.io/ingresses',
  'gateway.networking.k8s.io/gateways',
  'gateway.networking.k8s.io/httproutes',
  'gateway.networking.k8s.io/grpcroutes',
  'gateway.networking.k8s.io/tlsroutes',
  'gateway.networking.k8s.io/tcproutes',
  'gateway.networking.k8s.io/udproutes',
  'gateway.networking.k8s.io/referencegrants',
  'traefik.io/ingressroutes',
  'traefik.io/ingressroutetcps',
  'traefik.containo.us/ingressroutes',
);
const mesh = ruled(
  'networking.istio.io/destinationrules',
  'networking.istio.io/gateways',
  'networking.istio.io/sidecars',
  'networking.istio.io/virtualservices',
  'security.istio.io/authorizationpolicies',
  'security.istio.io/peerauthentications',
);
const policies = ruled('cilium.io/ciliumnetworkpolicies', 'crd.projectcalico.org/networkpolicies');

/**
 * Everything that a diagnosis may ask an API server for: the one list from which `svcdoctor rbac` prints roles, and by which `gather` refuses to
 * ask for more. Secrets are not in it.
 */
export const readPermissions: ReadPermissions = {
  namespace: [
    {
      why: 'the Services, and what stands behind them',
      resources: ruled('services', 'pods', 'endpoints', 'discovery.k8s.io/endpointslices'),
      verbs: ['list'],
    },
    { why: 'the last words of containers that crash or are not ready', resources: ruled('pods/log'), verbs: ['get'] },
    {
      why: 'what makes the Pods, and what keeps it from making them',
      resources: ruled(
        'apps/daemonsets',
        'apps/deployments',
        'apps/replicasets',
        'apps/statefulsets',
        'argoproj.io/rollouts',
        'autoscaling/horizontalpodautoscalers',
        'batch/cronjobs',
        'batch/jobs',
        'events',
        'http.keda.sh/httpscaledobjects',
        'keda.sh/scaledobjects',
        'limitranges',
        'replicationcontrollers',
        'resourcequotas',
      ),
      verbs: ['list'],
    },
    {
      why: 'the volumes that Pods wait for',
      resources: ruled('persistentvolumeclaims'),
      verbs: ['get', 'list'],
    },
    {
      why: 'who may talk to them',
      resources: [
        ...ruled(
          'networking.k8s.io/networkpolicies',
          'policy.linkerd.io/authorizationpolicies',
          'policy.linkerd.io/meshtlsauthentications',
          'policy.linkerd.io/serverauthorizations',
          'policy.linkerd.io/servers',
        ),
        ...policies,
      ],
      verbs: ['list'],
    },
    {
      why: 'what sends to them from outside, and what the mesh makes of it',
      resources: [...waysIn, ...ruled('projectcontour.io/httpproxies', 'route.openshift.io/routes'), ...mesh],
      verbs: ['list'],
    },
    { why: 'the settings that the Pods of --from take, one by one', resources: ruled('configmaps'), verbs: ['get'] },
  ],
  system: [
    {
      why: 'the cluster’s DNS, kube-proxy and the network agents',
      resources: ruled(
        'apps/daemonsets',
        'apps/deployments',
        'apps/replicasets',
        'apps/statefulsets',
        'discovery.k8s.io/endpointslices',
        'events',
        'networking.k8s.io/networkpolicies',
        'pods',
      ),
      verbs: ['list'],
    },
    { why: 'their last words where they crash', resources: ruled('pods/log'), verbs: ['get'] },
    { why: 'their settings', resources: ruled('configmaps'), verbs: ['list'] },
  ],
  cluster: [
    { why: 'which namespaces there are, and their labels', resources: ruled('namespaces'), verbs: ['list'] },
    { why: 'what the names that clients use mean', resources: ruled('services'), verbs: ['list'] },
    {
      why: 'the nodes, and what gives out addresses and leads in',
      resources: ruled(
        'nodes',
        'networking.k8s.io/ingressclasses',
        'gateway.networking.k8s.io/gatewayclasses',
        'metallb.io/bgpadvertisements',
        'metallb.io/ipaddresspools',
        'metallb.io/l2advertisements',
      ),
      verbs: ['list'],
    },
    {
      why: 'what makes the API server itself a client of Services',
      resources: ruled(
        'admissionregistration.k8s.io/mutatingwebhookconfigurations',
        'admissionregistration.k8s.io/validatingwebhookconfigurations',
        'apiextensions.k8s.io/customresourcedefinitions',
        'apiregistration.k8s.io/apiservices',
      ),
      verbs: ['list'],
    },
    {
      why: 'what sends to them from outside, from any namespace, and what the mesh makes of it',
      resources: [...waysIn, ...mesh],
      verbs: ['list'],
    },
    {
      why: 'policies of other engines',
      resources: [
        ...policies,
        ...ruled(
          'cilium.io/ciliumclusterwidenetworkpolicies',
          'crd.projectcalico.org/globalnetworkpolicies',
          'policy.networking.k8s.io/adminnetworkpolicies',
          'policy.networking.k8s.io/baselineadminnetworkpolicies',
        ),
      ],
      verbs: ['list'],
    },
    {
      why: 'what CoreDNS may read',
      resources: ruled('rbac.authorization.k8s.io/clusterroles'),
      verbs: ['get'],
      names: ['system:coredns'],
    },
    {
      why: 'settings of mesh, network and DNS outside kube-system',
      resources: ruled('configmaps'),
      verbs: ['get'],
      names: [...new Set([...Object.values(settingsElsewhere).flat(), ...settingsOfDns])].toSorted(),
    },
  ],
  elsewhere: [
    {
      why: 'Pods of other namespaces with the Service’s labels, and those of ingress controllers',
      resources: ruled('pods', 'endpoints', 'discovery.k8s.io/endpointslices'),
      verbs: ['list'],
    },
    {
      why: 'what makes them',
      resources: ruled('apps/daemonsets', 'apps/deployments', 'apps/replicasets', 'apps/statefulsets'),
      verbs: ['list'],
    },
  ],
  instead: [{ why: 'what the person named', resources: ruled('services', 'endpoints', 'namespaces'), verbs: ['get'] }],
};

/** Whether a role of ours would let it through; whatever is not declared is never asked. */
export function isDeclared({ resource: key, namespace, name }: Request): boolean {
  const resource = resourceNamed(key);
  const verb = name === undefined ? 'list' : 'get';
  const { system, namespace: near, cluster, elsewhere, instead } = readPermissions;
  const inPlace = namespace === 'kube-system' ? system : elsewhere;
  return isPermitted([...near, ...cluster, ...inPlace, ...instead], verb, resource, name);
}
