import check from '../../../src/checks/endpoints/starting.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const db = workload({
  name: 'db',
  spec: { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'db-data' } }] },
});
const svc = service({ name: 'db' });
const creating = withPods(db, (pod) => waiting(pod, 'ContainerCreating'));
const two = workload({ name: 'db', replicas: 2 });

examples(check, {
  'for an hour, without a word': {
    given: cluster([...creating, svc, event(podOf(db), 'Scheduled', 'assigned to node-a')]),
    says: { summary: ['ContainerCreating for 60 min', 'PersistentVolumeClaim db-data'], certainty: 'likely' },
  },
  'for a moment': {
    given: cluster([
      ...withPods(creating, (pod) =>
        change(pod, (draft) => void (draft.metadata.creationTimestamp = '2026-03-02T09:59:40Z')),
      ),
      svc,
    ]),
    says: { summary: ['ContainerCreating'], certainty: 'possible' },
  },
  'one of two': {
    given: cluster([
      ...two.map((object) => (object === podOf(two) ? waiting(podOf(two), 'ContainerCreating') : object)),
      svc,
    ]),
    says: 'passed',
  },
  running: { given: cluster([...db, svc]), says: 'passed' },
});
