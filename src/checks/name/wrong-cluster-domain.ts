import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/wrong-cluster-domain',
  title: 'The client’s name ends in another cluster domain',
  why: 'The end of a full name is the domain of this cluster, which its installer chose. A name that was copied from another cluster, or assumes cluster.local, is unknown here; the short form service.namespace.svc works everywhere.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls', 'clusterDomain'],
  uses: ['clusterDns'],
  evaluate({ service, client, clientCalls, clusterDomain, clusterDns }) {
    const { name, namespace = '' } = service.metadata;
    const foreign = clientCalls.flatMap(({ reference, miss }) =>
      miss?.kind === 'wrong-domain' ? [{ reference, domain: miss.domain }] : [],
    );
    const [first] = foreign;
    const domain = clusterDomain.searched;
    if (!first) return passed(`the client’s full names end in ${domain}`);
    return problem({
      certainty: clusterDomain.source === 'assumed' ? 'likely' : 'certain',
      summary: `${nameOfSetting(first.reference.setting)} says ${first.reference.host}, but the domain of this cluster is ${domain}, not ${first.domain}`,
      evidence: allOf([
        ...foreign.map(({ reference: { setting, host } }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        ...(clusterDns?.domain
          ? [evidence(clusterDns.domain.object, clusterDns.domain.path, clusterDns.domain.value)]
          : []),
        ...(clusterDns?.corefile
          ? [evidence(clusterDns.corefile.configMap, 'data.Corefile', `kubernetes ${clusterDomain.served.join(' ')}`)]
          : []),
      ]),
      confirm: [
        clusterDns?.corefile
          ? confirmInCorefile(
              clusterDns.corefile.configMap,
              clusterDns.namespace,
              `kubernetes ${clusterDomain.served.join(' ')}`,
            )
          : confirm(
              kubectl('exec', '-n', client.namespace, execTarget(client.object), '--', 'cat', '/etc/resolv.conf'),
              `search ${client.namespace}.svc.${domain} svc.${domain} ${domain}`,
            ),
      ],
      fix: {
        explain: `Write ${name}.${namespace}.svc in ${nameOfSetting(first.reference.setting)}, which no cluster domain can break, or end the name in ${domain}.`,
        ...editsOf(
          foreign.map(({ reference }) => reference),
          ({ host }) => ({ host: `${host.slice(0, host.toLowerCase().indexOf('.svc.'))}.svc` }),
          client.object,
        ),
      },
    });
  },
});

const execTarget = ({
  kind,
  metadata,
}: {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}): string => `${kind.toLowerCase()}/${metadata.name}`;
