import check from '../../../src/checks/endpoints/no-slice.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { endpoints, slice } from '../../kit/slices.ts';

const svc = service({ name: 'db', selector: null });

examples(check, {
  nothing: {
    given: cluster([svc]),
    says: {
      summary: ['neither an EndpointSlice nor an Endpoints object'],
      certainty: 'likely',
      evidence: ['spec.selector: absent'],
    },
  },
  'an Endpoints object without addresses': {
    given: cluster([svc, change(endpoints('db'), (draft) => void (draft.subsets = null))]),
    says: { summary: ['no address'], certainty: 'likely' },
  },
  'an empty slice': {
    given: cluster([svc, slice({ name: 'db-1', addresses: [] })]),
    says: { summary: ['db-1 is empty'], certainty: 'likely' },
  },
  'a slice': { given: cluster([svc, slice({ name: 'db-1' })]), says: 'passed' },
  'a name for its owner': {
    given: cluster([service({ name: 'db', selector: null, ports: [], spec: { clusterIP: 'None' } })]),
    says: 'not-applicable',
  },
  'a workload of its name': { given: cluster([svc, ...workload({ name: 'db' })]), says: 'not-applicable' },
  'a selector': { given: cluster([service({ name: 'db' })]), says: 'not-applicable' },
});
