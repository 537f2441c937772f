import { whyNotReady } from '../../k8s/pod-troubles.ts';
import { isReady } from '../../k8s/pods.ts';
import { dnsEndpoints } from '../../snapshot/dns-outage.ts';
import { confirmInCorefile } from '../corefile-confirm.ts';
import { allOf, defineCheck, evidence, notApplicable, passed, problem, restartOf } from '../define.ts';

const probes = [
  { field: 'readinessProbe', plugin: 'ready', port: 8181 },
  { field: 'livenessProbe', plugin: 'health', port: 8080 },
] as const;

export default defineCheck({
  id: 'dns/probe-without-plugin',
  title: 'kubelet probes CoreDNS at a port that its Corefile does not open',
  why: 'The readiness probe on 8181 is answered by the plugin ready, the liveness probe on 8080 by the plugin health. A newer manifest with an older Corefile probes a port where nobody listens: the Pods serve names and are never ready, or are killed again and again.',
  impact: 'breaks',
  explains: ['dns/pods-not-ready', 'dns/pods-crash', 'dns/lookups-fail'],
  needs: ['clusterDns'],
  uses: ['nodes'],
  evaluate({ clusterDns: dns, nodes }) {
    const { service, corefile } = dns;
    if (!service || !corefile || corefile.parsed.error) return notApplicable('the Corefile is not known');
    if (dnsEndpoints(dns).ready > 0 || dns.pods.some(isReady)) return passed('CoreDNS answers its probes');
    const plugins = corefile.parsed.blocks.flatMap((block) => block.plugins);
    const [pod] = dns.pods;
    const container = pod?.spec.containers[0];
    const unanswered = probes.find(
      ({ field, plugin, port }) =>
        container?.[field]?.httpGet?.port === port && !plugins.some(({ name }) => name === plugin),
    );
    const trouble = pod && whyNotReady(pod, { nodes, events: dns.events });
    const fits =
      unanswered &&
      (unanswered.plugin === 'ready'
        ? trouble?.kind === 'probe' || trouble?.kind === 'unexplained'
        : trouble?.kind === 'killed' || trouble?.kind === 'crash');
    if (!pod || !container || !unanswered || !fits || corefile.parsed.unknownImports.length > 0)
      return passed('the Corefile opens what is probed');
    const { field, plugin, port } = unanswered;
    const root =
      corefile.parsed.blocks.find((block) => block.zones.some(({ zone }) => zone === '')) ?? corefile.parsed.blocks[0];
    const lines = corefile.text.split('\n');
    return problem({
      certainty: 'certain',
      summary: `The ${field} of CoreDNS asks port ${port}, but the Corefile has no plugin ${plugin}: nobody listens there, and ${service.metadata.name} ${dns.addresses.join(',')} answers nobody`,
      evidence: allOf([
        evidence(
          pod,
          `spec.containers[0].${field}.httpGet`,
          `${container[field]?.httpGet?.path ?? '/'} on port ${port}`,
        ),
        evidence(corefile.configMap, 'data.Corefile', `plugins: ${plugins.map(({ name }) => name).join(', ')}`),
        evidence(
          pod,
          'status',
          `${trouble?.reason ?? ''}${trouble?.message ? `: ${trouble.message.slice(0, 160)}` : ''}`,
        ),
        evidence(service, 'spec.clusterIP', `${dns.addresses.join(',')}: 0 of ${dns.pods.length} Pods are ready`),
      ]),
      confirm: [confirmInCorefile(corefile.configMap, dns.namespace, `no line ${plugin}`)],
      fix: {
        explain: `Add ${plugin} to the Corefile and restart CoreDNS.`,
        patch: {
          object: corefile.configMap,
          type: 'merge',
          body: { data: { Corefile: lines.toSpliced(root?.line ?? 1, 0, `    ${plugin}`).join('\n') } },
        },
        commands: restartOf(dns.workloads),
      },
    });
  },
});
