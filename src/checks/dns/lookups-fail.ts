import { isHeadless } from '../../k8s/endpoints.ts';
import { dnsEndpoints } from '../../snapshot/dns-outage.ts';
import {
  denotedByLookup,
  domainOf,
  formatAnswer,
  nameAsked,
  objectAsked,
  serverOf,
  vantageOf,
} from '../../snapshot/lookups.ts';
import type { Lookup } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/lookups-fail',
  title: 'Names of the cluster do not resolve',
  why: 'A question that was really asked got no useful answer. SERVFAIL and REFUSED come from the server, a timeout means that no answer came back at all: nothing serves, or something between the client and the DNS Pods drops the packets.',
  impact: 'breaks',
  symptom: true,
  needs: ['lookups', 'clusterDns', 'target'],
  uses: ['resolvConfs', 'servicesEverywhere'],
  evaluate({ lookups, clusterDns: dns, target, resolvConfs, servicesEverywhere }) {
    const domain = domainOf(dns, resolvConfs);
    const inside = lookups.filter((lookup) => {
      const denoted = denotedByLookup(lookup, domain);
      if (denoted?.kind !== 'service' || (lookup.type !== 'A' && lookup.type !== 'AAAA')) return false;
      const service = servicesEverywhere?.find(
        ({ metadata }) => metadata.name === denoted.service && metadata.namespace === denoted.namespace,
      );
      return (
        denoted.service === 'kubernetes' ||
        (denoted.service === target.name &&
          denoted.namespace === target.namespace &&
          service !== undefined &&
          !isHeadless(service))
      );
    });
    const resolves = (lookup: Lookup) =>
      inside.some(
        (other) =>
          other.outcome === 'NOERROR' &&
          vantageOf(other) === vantageOf(lookup) &&
          serverOf(other) === serverOf(lookup) &&
          nameAsked(other) === nameAsked(lookup) &&
          other.transport === lookup.transport,
      );
    const failed = inside.filter(
      (lookup) =>
        (lookup.outcome === 'timeout' || lookup.outcome === 'SERVFAIL' || lookup.outcome === 'REFUSED') &&
        !resolves(lookup),
    );
    const [first] = failed;
    if (!first) return passed(`${inside.length} questions about Services were answered`);
    const atPods = inside.filter((lookup) => 'pod' in lookup.server && lookup.outcome === 'NOERROR');
    const between = first.outcome === 'timeout' && atPods.length > 0 && !('pod' in first.server);
    const { ready } = dnsEndpoints(dns);
    const address = dns.addresses.join(',');
    return problem({
      // That is all it says: the answer is there, and does not arrive.
      certainty: between ? 'certain' : 'likely',
      ...(inside.some((lookup) => lookup.outcome === 'NOERROR' && !('pod' in lookup.server))
        ? { impact: 'degrades' }
        : {}),
      summary: between
        ? `${nameAsked(first)} times out from the client at ${address}, though the DNS Pods answer it when asked directly`
        : first.outcome === 'timeout'
          ? `${nameAsked(first)} times out at ${serverOf(first)} from ${vantageOf(first)}${ready > 0 ? `, though ${ready} DNS Pods are ready` : ''}`
          : `${nameAsked(first)} is answered with ${first.outcome} by ${serverOf(first)}`,
      evidence: allOf(
        [...failed, ...atPods].slice(0, 5).map((lookup) => ({
          object: objectAsked(lookup, dns),
          path: `answer for ${nameAsked(lookup)} ${lookup.type}`,
          saw: formatAnswer(lookup),
        })),
      ),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            dns.namespace,
            '-l',
            `kubernetes.io/service-name=${dns.service?.metadata.name ?? 'kube-dns'}`,
          ),
          `${ready} ready addresses`,
        ),
      ],
      fix: {
        explain: between
          ? `Look between the client and ${address}: kube-proxy on the client’s node, network policies on port 53 of the DNS Pods, and UDP between the nodes.`
          : 'Read the log of the DNS Pods for errors about this name and its upstream.',
        commands: [
          kubectl(
            'logs',
            '-n',
            dns.namespace,
            '-l',
            Object.entries(dns.service?.spec.selector ?? { 'k8s-app': 'kube-dns' })
              .map(([key, value]) => `${key}=${value}`)
              .join(','),
            '--tail=50',
          ),
        ],
      },
    });
  },
});
