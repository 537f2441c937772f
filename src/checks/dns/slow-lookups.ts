import { formatAnswer, nameAsked, objectAsked } from '../../snapshot/lookups.ts';
import { allOf, confirm, defineCheck, kubectl, passed, problem } from '../define.ts';

/** A resolver waits five seconds before it asks again: an answer after that means that the first packet was lost. */
const retryAfter = 4900;

export default defineCheck({
  id: 'dns/slow-lookups',
  title: 'Lookups wait for a lost packet',
  why: 'A resolver repeats its question after five seconds. Two questions sent at once from one socket (A and AAAA) race in the connection tracking of the node, and one is dropped; a busy or distant DNS Pod does the same.',
  impact: 'degrades',
  needs: ['lookups', 'clusterDns'],
  evaluate({ lookups, clusterDns: dns }) {
    const answered = lookups.filter(({ outcome }) => outcome === 'NOERROR' || outcome === 'NXDOMAIN');
    const slow = answered.filter(({ milliseconds = 0 }) => milliseconds >= retryAfter);
    const [first] = slow;
    if (!first) return passed('no lookup took five seconds');
    return problem({
      certainty: 'likely',
      summary: `${slow.length} of ${answered.length} lookups took ${Math.round((first.milliseconds ?? 0) / 100) / 10} s or more: the first packet was lost, and the resolver asked again after 5 s`,
      evidence: allOf(
        slow.slice(0, 4).map((lookup) => ({
          object: objectAsked(lookup, dns),
          path: `answer for ${nameAsked(lookup)} ${lookup.type}`,
          saw: formatAnswer(lookup),
        })),
      ),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', 'kube-system', '-l', 'k8s-app=node-local-dns'),
          dns.nodeLocal ? 'the caches on the nodes' : 'No resources found: no cache on the nodes',
        ),
      ],
      fix: {
        explain:
          'Run NodeLocal DNSCache, which asks over TCP and from the node itself; or set dnsConfig options single-request-reopen (glibc) or use-vc for the client. conntrack -S on the node counts the drops as insert_failed.',
      },
    });
  },
});
