import { clusterDomainIn } from '../../k8s/names.ts';
import { foreignSearches, usesMusl } from '../../k8s/resolv-conf.ts';
import { clientResolver } from '../../snapshot/asked-servers.ts';
import type { Lookup } from '../../snapshot/snapshot.ts';
import { allOf, confirm, defineCheck, evidence, inPodOf, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/search-suffix',
  title: 'A search domain of the node ends the client’s search',
  why: 'kubelet appends the search domains of the node to every Pod’s list, and with ndots:5 nearly every outside name is tried with them first. A server that answers such a name without data, with an error, or with a wildcard address ends the search of musl (Alpine) there; glibc stops only at an address.',
  impact: 'degrades',
  explains: ['dns/lookups-fail'],
  needs: ['client', 'clusterDns', 'lookups'],
  uses: ['resolvConfs'],
  evaluate({ client, clusterDns: dns, lookups, resolvConfs }) {
    const resolver = clientResolver(client, dns, resolvConfs);
    const domain = clusterDomainIn(resolver.searches) ?? dns.domain?.value ?? 'cluster.local';
    const foreign = foreignSearches(resolver.searches, domain);
    if (foreign.length === 0) return notApplicable('the client searches nothing outside the cluster');
    const image = client.spec.containers.find((container) => usesMusl(container.image))?.image;
    const suffixOf = ({ name }: Lookup) => foreign.find((suffix) => name.replace(/\.$/, '').endsWith(`.${suffix}`));
    const odd = lookups.filter((lookup) => suffixOf(lookup) !== undefined && lookup.outcome !== 'NXDOMAIN');
    const hijack = odd.find(
      ({ outcome, answers = [], name }) => outcome === 'NOERROR' && answers.length > 0 && name.split('.').length > 2,
    );
    const ends = odd.find(
      (lookup) =>
        (lookup.outcome === 'NOERROR' && lookup.answers?.length === 0) ||
        lookup.outcome === 'SERVFAIL' ||
        lookup.outcome === 'REFUSED',
    );
    const slow = odd.find(({ outcome }) => outcome === 'timeout');
    const found = hijack ?? (image ? ends : undefined) ?? slow;
    if (!found) return passed(`${foreign.join(', ')} is searched too, and answers NXDOMAIN as it should`);
    const suffix = suffixOf(found) ?? foreign[0] ?? '';
    const says =
      found.answers?.length === 0
        ? 'NOERROR without data'
        : found.outcome === 'NOERROR'
          ? (found.answers ?? []).map(({ data }) => data).join(', ')
          : found.outcome;
    const plain = found.name.replace(/\.$/, '').slice(0, -suffix.length - 1);
    return problem({
      certainty: found === slow && !hijack ? 'likely' : 'certain',
      summary: hijack
        ? `${suffix} answers every name: ${plain} becomes ${found.name.replace(/\.$/, '')} (${says}) before it is asked as it stands, as ndots is ${resolver.ndots}`
        : found === slow
          ? `Each outside name first waits for ${suffix}, which does not answer, as ndots is ${resolver.ndots}`
          : `${plain}.${suffix} is answered with ${says}, and musl in ${image} takes that as final: ${plain} itself is never asked (ndots:${resolver.ndots})`,
      evidence: allOf([
        {
          object: {
            kind: 'pod',
            name: resolver.observed?.pod.name ?? client.pods[0]?.metadata.name ?? client.name.name,
            namespace: client.namespace,
          },
          path: '/etc/resolv.conf',
          saw: `search ${resolver.searches.join(' ')}; ndots:${resolver.ndots}`,
        },
        ...[
          found,
          ...lookups.filter(
            (lookup) =>
              lookup !== found && (suffixOf(lookup) !== undefined || lookup.name.replace(/\.$/, '') === plain),
          ),
        ]
          .slice(0, 4)
          .map((lookup) => ({
            object: { kind: 'service', name: dns.service?.metadata.name ?? 'kube-dns', namespace: dns.namespace },
            path: `answer for ${lookup.name} ${lookup.type}`,
            saw:
              lookup.answers?.length === 0
                ? `${lookup.outcome} without data`
                : [lookup.outcome, ...(lookup.answers ?? []).map(({ data }) => data)].join(' '),
          })),
        ...(image ? [evidence(client.object, 'image', `${image} (Alpine: musl)`)] : []),
      ]),
      confirm: [confirm(inPodOf(client, 'cat', '/etc/resolv.conf'), `search … ${suffix}`)],
      fix: {
        explain: `Take ${suffix} out of the search list: from the resolv.conf that kubelet reads on the node, or set dnsConfig options ndots: "1" for this workload; musl then asks names with a dot as they stand, so Services of other namespaces need their full name.`,
        ...(client.object.kind === 'Pod' || client.object.kind === 'CronJob'
          ? {}
          : {
              commands: [
                kubectl(
                  'patch',
                  client.object.kind.toLowerCase(),
                  client.object.metadata.name,
                  '-n',
                  client.namespace,
                  '--type=merge',
                  '-p',
                  JSON.stringify({
                    spec: { template: { spec: { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } } } },
                  }),
                ),
              ],
            }),
      },
    });
  },
});
