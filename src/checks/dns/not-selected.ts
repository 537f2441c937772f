import { formatLabels, ownValue } from '../../k8s/labels.ts';
import { demandedLabelsOf } from '../../k8s/workloads.ts';
import { serverName } from '../../snapshot/dns-outage.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { atAddress, ofDnsOutage, onOutage } from './dns-server-outage.ts';

export default defineCheck({
  id: 'dns/not-selected',
  title: 'The DNS Service selects none of its Pods',
  why: 'The Service kube-dns finds its Pods by labels, like any other. Charts and distributions label CoreDNS differently, so a Service from one and Pods from another do not meet.',
  ...ofDnsOutage,
  evaluate: onOutage('not-selected', 'the DNS Service selects its Pods', ({ service, ailing }, dns) => {
    const selector = service.spec.selector ?? {};
    const [first] = ailing;
    const labels = first?.pod.metadata.labels ?? {};
    const wrong = Object.keys(selector).filter((key) => ownValue(labels, key) !== selector[key]);
    const stable = Object.fromEntries(
      Object.entries(dns.workloads[0] ? demandedLabelsOf(dns.workloads[0]) : labels).filter(
        ([key]) => key !== 'pod-template-hash',
      ),
    );
    const has = wrong.map((key) => `${key}=${ownValue(labels, key) ?? '(absent)'}`).join(',') || formatLabels(stable);
    return problem({
      certainty: 'certain',
      summary: `${atAddress(service)} selects ${formatLabels(selector) || 'nothing'}, but the ${serverName(dns)} Pods carry ${has}`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(selector) || 'absent'),
        ...ailing.slice(0, 3).map(({ pod }) => evidence(pod, 'metadata.labels', formatLabels(pod.metadata.labels))),
      ]),
      confirm: [
        confirm(kubectl('get', 'pods', '-n', dns.namespace, '-l', formatLabels(selector)), 'No resources found'),
      ],
      fix: {
        explain: `Make the Service select what its Pods carry: ${formatLabels(stable)}.`,
        patch: {
          object: service,
          type: 'merge',
          body: {
            spec: { selector: { ...Object.fromEntries(Object.keys(selector).map((key) => [key, null])), ...stable } },
          },
        },
      },
    });
  }),
});
