import check from '../../../src/checks/dns/not-selected.ts';
import { healthy, withDns } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const labelled = (labels: Record<string, string>) =>
  withDns(given, (object) => {
    if (object.kind === 'Pod') object.metadata.labels = labels;
    if (object.kind === 'Deployment') object.spec.selector = { matchLabels: labels };
  });

examples(check, {
  'labels as kubeadm sets them': { given, says: 'passed' },
  'the Pods carry k8s-app=coredns': {
    given: labelled({ 'k8s-app': 'coredns' }),
    says: {
      summary: ['kube-dns 10.96.0.10 selects k8s-app=kube-dns', 'k8s-app=coredns'],
      certainty: 'certain',
      evidence: ['service/kube-dns spec.selector: k8s-app=kube-dns'],
    },
  },
  'a chart with labels of its own': {
    given: labelled({ 'app.kubernetes.io/name': 'coredns', 'app.kubernetes.io/instance': 'dns' }),
    says: { summary: ['k8s-app=(absent)'], certainty: 'certain' },
  },
  'no Service at all': {
    given: withDns(given, ({ kind }) => (kind === 'Service' ? 'gone' : undefined)),
    says: 'not-applicable',
  },
});
