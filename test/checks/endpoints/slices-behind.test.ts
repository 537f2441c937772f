import check from '../../../src/checks/endpoints/slices-behind.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, slicesFor, snapshotOf, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { podOf } from '../../kit/pod-states.ts';

const db = workload({ name: 'db', replicas: 2 });
const svc = service({ name: 'db' });
const pods = db.filter((object): object is Pod => object.kind === 'Pod');
const before = pods.map((pod) =>
  change(
    pod,
    (draft) =>
      void Object.assign(draft, {
        metadata: { ...draft.metadata, name: `${pod.metadata.name}-old` },
        status: { ...draft.status, podIP: '10.244.9.9', podIPs: [{ ip: '10.244.9.9' }] },
      }),
  ),
);
const fresh = change(podOf(db), (draft) => {
  for (const condition of draft.status?.conditions ?? []) condition.lastTransitionTime = '2026-03-02T09:59:45Z';
});

examples(check, {
  'no slice at all': {
    given: snapshotOf([...db, svc]),
    says: { summary: ['no slice for its 2 ready Pods'], certainty: 'certain', impact: 'breaks' },
  },
  'slices of the past': {
    given: cluster([...db, svc, ...slicesFor(svc, before)]),
    says: { summary: ['2 ready Pods are missing', '10.244.9.9'], certainty: 'certain', impact: 'breaks' },
  },
  'one Pod is missing': {
    given: cluster([...db, svc, ...slicesFor(svc, pods.slice(0, 1))]),
    says: { summary: ['1 ready Pod is missing'], certainty: 'certain', impact: 'degrades' },
  },
  'a Pod that is ready since a moment': { given: snapshotOf([fresh, svc]), says: 'passed' },
  'slices as they should be': { given: cluster([...db, svc]), says: 'passed' },
});
