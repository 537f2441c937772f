import type { Service } from '../../k8s/objects.ts';
import type { Facts } from '../../snapshot/facts.ts';
import { addressesOf, type ClusterDns } from '../../snapshot/cluster-dns.ts';
import { dnsOutage, type AilingPod, type DnsOutage, type DnsOutageKind } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, evidence, kubectl, notApplicable, passed } from '../define.ts';
import type { CheckId, Confirm, Evidence, NonEmpty, Outcome } from '../define.ts';

/** What every cause of one outage shares: nobody serves behind the DNS Service, and only the reason differs. */
export const ofDnsOutage = {
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/replicas-disagree'] as readonly CheckId[],
  needs: ['clusterDns'],
  uses: ['nodes', 'logs'],
} as const;

type OutageFacts = Pick<Facts, 'clusterDns'> & {
  readonly nodes?: Facts['nodes'] | undefined;
  readonly logs?: Facts['logs'] | undefined;
};

/** Judges the outages of one kind; `otherwise` is what can be said where there is none. */
export const onOutage =
  (kind: DnsOutageKind, otherwise: string, judge: (outage: DnsOutage, dns: ClusterDns) => Outcome) =>
  ({ clusterDns, nodes, logs }: OutageFacts): Outcome => {
    if (!clusterDns.service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(clusterDns, nodes, logs);
    return outage?.kind === kind ? judge(outage, clusterDns) : passed(otherwise);
  };

/** `kube-dns 10.96.0.10` */
export const atAddress = (service: Service): string => `${service.metadata.name} ${addressesOf(service).join(',')}`;

/** The telling line, what is particular to the cause, the state of the Pods, and the address where nobody answers. */
export const outageEvidence = (
  { service, ailing, said }: DnsOutage,
  ...particular: readonly Evidence[]
): NonEmpty<Evidence> =>
  allOf([
    ...(said ? [evidence(said.pod, said.path, said.line)] : []),
    ...particular,
    ...statesOf(ailing),
    evidence(service, 'spec.clusterIP', `${addressesOf(service).join(',')}: 0 of ${ailing.length} Pods are ready`),
  ]);

export const statesOf = (ailing: readonly AilingPod[]): readonly Evidence[] =>
  ailing
    .slice(0, 4)
    .map(({ pod, trouble }) =>
      evidence(
        pod,
        'status',
        `${trouble?.reason ?? 'not ready'}${trouble?.message ? `: ${shortened(trouble.message, 200)}` : ''}`,
      ),
    );

/** The log in which a line was read, or in which the Pod's last words are to be found. */
export const logConfirm = ({ said, ailing }: DnsOutage, dns: ClusterDns, expect: string): Confirm =>
  confirm(
    kubectl(
      'logs',
      '-n',
      dns.namespace,
      (said?.pod ?? ailing[0]?.pod)?.metadata.name ?? '',
      ...(said && !said.previous ? [] : ['--previous']),
    ),
    expect,
  );

/** Cut between words, and visibly. */
export function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = text.slice(0, limit - 2);
  return `${head.slice(0, Math.max(head.lastIndexOf(' '), limit / 2)).trimEnd()} …`;
}
