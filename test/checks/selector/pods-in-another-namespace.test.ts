import check from '../../../src/checks/selector/pods-in-another-namespace.ts';
import { cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

examples(check, {
  'the Deployment is in data, the Service in demo': {
    given: cluster([...workload({ namespace: 'data', name: 'db' }), service({ name: 'db' })]),
    says: {
      summary: ['namespace data', 'service/db is in demo', 'app=db'],
      certainty: 'certain',
      evidence: ['deployment/db metadata.namespace: data'],
    },
  },
  'both in one': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'passed' },
  'a bare Pod there': {
    given: cluster([pod({ namespace: 'data', name: 'db-0', labels: { app: 'db' } }), service({ name: 'db' })]),
    says: { summary: ['namespace data'], certainty: 'certain' },
  },
  'no Pods yet there': {
    given: cluster([...workload({ namespace: 'data', name: 'db', replicas: 0 }), service({ name: 'db' })]),
    says: { summary: ['The workload with app=db is in namespace data'], certainty: 'certain' },
  },
  'a common label in many namespaces': {
    given: cluster([
      ...['dev', 'test', 'prod'].flatMap((namespace) => workload({ namespace, name: 'db' })),
      service({ name: 'db' }),
    ]),
    says: { summary: ['dev, test, prod'], certainty: 'likely' },
  },
  'the namesake at home is nearer': {
    given: cluster([
      ...workload({ namespace: 'data', name: 'db' }),
      ...workload({ name: 'db', labels: { app: 'postgres' } }),
      service({ name: 'db' }),
    ]),
    says: 'passed',
  },
  'others at home are no reason': {
    given: cluster([
      ...workload({ namespace: 'data', name: 'db' }),
      ...workload({ name: 'web' }),
      service({ name: 'db' }),
    ]),
    says: { summary: ['namespace data'], certainty: 'certain' },
  },
  nowhere: { given: cluster([service({ name: 'db' })]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
