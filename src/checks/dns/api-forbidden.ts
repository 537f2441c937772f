import { mayListAndWatch, readByCoreDns } from '../../k8s/permissions.ts';
import { addressesOf } from '../../snapshot/cluster-dns.ts';
import { dnsEndpoints, dnsOutage, lineIn } from '../../snapshot/dns-outage.ts';
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
import { atAddress, ofDnsOutage, statesOf } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/api-forbidden',
  title: 'CoreDNS may not read what it serves',
  why: 'CoreDNS learns names from the API: it lists and watches Services, EndpointSlices and Namespaces. An upgrade that needs a new permission (EndpointSlices, since CoreDNS 1.8) and an old ClusterRole leave it waiting for ever: it never becomes ready.',
  ...ofDnsOutage,
  explains: [...ofDnsOutage.explains, 'dns/pods-not-ready', 'dns/wrong-answer'],
  uses: [...ofDnsOutage.uses, 'dnsClusterRole'],
  evaluate({ clusterDns: dns, nodes, logs = [], dnsClusterRole: role }) {
    const { service } = dns;
    if (!service) return notApplicable('no Service of a cluster DNS is to be seen');
    const outage = dnsOutage(dns, nodes, logs);
    const said =
      outage?.kind === 'forbidden'
        ? outage.said
        : outage
          ? undefined
          : lineIn(logs, dns.pods, /is forbidden: User.*cannot (list|watch)/);
    const lacks = role && readByCoreDns.find((readable) => !mayListAndWatch(role, readable));
    const waits = outage?.kind === 'forbidden' || (outage?.kind === 'not-ready' && lacks !== undefined);
    if (!waits && !said) return passed('no log of CoreDNS speaks of missing permissions');
    const named = /([\w]+(?:\.[\w.]+)?) is forbidden/.exec(said?.line ?? '')?.[1];
    const resource = named ?? (lacks ? [lacks.resource, lacks.group].filter(Boolean).join('.') : 'what it serves');
    const [short = resource, ...group] = resource.split('.');
    const user = /User "([^"]+)"/.exec(said?.line ?? '')?.[1] ?? 'system:serviceaccount:kube-system:coredns';
    const unauthorized = !named && !lacks;
    const count = atAddress(service);
    return problem({
      certainty: waits ? 'certain' : 'likely',
      summary: unauthorized
        ? `The API server refuses the token of CoreDNS (Unauthorized), so no Pod of ${count} becomes ready`
        : `CoreDNS may not list ${resource} (RBAC: forbidden), so ${waits ? `none of its Pods becomes ready and ${count} answers nobody` : 'names that depend on them do not resolve'}`,
      evidence: allOf([
        ...(said ? [evidence(said.pod, 'log', said.line)] : []),
        ...(role && lacks
          ? [evidence(role, 'rules', `no list and watch of ${lacks.resource} in apiGroup ${lacks.group || '""'}`)]
          : []),
        ...statesOf(outage?.ailing ?? []),
        evidence(
          service,
          'spec.clusterIP',
          `${addressesOf(service).join(',')}: ${dnsEndpoints(dns).ready} of ${dns.pods.length} Pods are ready`,
        ),
      ]),
      confirm: [confirm(kubectl('auth', 'can-i', 'list', resource, `--as=${user}`), 'no')],
      fix: unauthorized
        ? {
            explain:
              'Restart CoreDNS so that it gets a fresh token; where that does not help, its ServiceAccount is gone or the token is signed by another key.',
            commands: restartOf(dns.workloads),
          }
        : {
            explain: `Allow ${user} to list and watch ${resource}: add the rule to ClusterRole system:coredns, and see that a ClusterRoleBinding names that account.`,
            ...(role
              ? {
                  patch: {
                    object: role,
                    type: 'json',
                    body: [{ op: 'add', path: '/rules/-', value: ruleFor(group.join('.'), short) }],
                  },
                }
              : {
                  commands: [
                    kubectl(
                      'patch',
                      'clusterrole',
                      'system:coredns',
                      '--type=json',
                      '-p',
                      JSON.stringify([{ op: 'add', path: '/rules/-', value: ruleFor(group.join('.'), short) }]),
                    ),
                  ],
                }),
          },
    });
  },
});

const ruleFor = (group: string, resource: string) => ({
  apiGroups: [group],
  resources: [resource],
  verbs: ['list', 'watch'],
});
