import { podSpecPathOf } from '../../k8s/client-settings.ts';
import { questionsOfMusl, usesMusl } from '../../k8s/resolv-conf.ts';
import { clientResolver, namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, nestedAt, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/name-needs-more-dots',
  title: 'A low ndots keeps the client’s name from being searched',
  why: 'Names with fewer dots than ndots go through the search list first. kubelet writes ndots:5; with ndots:1 in dnsConfig a name such as db.demo is asked as it stands. glibc tries the search list afterwards, musl (Alpine) never does.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['client', 'service', 'clusterDns'],
  uses: ['clientConfigMaps', 'resolvConfs'],
  evaluate({ client, service, clusterDns: dns, clientConfigMaps, resolvConfs }) {
    const resolver = clientResolver(client, dns, resolvConfs);
    if (resolver.asks !== 'cluster') return notApplicable('the client does not ask the cluster DNS');
    if (resolver.ndots >= 5) return passed(`ndots is ${resolver.ndots}`);
    const domain = dns.domain?.value ?? 'cluster.local';
    const lost = namesUsed(client, clientConfigMaps, service, domain).filter(({ host }) => {
      const questions = questionsOfMusl(host, resolver);
      return questions.length === 1 && !host.replace(/\.$/, '').endsWith(`.${domain}`);
    });
    const [first] = lost;
    if (!first) return passed(`ndots is ${resolver.ndots}, and the client’s names are searched all the same`);
    const container = client.spec.containers.find(({ name }) => name === first.reference.setting.container);
    const musl = usesMusl(container?.image);
    const path = podSpecPathOf(client.object);
    const dots = first.host.split('.').length - 1;
    return problem({
      certainty: musl ? 'certain' : 'possible',
      impact: musl ? 'breaks' : 'risks',
      summary: musl
        ? `${first.host} has ${dots === 1 ? 'a dot' : `${dots} dots`} and ndots is ${resolver.ndots}: musl in ${container?.image ?? 'the image'} asks it as it stands and never searches svc.${domain}`
        : `${first.host} has ${dots === 1 ? 'a dot' : `${dots} dots`} and ndots is ${resolver.ndots}: it is first asked outside the cluster, and only glibc searches svc.${domain} afterwards`,
      evidence: allOf([
        ...(client.spec.dnsConfig
          ? [evidence(client.object, `${path}.dnsConfig.options`, `ndots:${resolver.ndots}`)]
          : []),
        evidence(first.reference.setting.object, first.reference.setting.path, first.host),
        ...(container?.image ? [evidence(client.object, `${path}.containers.image`, container.image)] : []),
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
          `ndots ${resolver.ndots}`,
        ),
      ],
      fix: {
        explain: `Call it ${service.metadata.name}.${service.metadata.namespace}.svc.${domain}, or raise ndots to ${dots + 1} or more.`,
        ...(client.object.kind === 'Pod' || !client.spec.dnsConfig
          ? {}
          : {
              patch: {
                object: client.object,
                type: 'strategic',
                body: nestedAt(path, {
                  dnsConfig: { options: [{ name: 'ndots', value: '5' }] },
                }),
              },
            }),
      },
    });
  },
});
