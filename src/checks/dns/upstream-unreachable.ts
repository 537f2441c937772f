import { linesOf } from '../../k8s/corefile.ts';
import { dnsEndpoints, lineIn } from '../../snapshot/dns-outage.ts';
import { denotedByLookup, domainOf, formatAnswer, nameAsked, objectAsked, serverOf } from '../../snapshot/lookups.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/upstream-unreachable',
  title: 'The cluster DNS gets no answer from its upstream',
  why: 'What CoreDNS does not serve itself it forwards, as a rule to the nameservers of its node. Where those do not answer from the Pod network, names outside the cluster fail or take seconds, while Services resolve.',
  impact: 'degrades',
  needs: ['clusterDns'],
  uses: ['logs', 'lookups', 'resolvConfs'],
  evaluate({ clusterDns: dns, logs = [], lookups = [], resolvConfs }) {
    if (!dns.service || dnsEndpoints(dns).ready === 0) return notApplicable('the cluster DNS itself does not serve');
    const domain = domainOf(dns, resolvConfs);
    const said = lineIn(
      logs,
      dns.pods,
      /plugin\/errors: .*(i\/o timeout|connection refused|no route to host|network is unreachable)/,
    );
    const outside = lookups.filter(
      (lookup) => denotedByLookup(lookup, domain) === undefined && nameAsked(lookup).includes('.'),
    );
    const resolves = outside.some(({ outcome }) => outcome === 'NOERROR');
    // A client’s own nameserver that answers nothing at all has no part in what CoreDNS forwards to.
    const servesCluster = (server: string) =>
      lookups.some(
        (lookup) =>
          serverOf(lookup) === server && lookup.outcome === 'NOERROR' && denotedByLookup(lookup, domain) !== undefined,
      );
    const failed = outside.filter(
      (lookup) => (lookup.outcome === 'timeout' || lookup.outcome === 'SERVFAIL') && servesCluster(serverOf(lookup)),
    );
    const seen = resolves ? undefined : failed[0];
    if (!said && !seen) return passed('no failure of an upstream server was seen');
    const server = /->\s*(\[?[\d.:a-f]+\]?:\d+)/i.exec(said?.line ?? '')?.[1];
    const forwards = dns.corefile ? linesOf(dns.corefile.parsed, 'forward') : [];
    return problem({
      certainty: said ? 'certain' : 'likely',
      summary: said
        ? `The upstream ${server ?? 'server'} of CoreDNS does not answer (${/i\/o timeout|connection refused|no route to host|network is unreachable/.exec(said.line)?.[0] ?? ''}): names outside the cluster fail, Services resolve`
        : `${seen ? nameAsked(seen) : ''} gets ${seen?.outcome}, while names of the cluster resolve: the servers that CoreDNS forwards to do not answer`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, 'log', said.line)] : []),
        ...(seen ? [seen] : []).map((lookup) => ({
          object: objectAsked(lookup, dns),
          path: `answer for ${nameAsked(lookup)}`,
          saw: formatAnswer(lookup),
        })),
        ...(dns.corefile && forwards.length > 0
          ? [evidence(dns.corefile.configMap, 'data.Corefile', forwards.join('; '))]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'logs',
            '-n',
            dns.namespace,
            '-l',
            Object.entries(dns.service.spec.selector ?? {})
              .map(([key, value]) => `${key}=${value}`)
              .join(','),
            '--tail=50',
          ),
          'plugin/errors … i/o timeout',
        ),
      ],
      fix: {
        explain: `Let the nodes of CoreDNS reach ${server ?? 'their nameservers'} on port 53 over UDP and TCP, or forward to a server that they reach.`,
        commands: [kubectl('get', 'pods', '-n', dns.namespace, '-o', 'wide')],
      },
    });
  },
});
