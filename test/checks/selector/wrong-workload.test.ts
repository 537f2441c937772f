import check from '../../../src/checks/selector/wrong-workload.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const db = workload({ name: 'db', container: { ports: [{ name: 'pg', containerPort: 5432 }] } });
const ports = [{ name: 'pg', port: 5432, targetPort: 5432 }];

examples(check, {
  'a selector copied from the Service web': {
    given: cluster([...web, ...db, service({ name: 'db', selector: { app: 'web' }, ports })]),
    says: { summary: ['service/db', 'app=web', 'deployment/web', 'app=db'], certainty: 'likely', impact: 'breaks' },
  },
  'its own Pods': { given: cluster([...web, ...db, service({ name: 'db', ports })]), says: 'passed' },
  'a second name for web, which declares the port': {
    given: cluster([...web, ...db, service({ name: 'db', selector: { app: 'web' } })]),
    says: 'passed',
  },
  'no workload of its name': {
    given: cluster([...web, service({ name: 'db', selector: { app: 'web' }, ports })]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
