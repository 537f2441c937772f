import { whoAnswers } from '../../k8s/corefile-answers.ts';
import { distance } from 'fastest-levenshtein';
import { formatPlugin, kubernetesPluginsIn } from '../../k8s/corefile.ts';
import { askedDnsOf, clusterDomainIn, defaultClusterDomain, parseResolvConf } from '../../k8s/names.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { nameAsked } from '../../snapshot/lookups.ts';
import type { Lookup } from '../../snapshot/snapshot.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
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
  id: 'dns/cluster-domain-mismatch',
  title: 'Pods search another domain than the cluster DNS serves',
  why: 'kubelet writes its clusterDomain into the search list of every Pod, and the kubernetes plugin of CoreDNS answers for the zones on its line. Both are set apart from each other; where they differ, short names expand to names that nobody serves.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-answer'],
  needs: ['clusterDns', 'target'],
  uses: ['resolvConfs', 'client', 'lookups'],
  evaluate({ clusterDns: dns, target, resolvConfs = [], client, lookups = [] }) {
    const { corefile, domain } = dns;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const plugins = kubernetesPluginsIn(corefile.parsed);
    const served = [...new Set(plugins.flatMap(({ zones }) => zones))].filter((zone) => zone !== '');
    const [zone] = served;
    const plugin = plugins.find(({ zones }) => zones.includes(zone ?? ''))?.plugin;
    if (zone === undefined || !plugin) return notApplicable('the Corefile names no zone for the kubernetes plugin');
    const ownResolver = (name: string) =>
      client && askedDnsOf(client.spec) !== 'cluster' && client.pods.some(({ metadata }) => metadata.name === name);
    const seen = resolvConfs
      .filter(({ pod }) => !ownResolver(pod.name))
      .toSorted((a, b) => Number(isOf(b)) - Number(isOf(a)))
      .map((conf) => ({ conf, searched: clusterDomainIn(parseResolvConf(conf.text).searches) }))
      .find(({ searched }) => searched !== undefined);
    const known = seen?.searched ?? domain?.value;
    const searched = known ?? domainDenied(target, lookups) ?? (isSlip(served) ? defaultClusterDomain : undefined);
    if (searched === undefined) return passed(`CoreDNS serves ${served.join(', ')}; what Pods search is not known`);
    const name = `${target.name}.${target.namespace}.svc.${searched}`;
    const settled = whoAnswers(corefile.parsed, name);
    const observed = lookups.filter((lookup) => nameAsked(lookup).endsWith(`.svc.${searched}`));
    if (
      served.includes(searched) ||
      settled.by === 'kubernetes' ||
      settled.by === 'plugin' ||
      observed.some(({ outcome }) => outcome === 'NOERROR')
    )
      return passed(`Pods search ${searched}, and CoreDNS serves ${served.join(', ')}`);
    const kubeletIsOff = domain !== undefined && domain.value === zone;
    return problem({
      certainty: known === undefined ? 'likely' : 'certain',
      summary:
        known !== undefined
          ? `Pods search svc.${searched}, but CoreDNS serves ${served.join(', ')}: ${target.name} expands to ${name}, which nobody answers for`
          : observed.length > 0
            ? `CoreDNS serves ${served.join(', ')}, but was asked for ${observed[0] ? nameAsked(observed[0]) : name}: nobody answers for names below ${searched}`
            : `CoreDNS serves ${served.join(', ')}, which looks like a slip of the pen for ${searched}: nobody answers for ${name}`,
      evidence: allOf([
        ...(seen
          ? [
              {
                object: { kind: 'pod', name: seen.conf.pod.name, namespace: seen.conf.pod.namespace },
                path: '/etc/resolv.conf',
                saw:
                  seen.conf.text
                    .trim()
                    .split('\n')
                    .find((line) => line.startsWith('search')) ?? '',
              },
            ]
          : []),
        ...(domain ? [evidence(domain.object, domain.path, domain.value)] : []),
        evidence(corefile.configMap, `data.Corefile line ${plugin.line}`, formatPlugin(plugin)),
        ...observed.slice(0, 2).map((lookup) => ({
          object: { kind: 'service', name: dns.service?.metadata.name ?? 'kube-dns', namespace: dns.namespace },
          path: `answer for ${nameAsked(lookup)}`,
          saw: lookup.outcome,
        })),
        ...(dns.service ? [evidence(dns.service, 'spec.clusterIP', addressesOf(dns.service).join(','))] : []),
      ]),
      confirm: [
        confirmInCorefile(corefile.configMap, dns.namespace, formatPlugin(plugin)),
        ...(seen
          ? [
              confirm(
                kubectl('exec', '-n', seen.conf.pod.namespace, seen.conf.pod.name, '--', 'cat', '/etc/resolv.conf'),
                `search … svc.${searched}`,
              ),
            ]
          : []),
      ],
      fix: kubeletIsOff
        ? {
            explain: `Set clusterDomain: ${zone} in the kubelet configuration of the nodes, restart kubelet, and replace the Pods there.`,
          }
        : {
            explain: `Replace ${zone} by ${searched} in the Corefile and restart CoreDNS${isSlip(served) ? '.' : `; or set clusterDomain: ${zone} for every kubelet and replace the Pods.`}`,
            patch: {
              object: corefile.configMap,
              type: 'merge',
              body: { data: { Corefile: corefile.text.replaceAll(zone, searched) } },
            },
            commands: restartOf(dns.workloads),
          },
    });

    function isOf({ pod }: { readonly pod: { readonly name: string } }): boolean {
      return client?.pods.some(({ metadata }) => metadata.name === pod.name) ?? false;
    }
  },
});

/** The domain below which somebody asked for a Service that is sure to exist, and was told that there is no such name. */
function domainDenied(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  lookups: readonly Lookup[],
): string | undefined {
  const sure = ['kubernetes.default.svc.', `${name}.${namespace}.svc.`];
  const denied = lookups.find(
    (lookup) => lookup.outcome === 'NXDOMAIN' && sure.some((start) => nameAsked(lookup).startsWith(start)),
  );
  return denied && /\.svc\.(.+)$/.exec(nameAsked(denied))?.[1];
}

/** `cluster.locl`: one or two letters beside the usual name. A digit (`cluster2.local`) is meant. */
const isSlip = (served: readonly string[]): boolean =>
  served.every(
    (zone) => zone !== defaultClusterDomain && !/\d/.test(zone) && distance(zone, defaultClusterDomain) <= 2,
  );
