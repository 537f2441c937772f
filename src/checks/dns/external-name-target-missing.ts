import { isExternalName } from '../../k8s/endpoints.ts';
import { aliasOf, type Alias } from '../../k8s/external-name.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import type { Service } from '../../k8s/objects.ts';
import { domainOf } from '../../snapshot/lookups.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/external-name-target-missing',
  title: 'externalName leads nowhere',
  why: 'An ExternalName Service is a CNAME record, and nobody checks that its target exists. The target is taken as a full name: no search list is applied to it, so the short forms that work inside a Pod lead nowhere here.',
  impact: 'breaks',
  explains: ['dns/external-name-ports', 'dns/external-name-keeps-host', 'dns/lookups-fail'],
  needs: ['service', 'servicesEverywhere'],
  uses: ['clusterDns', 'resolvConfs', 'lookups'],
  evaluate({ service, servicesEverywhere, clusterDns, resolvConfs, lookups = [] }) {
    if (!isExternalName(service)) return notApplicable('the Service is no ExternalName');
    const domain = clusterDns ? domainOf(clusterDns, resolvConfs) : 'cluster.local';
    const alias = aliasOf(service, servicesEverywhere, domain);
    const target = service.spec.externalName ?? '';
    const asked = lookups.find(
      ({ name, outcome }) =>
        name.replace(/\.$/, '').toLowerCase() === target.replace(/\.$/, '').toLowerCase() && outcome === 'NXDOMAIN',
    );
    const verdict =
      verdictOn(alias, service, servicesEverywhere, domain) ??
      (asked ? { why: 'is answered with NXDOMAIN' } : undefined);
    if (!verdict)
      return passed(
        `externalName ${target} is ${alias.kind === 'service' ? 'a Service of the cluster' : 'a name outside the cluster'}`,
      );
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: 'certain',
      summary: `${name} is an alias of ${target}, which ${verdict.why}`,
      evidence: [
        evidence(service, 'spec.externalName', target),
        ...(alias.kind === 'short' || alias.kind === 'other-domain'
          ? [
              evidence(
                alias.meant,
                'metadata.name',
                `${alias.meant.metadata.name} in namespace ${alias.meant.metadata.namespace}`,
              ),
            ]
          : []),
        ...(verdict.near
          ? [
              evidence(
                verdict.near,
                'metadata.name',
                `${verdict.near.metadata.name} in namespace ${verdict.near.metadata.namespace}`,
              ),
            ]
          : []),
      ],
      confirm: [
        confirm(kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.externalName}'), target),
        ...(alias.kind === 'missing'
          ? [confirm(kubectl('get', 'service', alias.name, '-n', alias.namespace), 'NotFound')]
          : []),
      ],
      fix: verdict.right
        ? {
            explain: `Point it at the full name ${verdict.right}.`,
            patch: { object: service, type: 'merge', body: { spec: { externalName: verdict.right } } },
          }
        : {
            explain: verdict.circle
              ? `Point it at the host that the aliases are meant to reach, outside this circle; where Pods of the cluster are meant, give ${name} a selector and type ClusterIP instead of externalName.`
              : 'Point it at a host name that exists, or create what it points at.',
          },
    });
  },
});

interface Verdict {
  readonly why: string;
  readonly right?: string | undefined;
  readonly near?: Service | undefined;
  /** The aliases lead back to where they began. */
  readonly circle?: true;
}

function verdictOn(alias: Alias, service: Service, services: readonly Service[], domain: string): Verdict | undefined {
  const full = ({ metadata }: Service) => `${metadata.name}.${metadata.namespace}.svc.${domain}`;
  switch (alias.kind) {
    case 'missing': {
      const namesake = services.find((candidate) => candidate !== service && candidate.metadata.name === alias.name);
      const near = namesake ?? neighbourOf(alias, services);
      return {
        why: `does not exist: there is no Service ${alias.name} in namespace ${alias.namespace}${namesake ? `, but one in ${namesake.metadata.namespace}` : near ? `, but ${near.metadata.name}` : ''}`,
        right: near && near.spec.type !== 'ExternalName' ? full(near) : undefined,
        near,
      };
    }
    case 'short':
      return {
        why: `is no full name: an alias is not searched, so it leads outside the cluster`,
        right: full(alias.meant),
      };
    case 'other-domain':
      return {
        why: `ends in ${alias.domain || 'nothing'}, while the cluster domain is ${domain}`,
        right: full(alias.meant),
      };
    case 'invalid':
      return {
        why: `is no host name: an alias holds neither scheme, port nor path`,
        right: /^[a-z0-9.-]+$/.test(alias.host) && alias.host.includes('.') ? alias.host : undefined,
      };
    case 'service':
      return aliasCircle(service, services, domain);
    default:
      return undefined;
  }
}

/** The Service of the namespace that bears nearly the name: renamed, or misspelt. */
function neighbourOf(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  services: readonly Service[],
): Service | undefined {
  const there = services.filter((each) => each.metadata.namespace === namespace && !isExternalName(each));
  const near = nearestName(
    name,
    there.map(({ metadata }) => metadata.name),
  );
  return there.find(({ metadata }) => metadata.name === near);
}

/** Follows aliases until one comes back. */
function aliasCircle(service: Service, services: readonly Service[], domain: string): Verdict | undefined {
  const seen: Service[] = [service];
  for (let current = service; isExternalName(current);) {
    const alias = aliasOf(current, services, domain);
    if (alias.kind !== 'service') return undefined;
    if (seen.includes(alias.service))
      return {
        why:
          alias.service === service && seen.length === 1
            ? 'is the Service itself: the alias goes round in a circle'
            : `leads back to ${alias.service.metadata.name}: the alias goes round in a circle`,
        circle: true,
      };
    seen.push(alias.service);
    current = alias.service;
  }
  return undefined;
}
