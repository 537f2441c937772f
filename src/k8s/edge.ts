import type { Pod } from './objects.ts';

const edgeNames =
  /^(ingress-nginx|nginx-ingress|traefik|haproxy-ingress|kubernetes-ingress|haproxy|contour|envoy|kong|gateway|istio-ingressgateway|ambassador|emissary-ingress|apisix|gloo|skipper|voyager)$/;
const edgeImages =
  /ingress-nginx\/controller|nginx-ingress|\/traefik|library\/traefik|^traefik|haproxy.*ingress|kubernetes-ingress|kong\/|projectcontour|envoyproxy\/envoy|emissary|apisix/;

const names = edgeNames.source.slice(2, -2).replaceAll('|', ',');

/** What the server is asked for them by: of thousands of Pods, these alone are sent. Those told by their image only are not among them. */
export const edgeSelectors: readonly string[] = [
  'gateway.networking.k8s.io/gateway-name',
  'istio=ingressgateway',
  ...['app.kubernetes.io/name', 'app', 'k8s-app'].map((key) => `${key} in (${names})`),
];

/** A Pod that carries traffic from outside to Services: an ingress controller, or the proxy of a Gateway. */
export function isEdgePod(pod: Pod): boolean {
  const { labels = {} } = pod.metadata;
  if (labels['gateway.networking.k8s.io/gateway-name'] || labels['istio'] === 'ingressgateway') return true;
  if (labels['app.kubernetes.io/component'] === 'admission-webhook') return false;
  if ([labels['app.kubernetes.io/name'], labels['app'], labels['k8s-app']].some((name) => edgeNames.test(name ?? '')))
    return true;
  return pod.spec.containers.some(({ image }) => edgeImages.test(image ?? ''));
}
