import { formatAiling, serverName, type DnsOutage } from '../../snapshot/dns-outage.ts';
import type { ClusterDns } from '../../snapshot/cluster-dns.ts';
import { defineCheck, evidence, kubectl, problem, type Evidence, type Fix } from '../define.ts';
import { atAddress, logConfirm, ofDnsOutage, onOutage, outageEvidence, shortened } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/pods-crash',
  title: 'The cluster DNS keeps crashing',
  why: 'While every DNS Pod is in CrashLoopBackOff, no name resolves in the cluster. The last line of the previous log tells why: a port it may not bind, a permission, not enough memory.',
  ...ofDnsOutage,
  evaluate: onOutage('crash', 'the DNS Pods stay up', (outage, dns) => {
    const { service, ailing, said } = outage;
    const crash = ailing
      .map(({ trouble }) => trouble)
      .find((trouble) => trouble?.kind === 'crash' || trouble?.kind === 'killed');
    const exit = crash && 'exitCode' in crash && crash.exitCode !== undefined ? ` with code ${crash.exitCode}` : '';
    const memory = outOfMemory(outage);
    const reason = memory ? '' : (said?.line ?? crash?.message ?? '');
    return problem({
      certainty: 'certain',
      summary: `${serverName(dns)} exits${exit} again and again (${memory ? 'OOMKilled' : formatAiling(ailing)}), so ${atAddress(service)} answers nobody${reason ? `: ${shortened(reason, 120)}` : ''}`,
      evidence: outageEvidence(outage, ...endsOf(outage), ...(memory ? memoryLimitOf(dns) : [])),
      confirm: [logConfirm({ ...outage, said: undefined }, dns, 'the last words of the process')],
      fix: { explain: remedyFor(memory, reason), commands: commandsFor(memory, outage, dns) },
    });
  }),
});

const outOfMemory = ({ ailing }: DnsOutage): boolean =>
  ailing.some(
    ({ trouble, pod }) =>
      trouble?.reason === 'OOMKilled' ||
      pod.status?.containerStatuses?.some(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled'),
  );

const endsOf = ({ ailing }: DnsOutage): readonly Evidence[] =>
  ailing.slice(0, 2).flatMap(({ pod }) => {
    const last = pod.status?.containerStatuses?.find(({ lastState }) => lastState?.terminated)?.lastState?.terminated;
    const words = last?.message ? `: ${shortened(last.message, 200)}` : '';
    return last
      ? [
          evidence(
            pod,
            'status.containerStatuses.lastState.terminated',
            `${last.reason ?? 'Error'}, exit code ${last.exitCode}${words}`,
          ),
        ]
      : [];
  });

function memoryLimitOf({ pods: [pod] }: ClusterDns): readonly Evidence[] {
  const limit = pod?.spec.containers[0]?.resources?.limits?.['memory'];
  return pod && limit ? [evidence(pod, 'spec.containers[0].resources.limits.memory', limit)] : [];
}

function remedyFor(memory: boolean, reason: string): string {
  if (memory)
    return 'Raise the memory limit: CoreDNS needs more the more Pods and Services there are, and with cache and log it needs more still.';
  if (/permission denied/.test(reason))
    return 'Let the container bind port 53: it needs the capability NET_BIND_SERVICE, or a port above 1024 in the Corefile with a matching targetPort.';
  if (/address already in use/.test(reason))
    return 'Something else on that node holds port 53: run CoreDNS without hostNetwork, or stop the other server.';
  if (/no nameservers found/.test(reason))
    return 'The /etc/resolv.conf that CoreDNS forwards to names no server: give kubelet on its node a file that does (resolvConf in its configuration), or write real servers after forward . in the Corefile.';
  return 'Mend what the last log line names; where the Corefile was changed lately, look there first.';
}

function commandsFor(memory: boolean, { ailing }: DnsOutage, dns: ClusterDns): NonNullable<Fix['commands']> {
  const [workload] = dns.workloads;
  const own =
    memory && workload
      ? [
          'set',
          'resources',
          `${workload.kind.toLowerCase()}/${workload.metadata.name}`,
          '-n',
          dns.namespace,
          '--limits=memory=512Mi',
        ]
      : ['logs', '-n', dns.namespace, ailing[0]?.pod.metadata.name ?? '', '--previous', '--tail=20'];
  return [kubectl(...own)];
}
