import { whoAnswers, type Settled } from '../../k8s/corefile-answers.ts';
import { formatBlock, formatPlugin, isWithinZone, kubernetesPluginsIn, normalZone } from '../../k8s/corefile.ts';
import { oncePer } from '../../k8s/once-per.ts';
import type { ConfigMap } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { usesMusl } from '../../k8s/resolv-conf.ts';
import { protocolOf, resolveTargetPort } from '../../k8s/ports.ts';
import { portsOpened, type ClusterDns } from '../../snapshot/cluster-dns.ts';
import type { Client } from '../../snapshot/facts.ts';
import { formatAnswer, nameAsked, objectAsked } from '../../snapshot/lookups.ts';
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
import type { Outcome } from '../define.ts';

export default defineCheck({
  id: 'dns/cluster-zone-shadowed',
  title: 'The Corefile answers the name before the cluster’s own records do',
  why: 'CoreDNS takes the server block with the longest matching zone, and within it its plugins in a fixed order: rewrite, acl, template and hosts come before kubernetes. A stub domain, a template, or a hosts block without fallthrough can so take the names of Services away from the cluster.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/wrong-answer'],
  needs: ['clusterDns', 'target'],
  uses: ['client', 'lookups'],
  evaluate({ clusterDns: dns, target, client, lookups = [] }) {
    const { corefile } = dns;
    const stub = stubDomainOver(dns, target);
    if (stub) return stub;
    if (!corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    const zones = kubernetesPluginsIn(corefile.parsed)
      .flatMap((plugin) => plugin.zones)
      .filter((zone) => zone !== '');
    const zone = dns.domain && zones.includes(dns.domain.value) ? dns.domain.value : zones[0];
    if (zone === undefined) return notApplicable('the Corefile serves no zone of the cluster');
    const name = `${target.name}.${target.namespace}.svc.${zone}`;
    const settled = whoAnswers(corefile.parsed, name, 'A', portAsked(dns));
    if (settled.by === 'kubernetes' && settled.zone === zone && settled.name === name)
      return denialOfAddresses(dns, name, client, lookups) ?? passed(`${name} reaches the kubernetes plugin`);
    const what = effectOf(settled, name);
    const line = placeOf(settled);
    const home = holderOf(line.file, dns) ?? corefile.configMap;
    return problem({
      certainty: 'certain',
      summary: `${name} never reaches the kubernetes plugin: ${what}`,
      evidence: allOf([
        evidence(home, line.path, line.says),
        evidence(
          corefile.configMap,
          'data.Corefile',
          `blocks: ${corefile.parsed.blocks.map((block) => `${formatBlock(block)} (${block.file ? `${block.file} ` : ''}line ${block.line})`).join('; ')}`,
        ),
        ...(dns.service ? [evidence(dns.service, 'spec.clusterIP', dns.addresses.join(','))] : []),
      ]),
      confirm: [
        home === corefile.configMap
          ? confirmInCorefile(home, dns.namespace, line.says)
          : confirm(kubectl('get', 'configmap', home.metadata.name, '-n', dns.namespace, '-o', 'yaml'), line.says),
      ],
      fix: {
        explain: remedyFor(settled, zone, home),
        commands: [kubectl('edit', 'configmap', home.metadata.name, '-n', dns.namespace)],
      },
    });
  },
});

/**
 * A template that answers AAAA with NXDOMAIN says that the name does not exist at all, whatever the answer for A. glibc overlooks that,
 * musl and others do not; NOERROR without data is what says that there is no IPv6 address.
 */
function denialOfAddresses(
  dns: ClusterDns,
  name: string,
  client: Client | undefined,
  lookups: readonly Lookup[],
): Outcome | undefined {
  const { corefile } = dns;
  const settled = corefile && whoAnswers(corefile.parsed, name, 'AAAA', portAsked(dns));
  if (!corefile || settled?.by !== 'plugin' || !/NXDOMAIN/.test(settled.answer)) return undefined;
  const { block, plugin } = settled.at;
  const line = placeOf(settled);
  const denied = lookups.filter(
    (lookup) => lookup.type === 'AAAA' && lookup.outcome === 'NXDOMAIN' && nameAsked(lookup) === name,
  );
  const image = client?.spec.containers.find((container) => usesMusl(container.image))?.image;
  const start = corefile.text
    .split('\n')
    .slice(0, plugin.line - 1)
    .join('\n').length;
  const repaired =
    corefile.text.slice(0, start) + corefile.text.slice(start).replace(/(\brcode\s+)NXDOMAIN/i, '$1NOERROR');
  return problem({
    certainty: 'certain',
    impact: image !== undefined ? 'breaks' : denied.length > 0 ? 'degrades' : 'risks',
    summary: `${formatPlugin(plugin)} in block ${formatBlock(block)} answers AAAA questions for ${name} with NXDOMAIN: the name does not exist, though its A question is answered`,
    evidence: allOf([
      evidence(corefile.configMap, line.path, line.says),
      ...denied.slice(0, 2).map((lookup) => ({
        object: objectAsked(lookup, dns),
        path: `answer for ${name} AAAA`,
        saw: formatAnswer(lookup),
      })),
      ...(client && image ? [evidence(client.object, 'image', `${image} (musl takes NXDOMAIN as final)`)] : []),
    ]),
    confirm: [confirmInCorefile(corefile.configMap, dns.namespace, line.says)],
    fix: {
      explain: `Let ${formatPlugin(plugin)} on line ${plugin.line} answer rcode NOERROR: an empty answer says that there is no IPv6 address, and leaves the name alone.`,
      patch: { object: corefile.configMap, type: 'merge', body: { data: { Corefile: repaired } } },
      commands: restartOf(dns.workloads),
    },
  });
}

