import type { Pod } from './objects.ts';

const edgeNames =
  /^(ingress-nginx|nginx-ingress|traefik|haproxy-ingress|kubernetes-ingress|haproxy|contour|envoy|kong|gateway|istio-ingressgateway|ambassador|emissary-ingress|apisix|gloo|skipper|voyager)$/;
const edgeImages =
  /ingress-nginx\/controller|nginx-ingress|\/traefik|library\/traefik|^traefik|haproxy.*ingress|kubernetes-ingress|kong\/|projectcontour|envoyproxy\/envoy|emissary|apisix/;

/** A Pod that carries traffic from outside to Services: an ingress controller, or the proxy of a Gateway. */
export function isEdgePod(pod: Pod): boolean {
  const { labels = {} } = pod.metadata;
  if (labels['gateway.networking.k8s.io/gateway-name'] || labels['istio'] === 'ingressgateway') return true;
  if (labels['app.kubernetes.io/component'] === 'admission-webhook') return false;
  if ([labels['app.kubernetes.io/name'], labels['app'], labels['k8s-app']].some((name) => edgeNames.test(name ?? '')))
    return true;
  return pod.spec.containers.some(({ image }) => edgeImages.test(image ?? ''));
}
