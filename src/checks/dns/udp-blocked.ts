import { formatAnswer, nameAsked, objectAsked, serverOf } from '../../snapshot/lookups.ts';
import type { Lookup } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/udp-blocked',
  title: 'DNS over UDP gets no answer, over TCP it does',
  why: 'Resolvers ask over UDP first. A firewall or policy that admits TCP 53 alone, a broken UDP path between nodes (checksum offload, VXLAN) or stale connection tracking leaves the server healthy and every lookup waiting.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['lookups', 'clusterDns'],
  evaluate({ lookups, clusterDns: dns }) {
    const other = (lookup: Lookup, transport: 'udp' | 'tcp') =>
      lookups.filter(
        (candidate) =>
          candidate.transport === transport &&
          nameAsked(candidate) === nameAsked(lookup) &&
          serverOf(candidate) === serverOf(lookup),
      );
    const timedOut = lookups.filter(({ transport, outcome }) => transport === 'udp' && outcome === 'timeout');
    const lost = timedOut.find(
      (lookup) =>
        other(lookup, 'tcp').some(({ outcome }) => outcome !== 'timeout') &&
        !other(lookup, 'udp').some(({ outcome }) => outcome !== 'timeout'),
    );
    if (!lost) return passed('no server was seen to answer over TCP alone');
    return problem({
      certainty: 'certain',
      summary: `${nameAsked(lost)} times out over UDP at ${serverOf(lost)} and is answered over TCP`,
      evidence: allOf(
        [...other(lost, 'udp'), ...other(lost, 'tcp')].slice(0, 5).map((lookup) => ({
          object: objectAsked(lookup, dns),
          path: `answer for ${nameAsked(lookup)} ${lookup.type}`,
          saw: formatAnswer(lookup),
        })),
      ),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            dns.service?.metadata.name ?? 'kube-dns',
            '-n',
            dns.namespace,
            '-o',
            'jsonpath={.spec.ports}',
          ),
          '53 with protocol UDP',
        ),
      ],
      fix: {
        explain:
          'Admit UDP 53 (and the port of the DNS Pods) wherever TCP is admitted: in network policies, security groups and node firewalls; between nodes also the UDP port of the overlay.',
      },
    });
  },
});
