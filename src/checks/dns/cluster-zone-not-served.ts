import { formatBlock, kubernetesPluginsIn, linesOf } from '../../k8s/corefile.ts';
import { defaultClusterDomain } from '../../k8s/names.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
import { allOf, defineCheck, evidence, notApplicable, passed, problem, restartOf } from '../define.ts';

export default defineCheck({
  id: 'dns/cluster-zone-not-served',
  title: 'The Corefile serves no zone for the cluster',
  why: 'Only the kubernetes plugin of CoreDNS knows Services. Without it, or with it on a line that names no zone inside the root block, names of Services are handed to the outside or answered with NXDOMAIN.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-answer'],
  needs: ['clusterDns'],
  evaluate({ clusterDns: dns }) {
    const { corefile } = dns;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const plugins = kubernetesPluginsIn(corefile.parsed);
    const zones = plugins.flatMap((plugin) => plugin.zones).filter((zone) => zone !== '');
    if (zones.length > 0) return passed(`the Corefile serves ${[...new Set(zones)].join(', ')}`);
    if (corefile.parsed.unknownImports.length > 0)
      return passed(
        `the kubernetes plugin may stand in an imported file: ${corefile.parsed.unknownImports.join(', ')}`,
      );
    const domain = dns.domain?.value ?? defaultClusterDomain;
    const [plugin] = plugins;
    const root =
      corefile.parsed.blocks.find((block) => block.zones.some(({ zone }) => zone === '')) ?? corefile.parsed.blocks[0];
    const lines = corefile.text.split('\n');
    const at = plugin ? plugin.plugin.line - 1 : (root?.line ?? 1);
    const wanted = `    kubernetes ${domain} in-addr.arpa ip6.arpa {\n       pods insecure\n       fallthrough in-addr.arpa ip6.arpa\n    }`;
    const text = plugin
      ? lines.with(at, (lines[at] ?? '').replace('kubernetes', `kubernetes ${domain}`)).join('\n')
      : lines.toSpliced(at, 0, wanted).join('\n');
    return problem({
      certainty: 'certain',
      summary: plugin
        ? `The kubernetes plugin names no zone (line ${plugin.plugin.line}), so it serves the root instead of ${domain}`
        : `The Corefile has no kubernetes plugin: ${domain} names go to ${linesOf(corefile.parsed, 'forward')[0]?.replace(/^line \d+: /, '') ?? 'nobody'}`,
      evidence: allOf([
        evidence(corefile.configMap, 'data.Corefile', `blocks: ${corefile.parsed.blocks.map(formatBlock).join('; ')}`),
        ...(root
          ? [
              evidence(
                corefile.configMap,
                `data.Corefile block ${formatBlock(root)}`,
                `plugins: ${root.plugins.map(({ name }) => name).join(', ')}`,
              ),
            ]
          : []),
      ]),
      confirm: [confirmInCorefile(corefile.configMap, dns.namespace, `no line kubernetes ${domain}`)],
      fix: {
        explain: `Add kubernetes ${domain} in-addr.arpa ip6.arpa to the block ${root ? formatBlock(root) : '.:53'} and restart CoreDNS.`,
        patch: { object: corefile.configMap, type: 'merge', body: { data: { Corefile: text } } },
        commands: restartOf(dns.workloads),
      },
    });
  },
});
