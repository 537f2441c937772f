import { isExternalName, isHeadless } from '../../k8s/endpoints.ts';
import { familyOf, hasSelector, podIPsOf, unfinishedPodsOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';
import type { IPFamily, Service } from '../../k8s/objects.ts';

export default defineCheck({
  id: 'endpoints/address-family',
  title: 'The Pods have no address of the Service’s family',
  why: 'A Service has slices for each family in spec.ipFamilies, and a Pod is listed in those of which it has an address. An IPv6 Service over Pods with IPv4 addresses has nowhere to go, however healthy they are.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/slices-behind'],
  needs: ['service', 'pods'],
  evaluate({ service, pods }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const addressed = unfinishedPodsOf(service, pods).filter((pod) => podIPsOf(pod).length > 0);
    const [pod] = addressed;
    if (!pod) return notApplicable('no selected Pod has an address');
    const families = service.spec.ipFamilies ?? [];
    if (families.length === 0) return passed('the Service names no address family');
    const has = (family: IPFamily) => addressed.some((each) => podIPsOf(each).some((ip) => familyOf(ip) === family));
    const lacking = families.filter((family) => !has(family));
    const [family] = lacking;
    if (!family) return passed(`the Pods have addresses of ${families.join(' and ')}`);
    const theirs = [...new Set(podIPsOf(pod).map(familyOf))].join(' and ');
    const { name, namespace = '' } = service.metadata;
    const all = lacking.length === families.length;
    return problem({
      certainty: 'certain',
      impact: all ? 'breaks' : 'degrades',
      summary: `${name} wants ${lacking.join(' and ')}${all ? '' : ` besides ${families.filter((each) => !lacking.includes(each)).join(', ')}`} (ipFamilies), and its ${addressed.length === 1 ? 'Pod has' : `${addressed.length} Pods have`} ${theirs} addresses only`,
      evidence: allOf([
        evidence(service, 'spec.ipFamilies', families.join(', ')),
        evidence(service, 'spec.ipFamilyPolicy', service.spec.ipFamilyPolicy ?? 'absent'),
        evidence(
          service,
          'spec.clusterIPs',
          (service.spec.clusterIPs ?? [service.spec.clusterIP ?? 'absent']).join(', '),
        ),
        ...addressed.slice(0, 3).map((each) => evidence(each, 'status.podIPs', podIPsOf(each).join(', '))),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ipFamilies}'),
          JSON.stringify(families),
        ),
        confirm(
          kubectl('get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[*].status.podIPs}'),
          `${theirs} addresses`,
        ),
      ],
      fix: fixFor(service, all, families.filter(has), theirs),
    });
  },
});

function fixFor(service: Service, all: boolean, good: readonly IPFamily[], theirs: string): Fix {
  const [address = ''] = service.spec.clusterIPs ?? [];
  if (!all && good[0] === service.spec.ipFamilies?.[0])
    return {
      explain: `Make the Service single stack, as its Pods are; or give the Pods both families (a CNI plugin and cluster CIDR with dual stack, and new Pods).`,
      patch: {
        object: service,
        type: 'merge',
        body: {
          spec: {
            ipFamilyPolicy: 'SingleStack',
            ipFamilies: good,
            ...(isHeadless(service) ? { clusterIPs: ['None'] } : { clusterIPs: [address] }),
          },
        },
      },
    };
  return {
    explain: `Create the Service anew with ipFamilies [${theirs.split(' and ').join(', ')}] (the first family cannot be changed), or give the Pods addresses of the wanted family.`,
  };
}