/** The port on which the Pods are asked, after the Service's translation. */
const portAsked = oncePer(({ service, pods, corefile }: ClusterDns): number | undefined => {
  const port = service?.spec.ports?.find((candidate) => candidate.port === 53 && protocolOf(candidate) === 'UDP');
  const [pod] = service ? podsSelectedBy(service, pods) : [];
  const reached = port && pod ? resolveTargetPort(pod, port) : undefined;
  return reached !== undefined && portsOpened({ corefile, pods }).includes(reached) ? reached : undefined;
});

/** The ConfigMap that an imported file is a key of. */
const holderOf = (file: string | undefined, { configMaps }: ClusterDns): ConfigMap | undefined =>
  file === undefined ? undefined : configMaps.find(({ data }) => data?.[file] !== undefined);

function placeOf(settled: Settled): { readonly path: string; readonly says: string; readonly file?: string } {
  if (settled.by === 'nobody')
    return {
      path: 'data.Corefile',
      says: settled.block
        ? `block ${formatBlock(settled.block)} has no plugin that answers`
        : 'no server block serves the name',
    };
  const plugin = settled.rewritten ?? settled.at.plugin;
  return {
    path: `data.${plugin.file ?? 'Corefile'} block ${formatBlock(settled.at.block)} line ${plugin.line}`,
    ...(plugin.file === undefined ? {} : { file: plugin.file }),
    says: [formatPlugin(plugin), ...plugin.body.map((words) => words.join(' '))].join('; '),
  };
}

function effectOf(settled: Settled, name: string): string {
  if (settled.by === 'nobody')
    return settled.block ? `block ${formatBlock(settled.block)} answers nothing` : 'no server block serves it';
  const { block, plugin } = settled.at;
  if (settled.rewritten)
    return `${formatPlugin(settled.rewritten)} (line ${settled.rewritten.line}) turns it into another name`;
  if (settled.by === 'forward')
    return `block ${formatBlock(block)}${block.file === undefined ? '' : ` of the imported ${block.file}`} forwards it to ${settled.to.join(', ')}`;
  if (settled.by === 'plugin') return `${formatPlugin(plugin)} in block ${formatBlock(block)} ${settled.answer}`;
  return `block ${formatBlock(block)} serves it in zone ${settled.zone || '.'}, where ${name} means nothing`;
}

function remedyFor(settled: Settled, zone: string, home: ConfigMap): string {
  if (settled.by === 'nobody') return `Let the block of ${zone} hold kubernetes ${zone}.`;
  const { block, plugin } = settled.at;
  const where = plugin.file === undefined ? '' : ` of ${plugin.file} in ConfigMap ${home.metadata.name}`;
  if (settled.rewritten) return `Narrow the rewrite rule so that it leaves names below svc.${zone} alone.`;
  if (plugin.name === 'hosts')
    return `Write fallthrough into the hosts block on line ${plugin.line}${where}, or give it only the zones of its own names.`;
  if (plugin.name === 'template')
    return `Narrow the template on line ${plugin.line}${where} to its own zone, or write fallthrough into it.`;
  if (plugin.name === 'acl') return `Let the acl on line ${plugin.line}${where} allow questions for ${zone}.`;
  return `Remove the block ${formatBlock(block)} on line ${block.line}${where}, or limit it to a zone outside ${zone}.`;
}

/** The older kube-dns takes stub domains from its ConfigMap: one that holds the cluster's zone takes every Service away. */
function stubDomainOver(dns: ClusterDns, target: { readonly name: string; readonly namespace: string }) {
  const configMap = dns.configMaps.find(
    ({ metadata, data }) => metadata.name === 'kube-dns' && data?.['stubDomains'] !== undefined,
  );
  if (!configMap || dns.corefile) return undefined;
  const stubs = [...(configMap.data?.['stubDomains'] ?? '').matchAll(/"([\w.-]+)"\s*:\s*\[([^\]]*)\]/g)];
  const name = `${target.name}.${target.namespace}.svc.${dns.domain?.value ?? 'cluster.local'}`;
  const over = stubs.find(([, zone = '']) => isWithinZone(name, normalZone(zone)));
  if (!over) return undefined;
  return problem({
    certainty: 'certain',
    summary: `The stub domain ${over[1]} sends ${name} to ${over[2]?.replaceAll('"', '')}`,
    evidence: [evidence(configMap, 'data.stubDomains', over[0])],
    confirm: [confirm(kubectl('get', 'configmap', 'kube-dns', '-n', dns.namespace, '-o', 'yaml'), over[0])],
    fix: {
      explain: `Remove ${over[1]} from stubDomains.`,
      commands: [kubectl('edit', 'configmap', 'kube-dns', '-n', dns.namespace)],
    },
  });
}
