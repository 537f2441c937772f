import {
  allPathsOf,
  backendPortOf,
  classAskedBy,
  formatIngressPath,
  pathsTo,
  type IngressPath,
} from '../../k8s/ingress.ts';
import type { Ingress } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** Annotations by which two Ingresses share a path on purpose. */
const sharing = ['nginx.ingress.kubernetes.io/canary', 'alb.ingress.kubernetes.io/group.name'] as const;

export default defineCheck({
  id: 'routes/ingress-conflict',
  title: 'Two Ingresses claim the same host and path',
  why: 'Where two Ingresses of one class claim the same host and path, the controller takes one: ingress-nginx the older. The other is ignored in silence, and its Service gets no request.',
  impact: 'breaks',
  needs: ['service', 'ingresses'],
  uses: ['ingressesEverywhere'],
  evaluate({ service, ingresses, ingressesEverywhere = ingresses }) {
    const own = pathsTo(service.metadata, ingressesEverywhere);
    if (own.length === 0) return notApplicable(`no Ingress of ${service.metadata.namespace} names it`);
    const claimed = claims(ingressesEverywhere);
    const clashes = own.flatMap((path) =>
      (claimed.get(claimOf(path)) ?? [])
        .filter((other) => clash(path, other))
        .map((other) => ({ path, other, order: age(path) - age(other) })),
    );
    const [first] = clashes.toSorted((a, b) => (b.order || 0) - (a.order || 0));
    if (!first) return passed('no other Ingress claims the same host and path');
    const { path, other, order } = first;
    const loses = order > 0;
    const serviceOf = ({ ingress, backend }: IngressPath) =>
      `${ingress.metadata.namespace}/${backend.service?.name}:${backendPortOf(backend) ?? ''}`;
    const { name, namespace = '' } = path.ingress.metadata;
    return problem({
      certainty: 'likely',
      impact: loses ? 'breaks' : order < 0 ? 'risks' : 'degrades',
      summary: `Ingress ${name} and ${other.ingress.metadata.namespace}/${other.ingress.metadata.name} both claim ${formatIngressPath(path)}: ${loses ? `the older one wins and sends it to ${serviceOf(other)}` : `one of ${serviceOf(path)} and ${serviceOf(other)} gets no request`}`,
      evidence: allOf(
        [path, other].flatMap((each) => [
          evidence(
            each.ingress,
            each.field.replace(/\.backend$/, ''),
            `${formatIngressPath(each)} ${each.pathType ?? ''} → ${serviceOf(each)}`,
          ),
          evidence(each.ingress, 'metadata.creationTimestamp', each.ingress.metadata.creationTimestamp ?? 'absent'),
        ]),
      ),
      confirm: [confirm(kubectl('get', 'ingress', '-A'), `${path.host ?? '*'} in the HOSTS of both`)],
      fix: {
        explain: `Give one of the two another host or path, or put both paths into one Ingress; then delete the one that is not meant.`,
        commands: [
          kubectl('describe', 'ingress', name, '-n', namespace),
          kubectl('describe', 'ingress', other.ingress.metadata.name, '-n', other.ingress.metadata.namespace ?? ''),
        ],
      },
    });
  },
});

const age = ({ ingress }: IngressPath): number => Date.parse(ingress.metadata.creationTimestamp ?? '');

const claimOf = ({ host, path, pathType }: IngressPath): string => `${host ?? '*'} ${path ?? '/'} ${pathType ?? ''}`;

const claims = oncePer((ingresses: readonly Ingress[]) => Map.groupBy(allPathsOf(ingresses), claimOf));

/** Whether two places that claim the same host and path do so against each other. */
function clash(a: IngressPath, b: IngressPath): boolean {
  if (a.ingress === b.ingress || a.field === 'spec.defaultBackend' || b.field === 'spec.defaultBackend') return false;
  const shared = [a, b].some(({ ingress }) => sharing.some((key) => ingress.metadata.annotations?.[key] !== undefined));
  const sameBackend =
    a.backend.service?.name === b.backend.service?.name &&
    a.ingress.metadata.namespace === b.ingress.metadata.namespace;
  return !shared && !sameBackend && classAskedBy(a.ingress)?.name === classAskedBy(b.ingress)?.name;
}
