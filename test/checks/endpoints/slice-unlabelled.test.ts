import check from '../../../src/checks/endpoints/slice-unlabelled.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { slice } from '../../kit/slices.ts';

const svc = service({ name: 'legacy-db', selector: null });
const target = 'demo/legacy-db';

examples(check, {
  'no label': {
    target,
    given: cluster([svc, slice({ name: 'legacy-db-1', of: null })]),
    says: {
      summary: ['legacy-db-1', 'kubernetes.io/service-name=legacy-db'],
      certainty: 'likely',
      evidence: ['service-name]: absent'],
    },
  },
  'a Service that does not exist': {
    target,
    given: cluster([svc, slice({ name: 'vm', of: 'legacydb' })]),
    says: { summary: ['Service legacydb'], certainty: 'certain' },
  },
  'a misspelt key': {
    target,
    given: cluster([svc, slice({ name: 'vm', of: null, labels: { 'kubernetes.io/service': 'legacy-db' } })]),
    says: { summary: ['kubernetes.io/service=legacy-db instead of'], certainty: 'certain' },
  },
  'another namespace': {
    target,
    given: cluster([svc, slice({ name: 'vm', of: 'legacy-db', namespace: 'infra' })]),
    says: { summary: ['namespace infra', 'demo'], certainty: 'certain' },
  },
  'a slice of the Service next door': {
    target,
    given: cluster([
      svc,
      service({ namespace: 'infra', name: 'legacy-db', selector: null }),
      slice({ name: 'vm', of: 'legacy-db', namespace: 'infra' }),
    ]),
    says: 'passed',
  },
  'a slice of another Service': {
    target,
    given: cluster([svc, service({ name: 'orders', selector: null }), slice({ name: 'orders-1', of: 'orders' })]),
    says: 'passed',
  },
  'the right label': { target, given: cluster([svc, slice({ name: 'vm', of: 'legacy-db' })]), says: 'passed' },
  'a selector': {
    target,
    given: cluster([...workload({ name: 'legacy-db' }), service({ name: 'legacy-db' })]),
    says: 'not-applicable',
  },
});
