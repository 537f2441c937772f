import check from '../../../src/checks/name/no-such-service.ts';
import { cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = [...workload({ name: 'db' }), service({ name: 'db' })];

examples(check, {
  'the Service exists': { given: cluster(db), says: 'passed', detail: 'db.demo.svc.cluster.local' },
  'the Service exists, and a client of another namespace asks': {
    given: cluster([...db, ...workload({ namespace: 'shop', name: 'cart' })]),
    from: 'shop/deploy/cart',
    says: 'passed',
    detail: 'db.demo',
  },
  'a Deployment without a Service': {
    given: cluster(workload({ name: 'db' })),
    says: { summary: ['no Service db', 'Deployment db'], certainty: 'certain', evidence: ['service/db metadata.name'] },
  },
  'a StatefulSet whose governing Service was never created': {
    given: cluster(workload({ kind: 'StatefulSet', name: 'pg', workloadSpec: { serviceName: 'db' } })),
    says: { summary: ['no Service db', 'StatefulSet pg'], certainty: 'certain', evidence: ['spec.serviceName: db'] },
  },
  'the same name in another namespace': {
    given: cluster([
      namespace('demo'),
      ...workload({ namespace: 'data', name: 'db' }),
      service({ namespace: 'data', name: 'db' }),
    ]),
    says: {
      summary: ['no Service db', 'namespace data'],
      certainty: 'certain',
      evidence: ['service/db metadata.namespace: data'],
    },
  },
  'a namespace that does not exist': {
    given: cluster([service({ namespace: 'data', name: 'db', selector: null })]),
    says: { summary: ['there is no namespace demo', 'data'], certainty: 'certain' },
  },
  'a slip in the target': {
    given: cluster([service({ name: 'payments-api' }), service({ name: 'web' })]),
    target: 'demo/payment-api',
    says: { summary: ['payment-api', 'nearest', 'payments-api'], certainty: 'certain' },
  },
});
