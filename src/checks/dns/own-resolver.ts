import { isPublic } from '../../k8s/addresses.ts';
import { podSpecPathOf } from '../../k8s/client-settings.ts';
import { clientResolver, isClusterDns, namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, nestedAt, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/own-resolver',
  title: 'The client’s own dnsConfig does not lead to the cluster’s names',
  why: 'dnsPolicy: None means that dnsConfig is everything a Pod is told: without the address of the cluster DNS among its nameservers, or without the search list svc.<domain>, names of Services do not resolve, or only in full.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-nameserver'],
  needs: ['client', 'clusterDns'],
  uses: ['service', 'clientConfigMaps', 'resolvConfs'],
  evaluate({ client, clusterDns: dns, service, clientConfigMaps, resolvConfs }) {
    const resolver = clientResolver(client, dns, resolvConfs);
    if (resolver.asks !== 'own') return notApplicable('the client has no resolver of its own');
    if (!dns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const domain = dns.domain?.value ?? 'cluster.local';
    const path = podSpecPathOf(client.object);
    // The next server is asked when one is silent, not when it denies the name: what the first says is final.
    const [first = ''] = resolver.nameservers;
    const listed = resolver.nameservers.filter((address) => isClusterDns(address, dns));
    const denies = listed.length > 0 && !listed.includes(first) && isPublic(first);
    const reaches = listed.length > 0 && !denies;
    const namespace = service?.metadata.namespace ?? client.namespace;
    const needed = namespace === client.namespace ? `${client.namespace}.svc.${domain}` : `svc.${domain}`;
    const used = service ? namesUsed(client, clientConfigMaps, service, domain) : [];
    const short = used.filter(({ host }) => !host.replace(/\.$/, '').endsWith(`.${domain}`));
    const searches = resolver.searches.length > 0 ? resolver.searches.join(' ') : 'absent';
    if (
      reaches &&
      (resolver.searches.includes(needed) ||
        resolver.searches.includes(`svc.${domain}`) ||
        (used.length > 0 && short.length === 0))
    )
      return passed(`its own dnsConfig names ${resolver.nameservers.join(', ')} and searches ${searches}`);
    const config = {
      nameservers: denies ? listed : (dns.kubeletServers?.value ?? dns.addresses),
      searches: [...new Set([`${client.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...resolver.searches])],
    };
    const pod = client.object.kind === 'Pod';
    const servers = resolver.nameservers.join(', ') || 'none';
    return problem({
      certainty: !reaches || short.length > 0 ? 'certain' : 'likely',
      summary: reaches
        ? `${client.name.name} has dnsPolicy None and searches ${resolver.searches.length > 0 ? `only ${searches}` : 'nothing'}: ${short[0]?.host ?? service?.metadata.name ?? 'a short name'} is never expanded to svc.${domain}`
        : denies
          ? `${client.name.name} has dnsPolicy None and asks ${first} before ${listed.join(', ')}: its NXDOMAIN for a cluster name is final, and the next one is never asked`
          : `${client.name.name} has dnsPolicy None and asks ${servers}, not the cluster’s ${dns.addresses.join(',')}`,
      evidence: allOf([
        evidence(client.object, `${path}.dnsPolicy`, 'None'),
        evidence(client.object, `${path}.dnsConfig.nameservers`, servers),
        evidence(client.object, `${path}.dnsConfig.searches`, searches),
        ...short
          .slice(0, 1)
          .map(({ reference }) => evidence(reference.setting.object, reference.setting.path, reference.host)),
        evidence(dns.service, 'spec.clusterIP', dns.addresses.join(',')),
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
            `jsonpath={.${path}.dnsConfig}`,
          ),
          reaches ? `searches ${searches}` : servers,
        ),
      ],
      fix: {
        explain: reaches
          ? `Add the search list ${config.searches.join(' ')} to dnsConfig, or call the Service by its full name; plain dnsPolicy ClusterFirst does both.`
          : `Name ${denies ? 'only ' : ''}${config.nameservers.join(', ')} in dnsConfig.nameservers, or go back to dnsPolicy ClusterFirst.`,
        ...(pod
          ? {}
          : {
              patch: {
                object: client.object,
                type: 'merge',
                body: nestedAt(path, {
                  dnsConfig: { ...(reaches ? {} : { nameservers: config.nameservers }), searches: config.searches },
                }),
              },
            }),
      },
    });
  },
});
