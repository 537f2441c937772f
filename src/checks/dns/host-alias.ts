import { podSpecPathOf } from '../../k8s/client-settings.ts';
import { isExternalName } from '../../k8s/endpoints.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/host-alias',
  title: 'A hostAlias pins the Service’s name to another address',
  why: 'hostAliases are written into /etc/hosts of the Pod, which is read before any DNS server is asked. An address copied there goes stale when the Service is created anew.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['client', 'service'],
  uses: ['pods', 'clientConfigMaps', 'clusterDns'],
  evaluate({ client, service, pods = [], clientConfigMaps, clusterDns }) {
    const aliases = client.spec.hostAliases ?? [];
    if (aliases.length === 0) return notApplicable('the client has no hostAliases');
    const { name, namespace = '' } = service.metadata;
    const domain = clusterDns?.domain?.value ?? 'cluster.local';
    const names = [
      ...(namespace === client.namespace ? [name] : []),
      `${name}.${namespace}`,
      `${name}.${namespace}.svc`,
      `${name}.${namespace}.svc.${domain}`,
    ];
    const used = namesUsed(client, clientConfigMaps, service, domain).map(({ host }) => host.toLowerCase());
    const right = new Set([
      ...addressesOf(service),
      ...(service.spec.externalIPs ?? []),
      ...(service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip),
      ...pods.flatMap(podIPsOf),
    ]);
    const index = aliases.findIndex(
      ({ ip, hostnames = [] }) =>
        !right.has(ip) && hostnames.some((host) => [...names, ...used].includes(host.toLowerCase())),
    );
    const alias = aliases[index];
    if (!alias || isExternalName(service)) return passed('no hostAlias pins the name of the Service elsewhere');
    const host =
      (alias.hostnames ?? []).find((candidate) => [...names, ...used].includes(candidate.toLowerCase())) ?? name;
    const path = `${podSpecPathOf(client.object)}.hostAliases`;
    return problem({
      certainty: used.length === 0 || used.includes(host.toLowerCase()) ? 'certain' : 'possible',
      summary: `hostAliases of ${client.name.name} pin ${host} to ${alias.ip}; the Service has ${addressesOf(service).join(',') || 'no such address'}`,
      evidence: [
        evidence(client.object, `${path}[${index}]`, `${alias.ip} ${(alias.hostnames ?? []).join(' ')}`),
        evidence(service, 'spec.clusterIP', service.spec.clusterIP ?? ''),
      ],
      confirm: [
        confirm(
          kubectl(
            'get',
            client.object.kind.toLowerCase(),
            client.object.metadata.name,
            '-n',
            client.namespace,
            '-o',
            `jsonpath={.${path}}`,
          ),
          alias.ip,
        ),
      ],
      fix: {
        explain:
          client.object.kind === 'Pod'
            ? 'Create the Pod anew without this hostAlias.'
            : 'Remove the hostAlias; the name then resolves by DNS.',
        ...(client.object.kind === 'Pod'
          ? {}
          : {
              patch: {
                object: client.object,
                type: 'json',
                body: [{ op: 'remove', path: `/${path.replaceAll('.', '/')}/${index}` }],
              },
            }),
      },
    });
  },
});
