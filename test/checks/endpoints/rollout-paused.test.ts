import check from '../../../src/checks/endpoints/rollout-paused.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const [web, , ...pods] = workload({ name: 'web', replicas: 2 });
const svc = service({ name: 'web' });
const target = 'demo/web';
const paused = change(web, (draft) => void (draft.spec.paused = true));

examples(check, {
  'created with paused: true': {
    target,
    given: cluster([paused, svc]),
    says: {
      summary: ['Deployment web is paused', '2 replicas'],
      certainty: 'certain',
      evidence: ['spec.paused: true', 'ReplicaSets of its template: none'],
    },
  },
  'paused while its Pods run': { target, given: cluster([paused, ...pods, svc]), says: 'passed' },
  'not paused': { target, given: cluster([web, svc]), says: 'not-applicable' },
});
