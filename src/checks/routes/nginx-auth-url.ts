import { namedIn } from '../../k8s/named.ts';
import { formatServicePorts, servicePortFor } from '../../k8s/backend-ports.ts';
import { isNginx } from '../../k8s/ingress-controllers.ts';
import { authUrlAnnotation, ingressesTo } from '../../k8s/ingress.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import type { Ingress, Service } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/nginx-auth-url',
  title: 'ingress-nginx asks a Service for leave that does not answer',
  why: 'With the annotation auth-url, ingress-nginx sends each request to that URL first, and to the backend only when the answer is 2xx. Where nobody answers there, every request ends with 500, and none reaches the backend.',
  impact: 'breaks',
  needs: ['target', 'ingresses', 'ingressClasses', 'servicesEverywhere'],
  evaluate({ target, ingresses, ingressClasses, servicesEverywhere }) {
    const asking = ingressesTo(target, ingresses).filter(
      (ingress) => ingress.metadata.annotations?.[authUrlAnnotation] !== undefined && isNginx(ingress, ingressClasses),
    );
    if (asking.length === 0) return notApplicable('no Ingress of ingress-nginx asks for leave before it leads to it');
    for (const ingress of asking) {
      const asked = serviceAsked(ingress, servicesEverywhere);
      if (!asked) continue;
      const { name, namespace, port, url, service } = asked;
      if (service && servicePortFor(service, port)) continue;
      const neighbours = servicesEverywhere.flatMap(({ metadata }) =>
        metadata.namespace === namespace ? [metadata.name] : [],
      );
      const near = service ? undefined : nearestName(name, neighbours);
      const [only] = service?.spec.ports?.length === 1 ? service.spec.ports : [];
      return problem({
        certainty: 'certain',
        summary: `Ingress ${ingress.metadata.name} asks ${url.host} for leave (auth-url), and ${service ? `Service ${name} of ${namespace} has no port ${port}, only ${formatServicePorts(service)}` : `namespace ${namespace} has no Service ${name}`}`,
        evidence: allOf([
          evidence(ingress, `metadata.annotations["${authUrlAnnotation}"]`, url.href),
          ...(service ? [evidence(service, 'spec.ports', formatServicePorts(service))] : []),
        ]),
        confirm: [
          confirm(
            kubectl('get', 'service', name, '-n', namespace),
            service
              ? `PORT(S) ${formatServicePorts(service)}`
              : `Error from server (NotFound): services "${name}" not found`,
          ),
        ],
        fix: {
          explain: service
            ? `Name a port of Service ${name} in auth-url: ${formatServicePorts(service)}.`
            : near
              ? `Name a Service that exists in auth-url; the nearest is ${near}.`
              : `Name a Service that exists in auth-url, or take the annotation out.`,
          ...(only
            ? {
                patch: {
                  object: ingress,
                  type: 'merge' as const,
                  body: { metadata: { annotations: { [authUrlAnnotation]: withPort(url, only.port) } } },
                },
              }
            : {}),
        },
      });
    }
    return passed('what its Ingresses ask for leave exists');
  },
});

/** The Service that auth-url names, where it names one of the cluster in full. */
function serviceAsked({ metadata }: Ingress, services: readonly Service[]) {
  const text = metadata.annotations?.[authUrlAnnotation] ?? '';
  if (!URL.canParse(text) || text.includes('$')) return undefined;
  const url = new URL(text);
  const [, name = '', namespace = ''] = /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.|$)/.exec(url.hostname) ?? [];
  if (name === '') return undefined;
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { name, namespace, port, url, service: namedIn(services, namespace, name) };
}

function withPort(url: URL, port: number): string {
  const changed = new URL(url);
  changed.port = String(port);
  return changed.href;
}
