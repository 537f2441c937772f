import check from '../../../src/checks/name/wrong-cluster-domain.ts';
import { examples } from '../../kit/examples.ts';
import { called, told } from '../../kit/told.ts';

examples(check, {
  'cluster.local in a cluster of another name': {
    ...told('orders-db.demo.svc.cluster.local'),
    given: called('k8s.corp.internal', told('orders-db.demo.svc.cluster.local').given),
    says: {
      summary: ['cluster.local', 'k8s.corp.internal'],
      certainty: 'certain',
      evidence: ['configmap/coredns data.Corefile'],
    },
  },
  'another domain in a cluster called cluster.local': {
    ...told('orders-db.demo.svc.kube.example.org'),
    says: { summary: ['kube.example.org', 'cluster.local'], certainty: 'certain' },
  },
  'a typo in the domain': {
    ...told('orders-db.demo.svc.cluster.locl'),
    says: { summary: ['cluster.locl'], certainty: 'certain' },
  },
  'the domain of this cluster': {
    ...told('orders-db.demo.svc.k8s.corp.internal'),
    given: called('k8s.corp.internal', told('orders-db.demo.svc.k8s.corp.internal').given),
    says: 'passed',
  },
  'the multi-cluster domain': { ...told('orders-db.demo.svc.clusterset.local'), says: 'passed' },
});
