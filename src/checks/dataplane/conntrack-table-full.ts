import { allOf, confirm, defineCheck, evidence, notApplicable, passed, problem } from '../define.ts';

const full = /nf_conntrack: (?:nf_conntrack: )?table full, dropping packet[^\n]*|conntrack table (?:is )?full[^\n]*/i;

export default defineCheck({
  id: 'dataplane/conntrack-table-full',
  title: 'The conntrack table of a node is full',
  why: 'Every translated connection takes an entry in the kernel’s conntrack table. When it is full the kernel drops the first packet of each new connection: timeouts come and go, on one node, under load.',
  impact: 'degrades',
  explains: ['dataplane/kube-proxy-rules', 'dataplane/stale-conntrack', 'dataplane/overlay-between-nodes'],
  needs: ['service'],
  uses: ['logs', 'execs', 'events', 'pods'],
  evaluate({ service, logs, execs, events = [], pods = [] }) {
    if (!logs && !execs && !events.some(({ message, note }) => full.test(message ?? note ?? '')))
      return notApplicable('no log and no command output was read');
    const said = [
      ...(logs ?? []).map(({ pod, text }) => ({ pod, line: full.exec(text)?.[0] })),
      ...(execs ?? []).map(({ pod, output }) => ({ pod, line: full.exec(output)?.[0] ?? countersIn(output) })),
    ].filter(({ line }) => line !== undefined);
    const event = events.find(({ message, note }) => full.test(message ?? note ?? ''));
    const [first] = said;
    if (!first && !event) return passed('nothing that was read speaks of a full conntrack table');
    const pod = pods.find(
      ({ metadata }) => metadata.name === first?.pod.name && metadata.namespace === first.pod.namespace,
    );
    return problem({
      certainty: 'certain',
      summary: `The kernel${pod?.spec.nodeName ? ` of ${pod.spec.nodeName}` : ''} drops packets of new connections: its conntrack table is full (nf_conntrack: table full)`,
      evidence: allOf([
        ...said
          .slice(0, 3)
          .map(({ pod: of, line = '' }) =>
            evidence(
              pods.find(({ metadata }) => metadata.name === of.name && metadata.namespace === of.namespace) ?? service,
              'log',
              `${of.name}: ${line.trim()}`,
            ),
          ),
        ...(event ? [evidence(event, 'message', event.message ?? event.note)] : []),
      ]),
      confirm: [
        confirm(
          ['sysctl', 'net.netfilter.nf_conntrack_count', 'net.netfilter.nf_conntrack_max'],
          'on the node: a count at its max',
        ),
      ],
      fix: {
        explain:
          'Raise the limit (conntrack.maxPerCore or conntrack.min in the kube-proxy ConfigMap, or sysctl net.netfilter.nf_conntrack_max), and find the client that opens so many connections.',
      },
    });
  },
});

/** `sysctl` printed a count that has reached its max. */
function countersIn(output: string): string | undefined {
  const count = /nf_conntrack_count\s*=\s*(\d+)/.exec(output)?.[1];
  const max = /nf_conntrack_max\s*=\s*(\d+)/.exec(output)?.[1];
  return count && max && Number(count) >= Number(max) * 0.98
    ? `nf_conntrack_count = ${count} of nf_conntrack_max = ${max}`
    : undefined;
}
