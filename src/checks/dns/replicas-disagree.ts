import { denotedByLookup, domainOf, formatAnswer, nameAsked, objectAsked } from '../../snapshot/lookups.ts';
import type { Lookup } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/replicas-disagree',
  title: 'One DNS Pod answers otherwise than the rest',
  why: 'The DNS Service spreads questions over its Pods. One that lost its connection to the API, or runs an older Corefile, spoils its share of all lookups, and names resolve only sometimes.',
  impact: 'degrades',
  explains: ['dns/lookups-fail', 'dns/wrong-answer'],
  needs: ['lookups', 'clusterDns'],
  uses: ['resolvConfs'],
  evaluate({ lookups, clusterDns: dns, resolvConfs }) {
    const domain = domainOf(dns, resolvConfs);
    const direct = lookups.filter(
      (lookup) => 'pod' in lookup.server && denotedByLookup(lookup, domain)?.kind === 'service',
    );
    const groups = [
      ...Map.groupBy(direct, (lookup) => `${nameAsked(lookup)} ${lookup.type} ${lookup.transport}`).values(),
    ];
    const asked = (lookup: Lookup) => ('pod' in lookup.server ? lookup.server.pod.name : '');
    for (const group of groups) {
      const good = new Set(group.filter(({ outcome }) => outcome === 'NOERROR').map(asked));
      const bad = group.filter((lookup) => lookup.outcome !== 'NOERROR' && !good.has(asked(lookup)));
      const [first] = bad;
      if (!first || good.size === 0) continue;
      const broken = [...new Set(bad.map(asked))];
      return problem({
        certainty: 'certain',
        summary: `${broken.join(', ')} answers ${nameAsked(first)} with ${first.outcome}, while ${[...good].join(', ')} resolves it: ${broken.length} of ${broken.length + good.size} lookups fail`,
        evidence: allOf(
          group.slice(0, 6).map((lookup) => ({
            object: objectAsked(lookup, dns),
            path: `answer for ${nameAsked(lookup)} ${lookup.type}`,
            saw: formatAnswer(lookup),
          })),
        ),
        confirm: [
          confirm(
            kubectl('logs', '-n', dns.namespace, broken[0] ?? '', '--tail=30'),
            'errors that the other Pods do not have',
          ),
        ],
        fix: {
          explain: `Delete ${broken.join(', ')}: its controller starts a fresh one. Where the fault stays with the node ${dns.pods.find(({ metadata }) => metadata.name === broken[0])?.spec.nodeName ?? ''}, look at that node’s network.`,
          commands: [kubectl('delete', 'pod', '-n', dns.namespace, ...broken)],
        },
      });
    }
    return passed('the DNS Pods that were asked agree');
  },
});
