import check from '../../../src/checks/endpoints/not-mirrored.ts';
import { change, cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { endpoints, mirroring, slice } from '../../kit/slices.ts';

const svc = service({ name: 'db', selector: null });
const led = change(
  endpoints('db'),
  (draft) => void (draft.metadata.annotations = { 'control-plane.alpha.kubernetes.io/leader': '{}' }),
);

examples(check, {
  'skip-mirror': {
    given: cluster([svc, endpoints('db', ['192.168.40.7'], { 'endpointslice.kubernetes.io/skip-mirror': 'true' })]),
    says: { summary: ['skip-mirror=true', '192.168.40.7'], certainty: 'certain' },
  },
  'used for leader election': {
    given: cluster([svc, led]),
    says: { summary: ['leader election'], certainty: 'certain' },
  },
  'nobody mirrors': {
    given: cluster([svc, endpoints('db')]),
    says: { summary: ['no EndpointSlice mirrors it'], certainty: 'likely' },
  },
  mirrored: { given: cluster([svc, endpoints('db'), slice({ name: 'db-x', manager: mirroring })]), says: 'passed' },
  'no Endpoints': { given: cluster([svc, slice({ name: 'db-1' })]), says: 'not-applicable' },
});
