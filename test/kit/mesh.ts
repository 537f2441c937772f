import type { CustomObject, KubeObject, Labels } from '../../src/k8s/objects.ts';
import { namespace, workload, type WorkloadShape } from './cluster.ts';

/** Builders for meshes: Pods with a proxy beside the application, and the custom objects of Istio and Linkerd. */

const proxies = {
  'istio-proxy': 'docker.io/istio/proxyv2:1.27.1',
  'linkerd-proxy': 'cr.l5d.io/linkerd/proxy:edge-25.9.1',
} as const;

/** A workload whose Pods got a proxy when they were made. */
export function meshed(shape: WorkloadShape, proxy: keyof typeof proxies = 'istio-proxy'): ReturnType<typeof workload> {
  const application = {
    name: shape.name,
    image: `registry.example.com/${shape.name}:1.4.2`,
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' as const }],
    ...shape.container,
  };
  return workload({
    ...shape,
    spec: { ...shape.spec, containers: [application, { name: proxy, image: proxies[proxy] }] },
  });
}

export const meshNamespace = (name: string, labels: Labels = { 'istio-injection': 'enabled' }): KubeObject =>
  namespace(name, labels);

const of =
  (apiVersion: string, kind: string) =>
  (ns: string, name: string, spec: Record<string, unknown> = {}): CustomObject => ({
    apiVersion,
    kind,
    metadata: { name, namespace: ns },
    spec,
  });

export const peerAuthentication = of('security.istio.io/v1', 'PeerAuthentication');
export const authorizationPolicy = of('security.istio.io/v1', 'AuthorizationPolicy');
export const destinationRule = of('networking.istio.io/v1', 'DestinationRule');
export const virtualService = of('networking.istio.io/v1', 'VirtualService');
export const istioGateway = of('networking.istio.io/v1', 'Gateway');
export const sidecar = of('networking.istio.io/v1', 'Sidecar');
export const linkerdServer = of('policy.linkerd.io/v1beta3', 'Server');
export const linkerdAuthorization = of('policy.linkerd.io/v1alpha1', 'AuthorizationPolicy');
export const serverAuthorization = of('policy.linkerd.io/v1beta1', 'ServerAuthorization');
export const meshTLSAuthentication = of('policy.linkerd.io/v1alpha1', 'MeshTLSAuthentication');
