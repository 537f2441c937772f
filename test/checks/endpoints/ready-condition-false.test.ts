import check from '../../../src/checks/endpoints/ready-condition-false.ts';
import { cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';

const web = workload({ name: 'web' });
const svc = service({ name: 'web' });
const target = 'demo/web';

examples(check, {
  'all containers ready, the Pod not': {
    target,
    given: cluster([
      ...withPods(web, (pod) => unready(pod, '', '')),
      svc,
      event(podOf(web), 'NodeNotReady', 'Node is not ready'),
    ]),
    says: { summary: ['every container is ready', 'Ready is False'], certainty: 'certain', evidence: ['ready: true'] },
  },
  'on two nodes, and no reason is given': {
    target,
    given: cluster([...withPods(workload({ name: 'web', replicas: 2 }), (pod) => unready(pod, '', '')), svc]),
    says: {
      summary: ['Both Pods', 'every container is ready'],
      certainty: 'certain',
      evidence: ['False (no reason is given)', 'spec.nodeName: node-a', 'spec.nodeName: node-b'],
    },
  },
  'a container that is not ready and has no probe': {
    target,
    given: cluster([...withPods(web, (pod) => unready(pod)), svc]),
    says: { summary: ['containers with unready status'], certainty: 'likely' },
  },
  'ready Pods': { target, given: cluster([...web, svc]), says: 'passed' },
});
