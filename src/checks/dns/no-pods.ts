import { textOf } from '../../k8s/events.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { conditionOf } from '../../k8s/pods.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { ofDnsOutage } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/no-pods',
  title: 'No Pod serves the cluster DNS',
  why: 'CoreDNS is an ordinary workload. Scaled to zero, deleted, or refused by a quota or an admission rule, it leaves the DNS Service without anybody behind it, and names fail in the whole cluster.',
  ...ofDnsOutage,
  uses: [...ofDnsOutage.uses, 'resolvConfs'],
  evaluate({ clusterDns, nodes, logs, resolvConfs = [] }) {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    if (resolvConfs.some(({ text }) => /^nameserver\s+169\.254\.169\.254/m.test(text)))
      return passed('Pods ask the DNS of the cloud provider');
    if (outage?.kind !== 'no-pods') return passed('the cluster DNS has Pods');
    const { service, namespace } = { ...outage, namespace: clusterDns.namespace };
    const address = addressesOf(service).join(',');
    const [workload] = clusterDns.workloads;
    const zero = workload?.spec.replicas === 0;
    const failure = clusterDns.events.find(({ reason }) => reason === 'FailedCreate');
    const condition = workload && conditionOf(workload, 'ReplicaFailure');
    const refused = condition?.message ?? (failure ? textOf(failure) : undefined);
    const who = workload ? `${workload.kind} ${workload.metadata.name}` : `No workload in ${namespace}`;
    const summary = !workload
      ? `Nothing in ${namespace} runs ${serverName(clusterDns)}: ${service.metadata.name} ${address} answers nobody`
      : zero
        ? `${who} is scaled to 0 replicas: nobody answers at ${service.metadata.name} ${address}`
        : `${who} has no Pod: nobody answers at ${service.metadata.name} ${address}${refused ? ` (${refused.slice(0, 90)})` : ''}`;
    return problem({
      certainty: 'certain',
      summary,
      evidence: allOf([
        ...(workload ? [evidence(workload, 'spec.replicas', workload.spec.replicas ?? 'one for each node')] : []),
        ...(workload && condition
          ? [
              evidence(
                workload,
                'status.conditions[ReplicaFailure]',
                `${condition.reason ?? ''}: ${condition.message ?? ''}`,
              ),
            ]
          : []),
        ...(failure ? [evidence(failure, 'message', `FailedCreate: ${textOf(failure)}`)] : []),
        evidence(
          service,
          'spec.selector',
          `${formatLabels(service.spec.selector)}: no Pod of ${serverName(clusterDns)} exists`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'deployments,pods', '-n', namespace, '-l', formatLabels(service.spec.selector)),
          zero ? '0/0' : 'No resources found, or 0 ready',
        ),
      ],
      fix:
        zero && workload
          ? {
              explain: 'Scale it up again: two replicas are usual.',
              patch: { object: workload, type: 'merge', body: { spec: { replicas: 2 } } },
            }
          : workload
            ? {
                explain: 'Remove what keeps the controller from creating the Pods; its events say what.',
                commands: [kubectl('describe', workload.kind.toLowerCase(), workload.metadata.name, '-n', namespace)],
              }
            : {
                explain:
                  'Install CoreDNS again the way the cluster was set up: kubeadm has a phase for it; elsewhere it is an add-on or a chart.',
                commands: [['kubeadm', 'init', 'phase', 'addon', 'coredns']],
              },
    });
  },
});
