/** One kind of object we may read: how the API server and RBAC call it. */
export interface Resource {
  readonly kind: string;
  readonly group: string;
  /** Versions we understand, the preferred one first. */
  readonly versions: readonly string[];
  readonly resource: string;
  readonly namespaced: boolean;
}

const core = (kind: string, resource: string, namespaced = true): Resource => ({
  kind,
  group: '',
  versions: ['v1'],
  resource,
  namespaced,
});
const of = (
  group: string,
  versions: readonly string[],
  kind: string,
  resource: string,
  namespaced = true,
): Resource => ({
  kind,
  group,
  versions,
  resource,
  namespaced,
});

/** Every kind that some check reads. Secrets are not among them, and never will be. */
export const resources = [
  core('Namespace', 'namespaces', false),
  core('Node', 'nodes', false),
  core('Service', 'services'),
  core('Pod', 'pods'),
  core('Endpoints', 'endpoints'),
  core('ConfigMap', 'configmaps'),
  core('Event', 'events'),
  core('ResourceQuota', 'resourcequotas'),
  core('LimitRange', 'limitranges'),
  core('ReplicationController', 'replicationcontrollers'),
  core('PersistentVolumeClaim', 'persistentvolumeclaims'),
  of('discovery.k8s.io', ['v1'], 'EndpointSlice', 'endpointslices'),
  of('rbac.authorization.k8s.io', ['v1'], 'ClusterRole', 'clusterroles', false),
  of('apps', ['v1'], 'Deployment', 'deployments'),
  of('apps', ['v1'], 'ReplicaSet', 'replicasets'),
  of('apps', ['v1'], 'StatefulSet', 'statefulsets'),
  of('apps', ['v1'], 'DaemonSet', 'daemonsets'),
  of('batch', ['v1'], 'Job', 'jobs'),
  of('batch', ['v1'], 'CronJob', 'cronjobs'),
  of('autoscaling', ['v2'], 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  of('networking.k8s.io', ['v1'], 'NetworkPolicy', 'networkpolicies'),
  of('networking.k8s.io', ['v1'], 'Ingress', 'ingresses'),
  of('networking.k8s.io', ['v1'], 'IngressClass', 'ingressclasses', false),
  of('admissionregistration.k8s.io', ['v1'], 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', false),
  of(
    'admissionregistration.k8s.io',
    ['v1'],
    'ValidatingWebhookConfiguration',
    'validatingwebhookconfigurations',
    false,
  ),
  of('apiregistration.k8s.io', ['v1'], 'APIService', 'apiservices', false),
  of('apiextensions.k8s.io', ['v1'], 'CustomResourceDefinition', 'customresourcedefinitions', false),
  of('gateway.networking.k8s.io', ['v1', 'v1beta1'], 'Gateway', 'gateways'),
  of('gateway.networking.k8s.io', ['v1', 'v1beta1'], 'GatewayClass', 'gatewayclasses', false),
  of('gateway.networking.k8s.io', ['v1', 'v1beta1'], 'HTTPRoute', 'httproutes'),
  of('gateway.networking.k8s.io', ['v1', 'v1alpha2'], 'GRPCRoute', 'grpcroutes'),
  of('gateway.networking.k8s.io', ['v1', 'v1alpha3', 'v1alpha2'], 'TLSRoute', 'tlsroutes'),
  of('gateway.networking.k8s.io', ['v1alpha2'], 'TCPRoute', 'tcproutes'),
  of('gateway.networking.k8s.io', ['v1alpha2'], 'UDPRoute', 'udproutes'),
  of('gateway.networking.k8s.io', ['v1', 'v1beta1'], 'ReferenceGrant', 'referencegrants'),
  of('keda.sh', ['v1alpha1'], 'ScaledObject', 'scaledobjects'),
  of('http.keda.sh', ['v1alpha1'], 'HTTPScaledObject', 'httpscaledobjects'),
  of('serving.knative.dev', ['v1'], 'Service', 'services'),
  of('serving.knative.dev', ['v1'], 'Revision', 'revisions'),
  of('argoproj.io', ['v1alpha1'], 'Rollout', 'rollouts'),
  of('security.istio.io', ['v1', 'v1beta1'], 'PeerAuthentication', 'peerauthentications'),
  of('security.istio.io', ['v1', 'v1beta1'], 'AuthorizationPolicy', 'authorizationpolicies'),
  of('networking.istio.io', ['v1', 'v1beta1', 'v1alpha3'], 'DestinationRule', 'destinationrules'),
  of('networking.istio.io', ['v1', 'v1beta1', 'v1alpha3'], 'VirtualService', 'virtualservices'),
  of('networking.istio.io', ['v1', 'v1beta1', 'v1alpha3'], 'Gateway', 'gateways'),
  of('networking.istio.io', ['v1', 'v1beta1', 'v1alpha3'], 'Sidecar', 'sidecars'),
  of('policy.linkerd.io', ['v1beta3', 'v1beta2', 'v1beta1'], 'Server', 'servers'),
  of('policy.linkerd.io', ['v1alpha1'], 'AuthorizationPolicy', 'authorizationpolicies'),
  of('policy.linkerd.io', ['v1beta1'], 'ServerAuthorization', 'serverauthorizations'),
  of('policy.linkerd.io', ['v1alpha1'], 'MeshTLSAuthentication', 'meshtlsauthentications'),
  of('route.openshift.io', ['v1'], 'Route', 'routes'),
  of('traefik.io', ['v1alpha1'], 'IngressRoute', 'ingressroutes'),
  of('traefik.io', ['v1alpha1'], 'IngressRouteTCP', 'ingressroutetcps'),
  of('traefik.containo.us', ['v1alpha1'], 'IngressRoute', 'ingressroutes'),
  of('projectcontour.io', ['v1'], 'HTTPProxy', 'httpproxies'),
  of('metallb.io', ['v1beta1'], 'IPAddressPool', 'ipaddresspools'),
  of('metallb.io', ['v1beta1'], 'L2Advertisement', 'l2advertisements'),
  of('metallb.io', ['v1beta1'], 'BGPAdvertisement', 'bgpadvertisements'),
  of('cilium.io', ['v2'], 'CiliumNetworkPolicy', 'ciliumnetworkpolicies'),
  of('cilium.io', ['v2'], 'CiliumClusterwideNetworkPolicy', 'ciliumclusterwidenetworkpolicies', false),
  of('crd.projectcalico.org', ['v1'], 'NetworkPolicy', 'networkpolicies'),
  of('crd.projectcalico.org', ['v1'], 'GlobalNetworkPolicy', 'globalnetworkpolicies', false),
  of('policy.networking.k8s.io', ['v1alpha1'], 'AdminNetworkPolicy', 'adminnetworkpolicies', false),
  of('policy.networking.k8s.io', ['v1alpha1'], 'BaselineAdminNetworkPolicy', 'baselineadminnetworkpolicies', false),
] as const satisfies readonly Resource[];

/** `group/resource` as RBAC would write it, the core group without its slash: `pods`, `apps/deployments`. */
export type ResourceKey = string;

export const resourceKey = (group: string, resource: string): ResourceKey =>
  group === '' ? resource : `${group}/${resource}`;

const byKey = new Map<ResourceKey, Resource>(resources.map((r) => [resourceKey(r.group, r.resource), r]));
const byGroupKind = new Map<string, Resource>(resources.map((r) => [`${r.group}/${r.kind}`, r]));

/** The resource named `group/resource`; throws on a name the table lacks, which is a bug of the caller. */
export function resourceNamed(key: ResourceKey): Resource {
  const found = byKey.get(key);
  if (!found) throw new Error(`no such resource in the table: ${key}`);
  return found;
}

export const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

/** The resource an object of this apiVersion and kind belongs to, in any version of its group. */
export const resourceOf = (object: { readonly apiVersion: string; readonly kind: string }): Resource | undefined =>
  byGroupKind.get(`${groupOf(object.apiVersion)}/${object.kind}`);

/** The argument kubectl takes for a kind, short where it is unambiguous: `deployment`, `networkpolicy`, `services.serving.knative.dev`. */
export function kubectlName(object: { readonly apiVersion: string; readonly kind: string }): string {
  const group = groupOf(object.apiVersion);
  const ambiguous = resources.filter((r) => r.kind === object.kind).length > 1;
  const builtIn =
    group === '' ||
    !group.includes('.') ||
    (group.endsWith('.k8s.io') && !group.startsWith('policy.') && !group.startsWith('gateway.'));
  return ambiguous && !builtIn ? `${object.kind.toLowerCase()}.${group}` : object.kind.toLowerCase();
}
