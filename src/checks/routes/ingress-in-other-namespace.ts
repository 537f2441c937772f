import { namedIn } from '../../k8s/named.ts';
import { allPathsOf, formatIngressPath, ingressesTo, type IngressPath } from '../../k8s/ingress.ts';
import type { Ingress, Service } from '../../k8s/objects.ts';
import { oncePerPair } from '../../k8s/once-per.ts';
import { servicesNamed } from '../../k8s/services.ts';
import { routesTo } from '../../k8s/gateway.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-in-other-namespace',
  title: 'The Ingress stands in another namespace than the Service',
  why: 'The backend of an Ingress is looked up in the namespace of the Ingress; there is no way to name a Service of another one. The Ingress has to stand where the Service is.',
  impact: 'breaks',
  explains: ['routes/controller-complains', 'routes/ingress-unclaimed'],
  needs: ['service', 'ingressesEverywhere', 'servicesEverywhere'],
  uses: ['routes'],
  evaluate({ service, ingressesEverywhere, servicesEverywhere, routes = [] }) {
    const { name, namespace = '' } = service.metadata;
    const lost = lostPaths(ingressesEverywhere, servicesEverywhere).filter(
      ({ ingress, backend }) =>
        ingress.metadata.namespace !== namespace && namesIt(backend.service?.name ?? '', name, namespace),
    );
    const [first] = lost;
    if (!first) return notApplicable('no Ingress of another namespace names it');
    const served =
      ingressesTo(service.metadata, ingressesEverywhere).length > 0 || routesTo(service.metadata, routes).length > 0;
    if (served) return passed(`an Ingress of ${first.ingress.metadata.namespace} misses a Service ${name} of its own`);
    const namesakes = servicesNamed(servicesEverywhere, name).length;
    const { ingress } = first;
    return problem({
      certainty: namesakes === 1 ? 'certain' : 'possible',
      ...(namesakes === 1 ? {} : { impact: 'risks' as const }),
      summary: `Ingress ${ingress.metadata.name} of namespace ${ingress.metadata.namespace} names Service ${first.backend.service?.name}, which is in namespace ${namespace}: an Ingress reaches only its own namespace`,
      evidence: allOf([
        ...lost
          .slice(0, 3)
          .map((path) => evidence(path.ingress, `${path.field}.service.name`, path.backend.service?.name)),
        evidence(ingress, 'metadata.namespace', ingress.metadata.namespace),
        evidence(service, 'metadata.namespace', namespace),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', ingress.metadata.namespace ?? ''),
          `Error from server (NotFound): services "${name}" not found`,
        ),
        confirm(
          kubectl('describe', 'ingress', ingress.metadata.name, '-n', ingress.metadata.namespace ?? ''),
          `${formatIngressPath(first)} with <error: services "${name}" not found>`,
        ),
      ],
      fix: {
        explain: `Create the Ingress in ${namespace}, where Service ${name} is, and remove it from ${ingress.metadata.namespace}. Where it has to stay, an ExternalName Service ${name} in ${ingress.metadata.namespace} that points to ${name}.${namespace}.svc.cluster.local bridges the two, if the controller allows it.`,
        commands: [
          kubectl('get', 'ingress', ingress.metadata.name, '-n', ingress.metadata.namespace ?? '', '-o', 'yaml'),
        ],
      },
    });
  },
});

/** `web`, and `web.shop` or `shop/web`, which people write in the hope that it reaches across. */
/** Backends that no Service of the Ingress's own namespace has the name of. */
const lostPaths = oncePerPair((ingresses: readonly Ingress[], services: readonly Service[]): readonly IngressPath[] =>
  allPathsOf(ingresses).filter(
    ({ ingress, backend }) =>
      backend.service?.name !== undefined &&
      namedIn(services, ingress.metadata.namespace, backend.service.name) === undefined,
  ),
);

const namesIt = (asked: string, name: string, namespace: string): boolean =>
  asked === name || asked === `${namespace}/${name}` || asked.startsWith(`${name}.${namespace}`);
