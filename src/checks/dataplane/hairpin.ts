import { destinationsOf } from '../../k8s/destinations.ts';
import type { ConfigMap } from '../../k8s/objects.ts';
import { connected, formatSocket, formatSource } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/hairpin',
  title: 'A Pod cannot reach itself through its own Service (hairpin)',
  why: 'When the Pod that asks is the endpoint that is chosen, the packet has to go back in through the port it came out of. A Linux bridge does that only with hairpin mode on, which the CNI configuration sets (hairpinMode: true) or kubelet’s promiscuous bridge replaces. All other clients are unaffected.',
  impact: 'breaks',
  needs: ['service', 'slices', 'pods'],
  uses: ['triedPaths', 'client', 'networkAgents'],
  evaluate({ service, slices, pods, triedPaths = [], client, networkAgents }) {
    const behind = new Set(destinationsOf(service, slices, pods).flatMap(({ pod }) => (pod ? [pod] : [])));
    const virtual = triedPaths.filter(({ to }) => to === 'virtual');
    const ownCalls = virtual.filter(({ toItself }) => toItself);
    const failed = ownCalls.filter((path) => !connected(path));
    const [first] = failed;
    const others = virtual.filter(({ toItself }) => !toItself);
    const settings = hairpinOff(networkAgents?.configMaps ?? []);
    const settingEvidence = settings ? [evidence(settings.configMap, `data.${settings.key}`, settings.line)] : [];
    const node = (name: string | undefined) => (name ? ` on ${name}` : '');
    const fix = {
      explain:
        'Set "hairpinMode": true for the bridge in the CNI configuration and make the Pods anew, or let the Pod call itself as localhost.',
      commands: [kubectl('get', 'configmaps', '-A', '-o', 'name')],
    };
    if (first && others.some(connected) === others.length > 0) {
      const direct = triedPaths.filter((path) => path.to === 'endpoint' && path.from === first.from && connected(path));
      const sure = others.some(connected) || (behind.size === 1 && direct.some(({ toItself }) => toItself));
      const only = behind.size === 1;
      return problem({
        certainty: sure ? 'certain' : 'likely',
        ...(only ? {} : { impact: 'degrades' }),
        summary: `${first.from?.metadata.name}${node(first.fromNode)} cannot reach itself through ${service.metadata.name} (hairpin): ${first.connect.to.address} answers ${others.some(connected) ? 'others' : 'not'}, and ${first.connect.outcome === 'timeout' ? 'times out' : `is ${first.connect.outcome}`} from inside its own Pod`,
        evidence: allOf([
          ...[...failed.slice(0, 2), ...direct.slice(0, 2), ...others.filter(connected).slice(0, 2)].map((path) =>
            evidence(
              path.from ?? service,
              'connect',
              `${formatSource(path)} to ${formatSocket(path)}${path.toItself ? ' (itself)' : ''}: ${path.connect.outcome}`,
            ),
          ),
          ...settingEvidence,
        ]),
        confirm: [
          confirm(
            kubectl('get', 'pods', '-n', service.metadata.namespace ?? '', '-o', 'wide'),
            `${first.from?.metadata.name} is the same Pod that asks`,
          ),
        ],
        fix,
      });
    }
    const selfClients = (client?.pods ?? []).filter((pod) => behind.has(pod));
    const [self] = selfClients;
    if (!self) return notApplicable('the client is not one of the Pods behind the Service');
    if (ownCalls.some(connected)) return passed(`${self.metadata.name} reaches itself through the Service`);
    if (!settings)
      return passed(`${self.metadata.name} is behind the Service itself; that needs hairpin mode, and nobody tried`);
    return problem({
      certainty: 'likely',
      ...(behind.size === 1 ? {} : { impact: 'degrades' }),
      summary: `${self.metadata.name}${node(self.spec.nodeName)} calls itself through ${service.metadata.name}, and the CNI configuration leaves hairpin mode off`,
      evidence: allOf([
        ...settingEvidence,
        evidence(self, 'metadata.name', 'it is the client, and the same Pod is an endpoint of the Service'),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'configmap',
            settings.configMap.metadata.name,
            '-n',
            settings.configMap.metadata.namespace ?? '',
            '-o',
            'yaml',
          ),
          settings.line,
        ),
      ],
      fix,
    });
  },
});

/** A CNI configuration of the bridge plugin that does not switch hairpin mode on. */
function hairpinOff(configMaps: readonly ConfigMap[]) {
  for (const configMap of configMaps) {
    for (const [key, text] of Object.entries(configMap.data ?? {})) {
      if (!/cni|conflist|cni-conf/.test(key) || !/"type"\s*:\s*"(bridge|flannel)"/.test(text)) continue;
      if (/"hairpinMode"\s*:\s*true|"promiscMode"\s*:\s*true/.test(text)) continue;
      const line = /"hairpinMode"\s*:\s*false/.exec(text)?.[0] ?? 'the bridge plugin without "hairpinMode": true';
      return { configMap, key, line };
    }
  }
  return undefined;
}
