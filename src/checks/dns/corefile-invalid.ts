import { lineNamedIn, removedOptions, removedPlugins } from '../../k8s/corefile.ts';
import type { ClusterDns } from '../../snapshot/cluster-dns.ts';
import { formatAiling } from '../../snapshot/dns-outage.ts';
import { confirm, defineCheck, evidence, kubectl, problem, restartOf, type Fix } from '../define.ts';
import { atAddress, logConfirm, ofDnsOutage, onOutage, outageEvidence, shortened } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/corefile-invalid',
  title: 'CoreDNS cannot read its Corefile',
  why: 'CoreDNS exits at a directive or property it does not know, at an unbalanced brace, and at an import whose file is missing. Plugins such as proxy and federation, and options such as upstream, were removed in later versions: an upgrade turns an old Corefile invalid.',
  ...ofDnsOutage,
  evaluate: onOutage('corefile', 'no Pod stops at its Corefile', (outage, dns) => {
    const { service, ailing, said } = outage;
    const error = dns.corefile?.parsed.error;
    const configMap = dns.corefile?.configMap;
    const name = configMap?.metadata.name ?? 'coredns';
    const words = said ? said.line.replace(/^\[?(FATAL|ERROR)\]?\s*/, '') : `line ${error?.line}: ${error?.message}`;
    const line = said && dns.corefile ? lineNamedIn(words, dns.corefile.text) : undefined;
    const sure = said ? /Error during parsing|directive|property|Corefile/i.test(said.line) : false;
    return problem({
      certainty: sure || error ? 'certain' : 'likely',
      summary: `CoreDNS stops at its Corefile (${shortened(words, 125)}): ${formatAiling(ailing)}, so ${atAddress(service)} answers nobody`,
      evidence: outageEvidence(
        outage,
        ...(error && configMap ? [evidence(configMap, `data.Corefile line ${error.line}`, error.message)] : []),
        ...(line && configMap ? [evidence(configMap, `data.Corefile line ${line.number}`, line.text.trim())] : []),
      ),
      confirm: [
        confirm(
          kubectl('get', 'configmap', name, '-n', dns.namespace, '-o', 'yaml'),
          line ? line.text.trim() : 'the Corefile with the line named above',
        ),
        ...(said ? [logConfirm(outage, dns, said.line.slice(0, 80))] : []),
      ],
      fix: fixOf(words, line ?? (error && dns.corefile ? numbered(error.line, dns.corefile.text) : undefined), dns),
    });
  }),
});

interface CorefileLine {
  readonly number: number;
  readonly text: string;
}

const numbered = (number: number, text: string): CorefileLine => ({ number, text: text.split('\n')[number - 1] ?? '' });

/** An option that was removed did nothing any more: its line can go. A plugin that was removed has another in its place. */
function fixOf(words: string, line: CorefileLine | undefined, dns: ClusterDns): Fix {
  const { corefile } = dns;
  const name = corefile?.configMap.metadata.name ?? 'coredns';
  const where = line ? `line ${line.number} (${line.text.trim()})` : 'that line';
  const plugin = Object.keys(removedPlugins).find((gone) => words.includes(`'${gone}'`));
  const option = removedOptions.find((gone) => words.includes(`'${gone}'`));
  const edit = [kubectl('edit', 'configmap', name, '-n', dns.namespace), ...restartOf(dns.workloads)];
  if (option && line && corefile && line.text.trim().split(/\s+/)[0] === option)
    return {
      explain: `Delete ${where} from ConfigMap ${name}: CoreDNS no longer knows the option ${option}, which is not needed any more; then restart CoreDNS.`,
      patch: {
        object: corefile.configMap,
        type: 'merge',
        body: {
          data: {
            Corefile: corefile.text
              .split('\n')
              .toSpliced(line.number - 1, 1)
              .join('\n'),
          },
        },
      },
      commands: restartOf(dns.workloads),
    };
  const instead = plugin ? `: plugin ${plugin} was replaced by ${removedPlugins[plugin]}` : '';
  return { explain: `Correct ${where} in ConfigMap ${name}${instead}, then restart CoreDNS.`, commands: edit };
}
