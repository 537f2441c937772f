import check from '../../../src/checks/service/being-deleted.ts';
import { change, cluster, namespace, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = service({ name: 'db' });

examples(check, {
  'held by a finalizer': {
    given: cluster([
      change(
        db,
        (draft) =>
          void Object.assign(draft.metadata, {
            deletionTimestamp: '2026-03-02T09:00:00Z',
            finalizers: ['service.kubernetes.io/load-balancer-cleanup'],
          }),
      ),
    ]),
    says: { summary: ['being deleted', 'load-balancer-cleanup'], certainty: 'certain' },
  },
  'its namespace goes': {
    given: cluster([change(namespace('demo'), (draft) => void (draft.status = { phase: 'Terminating' })), db]),
    says: { summary: ['Namespace demo is being terminated'], certainty: 'certain' },
  },
  'it stays': { given: cluster([db]), says: 'passed' },
});
