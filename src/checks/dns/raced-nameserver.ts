import { isPublic } from '../../k8s/addresses.ts';
import { podSpecPathOf } from '../../k8s/client-settings.ts';
import { usesMusl } from '../../k8s/resolv-conf.ts';
import { clientResolver, isClusterDns } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, inPodOf, nestedAt, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/raced-nameserver',
  title: 'A public nameserver races the cluster DNS in the client',
  why: 'The resolver of musl (Alpine) asks all its nameservers at the same time and takes the first answer, and NXDOMAIN is an answer. A public server that stands beside the cluster DNS knows no Service: whenever it is faster, the name does not exist. glibc asks in order, and goes on only when a server is silent.',
  impact: 'degrades',
  needs: ['client', 'clusterDns'],
  uses: ['resolvConfs'],
  evaluate({ client, clusterDns: dns, resolvConfs }) {
    const resolver = clientResolver(client, dns, resolvConfs);
    const image = client.spec.containers.find((container) => usesMusl(container.image))?.image;
    if (!image) return notApplicable('no image of the client is known to use musl');
    const strangers = resolver.nameservers.filter((address) => !isClusterDns(address, dns) && isPublic(address));
    const listed = resolver.nameservers.filter((address) => isClusterDns(address, dns));
    const [first] = strangers;
    if (!first || listed.length === 0) return passed('no public nameserver stands beside the cluster DNS');
    const path = podSpecPathOf(client.object);
    const given = client.spec.dnsConfig?.nameservers ?? [];
    const kept = given.filter((address) => !strangers.includes(address));
    return problem({
      certainty: 'likely',
      summary: `${client.name.name} asks ${strangers.join(', ')} and ${listed.join(', ')} at the same time, as its image ${image} has musl: where ${first} is first to answer, names of Services do not exist`,
      evidence: allOf([
        evidence(client.object, 'image', image),
        evidence(client.object, `${path}.dnsConfig.nameservers`, given.join(', ') || 'absent'),
        ...(resolver.observed ? [evidence(client.object, '/etc/resolv.conf', resolver.nameservers.join(', '))] : []),
        ...(dns.service ? [evidence(dns.service, 'spec.clusterIP', dns.addresses.join(','))] : []),
      ]),
      confirm: [confirm(inPodOf(client, 'cat', '/etc/resolv.conf'), `nameserver ${first}`)],
      fix: {
        explain: `Take ${strangers.join(', ')} out of dnsConfig: the cluster DNS forwards other names by itself. Or use an image with glibc.`,
        ...(client.object.kind === 'Pod' || kept.length === given.length
          ? {}
          : {
              patch: {
                object: client.object,
                type: 'merge',
                body: nestedAt(path, { dnsConfig: { nameservers: kept } }),
              },
            }),
      },
    });
  },
});
