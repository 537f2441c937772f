import check from '../../../src/checks/endpoints/foreign-slice.ts';
import { cluster, service, slicesFor, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { podOf } from '../../kit/pod-states.ts';
import { slice } from '../../kit/slices.ts';

const db = workload({ name: 'db' });
const svc = service({ name: 'db' });
const own = slicesFor(svc, [podOf(db)]);

examples(check, {
  'an old machine beside the Pods': {
    given: cluster([...db, svc, ...own, slice({ name: 'db-vm' })]),
    says: {
      summary: ['db-vm', '192.168.40.7'],
      certainty: 'possible',
      impact: 'risks',
      evidence: ['absent: written by hand'],
    },
  },
  'a slice that some controller keeps': {
    given: cluster([...db, svc, ...own, slice({ name: 'db-remote', manager: 'submariner.io' })]),
    says: 'passed',
  },
  'no selector': {
    given: cluster([service({ name: 'db', selector: null }), slice({ name: 'db-vm' })]),
    says: 'not-applicable',
  },
  'the controller alone': { given: cluster([...db, svc]), says: 'passed' },
});
