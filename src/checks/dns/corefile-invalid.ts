import { removedPlugins } from '../../k8s/corefile.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, formatAiling } from '../../snapshot/dns-outage.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  restartOf,
} from '../define.ts';

export default defineCheck({
  id: 'dns/corefile-invalid',
  title: 'CoreDNS cannot read its Corefile',
  why: 'CoreDNS exits at a directive or property it does not know, at an unbalanced brace, and at an import whose file is missing. Plugins such as proxy and federation, and options such as upstream, were removed in later versions: an upgrade turns an old Corefile invalid.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'corefile') return passed('no Pod stops at its Corefile');
    const { service, ailing, said } = outage;
    const error = clusterDns.corefile?.parsed.error;
    const configMap = clusterDns.corefile?.configMap;
    const words = said ? said.line.replace(/^\[?(FATAL|ERROR)\]?\s*/, '') : `line ${error?.line}: ${error?.message}`;
    const gone = Object.entries(removedPlugins).find(([plugin]) => words.includes(`'${plugin}'`));
    return problem({
      certainty:
        said && /Error during parsing|directive|property|Corefile/i.test(said.line)
          ? 'certain'
          : error
            ? 'certain'
            : 'likely',
      summary: `CoreDNS stops at its Corefile (${words.slice(0, 110)}): ${formatAiling(ailing)}, so ${service.metadata.name} ${addressesOf(service).join(',')} answers nobody`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, said.previous ? 'log of the previous container' : 'log', said.line)] : []),
        ...(error && configMap ? [evidence(configMap, `data.Corefile line ${error.line}`, error.message)] : []),
        ...ailing
          .slice(0, 4)
          .map(({ pod, trouble }) =>
            evidence(
              pod,
              'status',
              `${trouble?.reason ?? 'not ready'}${trouble?.message ? `: ${trouble.message.slice(0, 200)}` : ''}`,
            ),
          ),
        evidence(service, 'spec.clusterIP', `${addressesOf(service).join(',')}: 0 of ${ailing.length} Pods are ready`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'configmap', configMap?.metadata.name ?? 'coredns', '-n', clusterDns.namespace, '-o', 'yaml'),
          'the Corefile with the line named above',
        ),
        ...(said
          ? [
              confirm(
                kubectl(
                  'logs',
                  '-n',
                  clusterDns.namespace,
                  said.pod.metadata.name,
                  ...(said.previous ? ['--previous'] : []),
                ),
                said.line.slice(0, 80),
              ),
            ]
          : []),
      ],
      fix: {
        explain: `Correct that line in ConfigMap ${configMap?.metadata.name ?? 'coredns'}${gone ? `: plugin ${gone[0]} was replaced by ${gone[1]}` : ''}, then restart CoreDNS.`,
        commands: [
          kubectl('edit', 'configmap', configMap?.metadata.name ?? 'coredns', '-n', clusterDns.namespace),
          ...restartOf(clusterDns.workloads),
        ],
      },
    });
  },
});
