import { podSpecPathOf } from '../../k8s/client-settings.ts';
import { callsByAddress, clientResolver, isClusterDns, namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, nestedAt, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/node-resolver',
  title: 'The client asks its node’s resolver, which knows no cluster names',
  why: 'A Pod with hostNetwork: true and the default dnsPolicy ClusterFirst is silently given the resolver of its node, like a Pod with dnsPolicy: Default. Names of Services resolve only with ClusterFirstWithHostNet (or ClusterFirst without the host network).',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver', 'dns/search-suffix', 'dns/name-needs-more-dots'],
  needs: ['client', 'clusterDns'],
  uses: ['service', 'clientConfigMaps', 'resolvConfs', 'lookups'],
  evaluate({ client, clusterDns: dns, service, clientConfigMaps, resolvConfs, lookups = [] }) {
    const resolver = clientResolver(client, dns, resolvConfs);
    if (resolver.asks !== 'node')
      return passed(
        `the client asks ${resolver.asks === 'own' ? 'the servers of its own dnsConfig' : 'the cluster DNS'}`,
      );
    if (resolver.nameservers.some((address) => isClusterDns(address, dns)))
      return passed(`its resolver is ${resolver.nameservers.join(', ')}, which is the cluster DNS`);
    const resolves = lookups.some(
      ({ server, outcome, name }) =>
        outcome === 'NOERROR' &&
        'resolverOf' in server &&
        client.pods.some(({ metadata }) => metadata.name === server.resolverOf.name) &&
        service !== undefined &&
        name.startsWith(`${service.metadata.name}.${service.metadata.namespace}.`),
    );
    if (resolves) return passed('the name was seen to resolve in the client');
    if (service && callsByAddress(client, clientConfigMaps, service))
      return passed('the client calls the Service by its address');
    const used = service ? namesUsed(client, clientConfigMaps, service, dns.domain?.value) : [];
    const policy = client.spec.dnsPolicy ?? 'ClusterFirst';
    const onHost = client.spec.hostNetwork === true;
    const wanted = onHost ? 'ClusterFirstWithHostNet' : 'ClusterFirst';
    const path = podSpecPathOf(client.object);
    const pod = client.object.kind === 'Pod';
    const asksFor = used[0]?.host ?? service?.metadata.name;
    return problem({
      certainty: used.length > 0 || resolver.observed ? 'certain' : 'likely',
      summary:
        onHost && policy === 'ClusterFirst'
          ? `${client.name.name} runs with hostNetwork: true and dnsPolicy ClusterFirst, so it asks the node’s resolver${asksFor ? `, which does not know ${asksFor}` : ''}: it needs ClusterFirstWithHostNet`
          : `${client.name.name} has dnsPolicy: ${policy}, so it asks the node’s resolver${asksFor ? `, which does not know ${asksFor}` : ''}: it needs ${wanted}`,
      evidence: allOf([
        ...(onHost ? [evidence(client.object, `${path}.hostNetwork`, true)] : []),
        evidence(client.object, `${path}.dnsPolicy`, client.spec.dnsPolicy ?? 'absent, which means ClusterFirst'),
        ...used
          .slice(0, 1)
          .map(({ reference }) => evidence(reference.setting.object, reference.setting.path, reference.host)),
        ...(resolver.observed
          ? [
              evidence(
                client.pods[0] ?? client.object,
                '/etc/resolv.conf',
                `nameserver ${resolver.nameservers.join(', ')}`,
              ),
            ]
          : []),
        ...(dns.service
          ? [evidence(dns.service, 'spec.clusterIP', `${dns.addresses.join(',')}: what it should ask`)]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            client.object.kind.toLowerCase(),
            client.object.metadata.name,
            '-n',
            client.namespace,
            '-o',
            `jsonpath={.${path}.hostNetwork} {.${path}.dnsPolicy}`,
          ),
          `${onHost} ${policy}`,
        ),
        ...(client.pods[0]
          ? [
              confirm(
                kubectl('exec', '-n', client.namespace, client.pods[0].metadata.name, '--', 'cat', '/etc/resolv.conf'),
                `no nameserver ${dns.addresses[0] ?? 'of the cluster'}`,
              ),
            ]
          : []),
      ],
      fix: {
        explain: `Set dnsPolicy: ${wanted}${pod ? ' and create the Pod anew: the field cannot be changed on a running one' : ''}.`,
        ...(pod
          ? {}
          : { patch: { object: client.object, type: 'merge', body: nestedAt(path, { dnsPolicy: wanted }) } }),
      },
    });
  },
});
