import check from '../../../src/checks/endpoints/slice-not-ready.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { slice } from '../../kit/slices.ts';

const svc = service({ name: 'db', selector: null });

examples(check, {
  'ready: false, by hand': {
    given: cluster([svc, slice({ name: 'db-vm', ready: false, addresses: ['192.168.40.7', '192.168.40.8'] })]),
    says: { summary: ['db-vm', 'conditions.ready: false', '192.168.40.8'], certainty: 'certain' },
  },
  'notReadyAddresses of an Endpoints object, mirrored': {
    given: cluster([svc, slice({ name: 'db-m', manager: 'endpointslicemirroring-controller.k8s.io', ready: false })]),
    says: { summary: ['db-m'], certainty: 'certain' },
  },
  'ready: true': { given: cluster([svc, slice({ name: 'db-vm' })]), says: 'passed' },
  'the controller’s': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]),
    says: 'not-applicable',
  },
});
