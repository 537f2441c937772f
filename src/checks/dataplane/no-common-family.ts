import { isExternalName } from '../../k8s/endpoints.ts';
import { familyOf, podIPsOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/no-common-family',
  title: 'The client has no address of the Service’s IP family',
  why: 'A Service has addresses of the families in spec.ipFamilies only, and its name resolves to those. A Pod without an address of that family has no route to it: "network is unreachable" or a timeout.',
  impact: 'breaks',
  needs: ['service', 'client'],
  evaluate({ service, client }) {
    if (isExternalName(service)) return notApplicable('an ExternalName has no address of its own');
    const families = service.spec.ipFamilies ?? [];
    const placed = client.pods.filter((pod) => podIPsOf(pod).length > 0);
    if (families.length === 0 || placed.length === 0) return passed('the families are not known on both sides');
    const cut = placed.filter((pod) => !podIPsOf(pod).some((ip) => families.includes(familyOf(ip))));
    const [first] = cut;
    if (!first) return passed(`both speak ${families.join(' and ')}`);
    const own = [...new Set(podIPsOf(first).map(familyOf))];
    return problem({
      certainty: 'certain',
      ...(cut.length < placed.length ? { impact: 'degrades' } : {}),
      summary: `${service.metadata.name} is ${families.join(' and ')} only, and ${first.metadata.name} has ${own.join(' and ')} only`,
      evidence: allOf([
        evidence(service, 'spec.ipFamilies', families.join(', ')),
        evidence(service, 'spec.clusterIPs', (service.spec.clusterIPs ?? []).join(', ') || 'none'),
        evidence(service, 'spec.ipFamilyPolicy', service.spec.ipFamilyPolicy ?? 'SingleStack'),
        ...cut.slice(0, 2).map((pod) => evidence(pod, 'status.podIPs', podIPsOf(pod).join(', '))),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'pod',
            first.metadata.name,
            '-n',
            first.metadata.namespace ?? '',
            '-o',
            'jsonpath={.status.podIPs}',
          ),
          podIPsOf(first).join(', '),
        ),
      ],
      fix: {
        explain: `Give the Service an address of ${own.join(' and ')} too; its Pods need one of that family as well.`,
        patch: {
          object: service,
          type: 'merge',
          body: { spec: { ipFamilyPolicy: 'PreferDualStack', ipFamilies: [...families, ...own] } },
        },
      },
    });
  },
});
