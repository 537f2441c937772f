import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, formatAiling, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/pods-crash',
  title: 'The cluster DNS keeps crashing',
  why: 'While every DNS Pod is in CrashLoopBackOff, no name resolves in the cluster. The last line of the previous log tells why: a port it may not bind, a permission, not enough memory.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
  evaluate({ clusterDns, nodes, logs }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (outage?.kind !== 'crash') return passed('the DNS Pods stay up');
    const { service, ailing, said } = outage;
    const crash = ailing
      .map(({ trouble }) => trouble)
      .find((trouble) => trouble?.kind === 'crash' || trouble?.kind === 'killed');
    const exit = crash && 'exitCode' in crash && crash.exitCode !== undefined ? ` with code ${crash.exitCode}` : '';
    const memory = ailing.some(
      ({ trouble, pod }) =>
        trouble?.reason === 'OOMKilled' ||
        pod.status?.containerStatuses?.some(({ lastState }) => lastState?.terminated?.reason === 'OOMKilled'),
    );
    const reason = memory ? 'OOMKilled: its memory limit is too small' : (said?.line ?? crash?.message ?? '');
    const limits = clusterDns.pods[0]?.spec.containers[0]?.resources?.limits?.['memory'];
    return problem({
      certainty: 'certain',
      summary: `${serverName(clusterDns)} exits${exit} again and again (${memory ? 'OOMKilled' : formatAiling(ailing)}), so ${service.metadata.name} ${addressesOf(service).join(',')} answers nobody${reason && !memory ? `: ${reason.slice(0, 80)}` : ''}`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, said.previous ? 'log of the previous container' : 'log', said.line)] : []),
        ...ailing.slice(0, 2).flatMap(({ pod }) => {
          const last = pod.status?.containerStatuses?.find(({ lastState }) => lastState?.terminated)?.lastState
            ?.terminated;
          return last
            ? [
                evidence(
                  pod,
                  'status.containerStatuses.lastState.terminated',
                  `${last.reason ?? 'Error'}, exit code ${last.exitCode}${last.message ? `: ${last.message.slice(0, 200)}` : ''}`,
                ),
              ]
            : [];
        }),
        ...(memory && limits && clusterDns.pods[0]
          ? [evidence(clusterDns.pods[0], 'spec.containers[0].resources.limits.memory', limits)]
          : []),
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
          kubectl('logs', '-n', clusterDns.namespace, ailing[0]?.pod.metadata.name ?? '', '--previous', '--tail=20'),
          'the last words of the process',
        ),
      ],
      fix: {
        explain: memory
          ? 'Raise the memory limit: CoreDNS needs more the more Pods and Services there are, and with cache and log it needs more still.'
          : /permission denied/.test(reason)
            ? 'Let the container bind port 53: it needs the capability NET_BIND_SERVICE, or a port above 1024 in the Corefile with a matching targetPort.'
            : /address already in use/.test(reason)
              ? 'Something else on that node holds port 53: run CoreDNS without hostNetwork, or stop the other server.'
              : 'Mend what the last log line names; where the Corefile was changed lately, look there first.',
        commands:
          memory && clusterDns.workloads[0]
            ? [
                kubectl(
                  'set',
                  'resources',
                  `${clusterDns.workloads[0].kind.toLowerCase()}/${clusterDns.workloads[0].metadata.name}`,
                  '-n',
                  clusterDns.namespace,
                  '--limits=memory=512Mi',
                ),
              ]
            : [
                kubectl(
                  'logs',
                  '-n',
                  clusterDns.namespace,
                  ailing[0]?.pod.metadata.name ?? '',
                  '--previous',
                  '--tail=20',
                ),
              ],
      },
    });
  },
});
