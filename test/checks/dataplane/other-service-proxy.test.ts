import check from '../../../src/checks/dataplane/other-service-proxy.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const labelled = change(
  service({ name: 'db' }),
  (draft) => void (draft.metadata.labels = { 'service.kubernetes.io/service-proxy-name': 'kube-router' }),
);

examples(check, {
  'handed to another proxy': {
    given: cluster([...db, labelled]),
    says: {
      summary: ['kube-proxy ignores db', 'service.kubernetes.io/service-proxy-name=kube-router'],
      certainty: 'likely',
    },
  },
  'no such label': { given: cluster([...db, service({ name: 'db' })]), says: 'passed' },
  headless: { given: cluster([...db, service({ name: 'db', spec: { clusterIP: 'None' } })]), says: 'not-applicable' },
});
