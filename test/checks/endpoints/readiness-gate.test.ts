import check from '../../../src/checks/endpoints/readiness-gate.ts';
import type { Condition, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';

const type = 'target-health.elbv2.k8s.aws/k8s-demo-web-1';
const web = workload({ name: 'web', replicas: 2, spec: { readinessGates: [{ conditionType: type }] } });
const svc = service({ name: 'web' });
const target = 'demo/web';
const gated = (condition: Condition | undefined) => (pod: Pod) =>
  change(
    unready(pod, 'ReadinessGatesNotReady', `corresponding condition of pod readiness gate "${type}" does not exist.`),
    (draft) => {
      if (condition) draft.status?.conditions?.push({ ...condition });
    },
  );

examples(check, {
  'a target that fails its health check': {
    target,
    given: cluster([
      ...withPods(
        web,
        gated({ type, status: 'False', reason: 'Target.FailedHealthChecks', message: 'Health checks failed' }),
      ),
      svc,
      event(podOf(web), 'Pulled', 'ok'),
    ]),
    says: {
      summary: ['readiness gate', type, 'Target.FailedHealthChecks'],
      certainty: 'certain',
      evidence: ['False: Target.FailedHealthChecks: Health checks failed'],
    },
  },
  'a controller that never wrote the condition': {
    target,
    given: cluster([...withPods(web, gated(undefined)), svc]),
    says: { summary: ['has never been set'], certainty: 'certain', evidence: ['absent'] },
  },
  'a gate that is open, on a Pod whose probe fails': {
    target,
    given: cluster([
      ...withPods(web, (pod) =>
        change(unready(pod), (draft) => void draft.status?.conditions?.push({ type, status: 'True' })),
      ),
      svc,
    ]),
    says: 'passed',
  },
  'open gates': { target, given: cluster([...web, svc]), says: 'passed' },
});
