import { endpointsIn, isExternalName, isHeadless, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { denotedByLookup, domainOf, formatAnswer, nameAsked, objectAsked, serverOf } from '../../snapshot/lookups.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/wrong-answer',
  title: 'The name of the Service resolves to something else',
  why: 'CoreDNS answers for a Service with its clusterIP, for a headless one with the addresses of its ready Pods. Another answer comes from another source: a stale replica, a rewrite, a second DNS server, a wildcard.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['lookups', 'clusterDns', 'service'],
  uses: ['resolvConfs', 'slices'],
  evaluate({ lookups, clusterDns: dns, service, resolvConfs, slices }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service resolves to another name');
    const { name, namespace = '' } = service.metadata;
    const domain = domainOf(dns, resolvConfs);
    const own = lookups.filter((lookup) => {
      const denoted = denotedByLookup(lookup, domain);
      return (
        (lookup.type === 'A' || lookup.type === 'AAAA') &&
        denoted?.kind === 'service' &&
        denoted.service === name &&
        denoted.namespace === namespace
      );
    });
    const headless = isHeadless(service);
    const listed = endpointsIn(slices ?? []);
    const right = new Set(headless ? listed.flatMap(({ endpoint }) => endpoint.addresses) : addressesOf(service));
    const data = (lookup: (typeof own)[number]) =>
      (lookup.answers ?? []).filter(({ type }) => type === 'A' || type === 'AAAA').map((answer) => answer.data);
    const wrong =
      right.size > 0
        ? own.find((lookup) => lookup.outcome === 'NOERROR' && data(lookup).some((address) => !right.has(address)))
        : undefined;
    const serves = (server: string) =>
      lookups.some(
        (lookup) =>
          serverOf(lookup) === server && lookup.outcome === 'NOERROR' && denotedByLookup(lookup, domain) !== undefined,
      );
    const hasPods = !headless || listed.some(({ endpoint }) => isReadyEndpoint(endpoint));
    const unknown = hasPods
      ? own.find((lookup) => lookup.outcome === 'NXDOMAIN' && (serves(serverOf(lookup)) || 'pod' in lookup.server))
      : undefined;
    const found = wrong ?? unknown;
    if (!found)
      return passed(own.length > 0 ? `${name} resolves to ${[...right].join(', ')}` : 'nobody asked for this name');
    const halved =
      !wrong &&
      own.find(
        (lookup) => lookup.type !== found.type && lookup.outcome === 'NOERROR' && serverOf(lookup) === serverOf(found),
      );
    const expected = [...right].slice(0, 4).join(', ') || 'an address';
    return problem({
      certainty: 'certain',
      ...(halved ? { impact: 'degrades' } : {}),
      summary: halved
        ? `${serverOf(found)} answers the ${halved.type} question for ${nameAsked(found)}, and NXDOMAIN to the ${found.type} question: to many resolvers the name does not exist then`
        : wrong
          ? `${nameAsked(found)} resolves to ${data(found).join(', ')}, but ${name} has ${expected}`
          : `${serverOf(found)} answers the ${found.type} question for ${nameAsked(found)} with NXDOMAIN, though the Service exists with ${expected}`,
      evidence: [
        {
          object: objectAsked(found, dns),
          path: `answer for ${nameAsked(found)} ${found.type}`,
          saw: formatAnswer(found),
        },
        headless
          ? evidence(slices?.[0] ?? service, 'endpoints.addresses', expected)
          : evidence(service, 'spec.clusterIP', expected),
      ],
      confirm: [
        confirm(kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.clusterIPs}'), expected),
      ],
      fix: {
        explain: halved
          ? `Find who answers ${found.type} questions there, a template or a second DNS server, and let it answer rcode NOERROR without data: NXDOMAIN denies the whole name.`
          : 'Find who gives that answer: the log and Corefile of the DNS Pods, a hosts file, a rewrite, or a cache with an old record; a restart of the DNS Pods drops what they hold.',
        commands: [kubectl('get', 'pods', '-n', dns.namespace, '-o', 'wide')],
      },
    });
  },
});
