import check from '../../../src/checks/selector/pinned-to-a-rollout.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const generation = db.find(({ kind }) => kind === 'Pod')?.metadata.labels?.['pod-template-hash'] ?? '';

examples(check, {
  'a hash that no Pod carries any more': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'db', 'pod-template-hash': '5c8f6dd7b4' } })]),
    says: {
      summary: ['pod-template-hash=5c8f6dd7b4', generation],
      certainty: 'certain',
      evidence: ['service/db spec.selector.pod-template-hash: 5c8f6dd7b4'],
    },
  },
  'a hash that still matches': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'db', 'pod-template-hash': generation } })]),
    says: 'passed',
  },
  'no hash at all': { given: cluster([...db, service({ name: 'db' })]), says: 'passed' },
  'no selector': { given: cluster([...db, service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
