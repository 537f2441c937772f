import { servicePortFor, formatServicePorts } from '../../k8s/backend-ports.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import {
  coversService,
  destinationsOf,
  fullHost,
  serviceOfHost,
  takesOver,
  type Destination,
} from '../../k8s/istio.ts';
import type { Service } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/virtual-service-destination',
  title: 'The VirtualService sends to something that does not exist',
  why: 'A VirtualService replaces where requests to a host go. A destination without a dot is completed with the namespace of the VirtualService, one with a dot is taken as it stands; a port must be one of the Service. Otherwise Envoy has no cluster and answers 503.',
  impact: 'breaks',
  needs: ['service', 'virtualServices', 'servicesEverywhere'],
  evaluate({ service, virtualServices, servicesEverywhere }) {
    const { name, namespace } = service.metadata;
    const about = virtualServices.filter(
      (rule) =>
        takesOver(rule, service.metadata) ||
        destinationsOf(rule).some(
          ({ host }) => coversService(host, rule.metadata.namespace, service.metadata) || looksLike(host, service),
        ),
    );
    if (about.length === 0) return notApplicable('no VirtualService speaks of it');
    const lost = about.flatMap((rule) =>
      destinationsOf(rule).flatMap((destination) => {
        const because = lostBecause(destination, servicesEverywhere);
        const ours =
          takesOver(rule, service.metadata) ||
          coversService(destination.host, rule.metadata.namespace, service.metadata) ||
          looksLike(destination.host, service);
        return because && ours ? [{ ...destination, because }] : [];
      }),
    );
    const [first] = lost;
    if (!first)
      return passed(
        `${about.map(({ metadata }) => `VirtualService ${metadata.name}`).join(', ')}: every destination exists`,
      );
    const { rule, host, port, field, because } = first;
    const own = coversService(host, rule.metadata.namespace, service.metadata);
    const fqdn = `${name}.${namespace}.svc.cluster.local`;
    const [only] = service.spec.ports?.length === 1 ? service.spec.ports : [];
    const wholly = lost.length === destinationsOf(rule).length;
    return problem({
      certainty: 'certain',
      impact: wholly ? 'breaks' : 'degrades',
      summary: `VirtualService ${rule.metadata.namespace}/${rule.metadata.name} sends ${name} to ${host}${port === undefined ? '' : `:${port}`}: ${because}`,
      evidence: allOf([
        ...lost
          .slice(0, 4)
          .map((each) =>
            evidence(
              each.rule,
              each.field,
              `host ${each.host}${each.port === undefined ? '' : `, port ${each.port}`}: ${each.because}`,
            ),
          ),
        evidence(service, 'spec.ports', formatServicePorts(service)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'virtualservice', rule.metadata.name, '-n', rule.metadata.namespace ?? '', '-o', 'yaml'),
          `host: ${host}`,
        ),
        confirm(['istioctl', 'analyze', '-n', rule.metadata.namespace ?? ''], 'IST0101: referenced host not found'),
      ],
      fix: own
        ? {
            explain: `Name a port that Service ${name} has: ${formatServicePorts(service)}.`,
            ...(only
              ? {
                  patch: {
                    object: rule,
                    type: 'json' as const,
                    body: [{ op: 'replace', path: `${pointerTo(field)}/port/number`, value: only.port }],
                  },
                }
              : {}),
          }
        : {
            explain: `Name the Service by its full name in the destination: ${fqdn}.`,
            patch: {
              object: rule,
              type: 'json',
              body: [{ op: 'replace', path: `${pointerTo(field)}/host`, value: fqdn }],
            },
          },
    });
  },
});

/** `web`, `web.shop` and `web.shop.svc`, written where they do not mean what they say. */
const looksLike = (host: string, { metadata }: Service): boolean =>
  [metadata.name, `${metadata.name}.${metadata.namespace}`, `${metadata.name}.${metadata.namespace}.svc`].includes(
    host,
  );

/** Why a destination leads nowhere; hosts outside of the cluster are known to ServiceEntries only, and not judged. */
function lostBecause({ rule, host, port }: Destination, services: readonly Service[]): string | undefined {
  const full = fullHost(host, rule.metadata.namespace);
  const named = serviceOfHost(full);
  if (!named) {
    const bare = services.find((service) => looksLike(host, service));
    return bare ? `a host with a dot is taken as it stands, and ${host} is nobody's full name` : undefined;
  }
  const found = services.find(({ metadata }) => metadata.name === named.name && metadata.namespace === named.namespace);
  if (!found) return `there is no Service ${named.name} in namespace ${named.namespace}`;
  if (port === undefined) return undefined;
  return servicePortFor(found, port)
    ? undefined
    : `Service ${named.name} has no port ${port}, only ${formatServicePorts(found)}`;
}
