import check from '../../../src/checks/endpoints/container-config.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const api = workload({
  name: 'api',
  container: {
    env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db-credentials', key: 'password' } } }],
  },
});
const svc = service({ name: 'api' });
const target = 'demo/api';
const given = (reason: string, message: string) =>
  cluster([...withPods(api, (pod) => waiting(pod, reason, message)), svc]);

examples(check, {
  'a Secret that does not exist': {
    target,
    given: given('CreateContainerConfigError', 'secret "db-credentials" not found'),
    says: {
      summary: ['CreateContainerConfigError', 'secret "db-credentials" not found'],
      certainty: 'certain',
      evidence: ['env[DB_PASSWORD]'],
    },
  },
  'a key that the Secret lacks': {
    target,
    given: given('CreateContainerConfigError', "couldn't find key password in Secret demo/db-credentials"),
    says: { summary: ["couldn't find key password"], certainty: 'certain', evidence: ['env[DB_PASSWORD]'] },
  },
  'an image that runs as root': {
    target,
    given: given('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
    says: { summary: ['runAsNonRoot'], certainty: 'certain' },
  },
  'the message only in an event': {
    target,
    given: cluster([
      ...withPods(api, (pod) => waiting(pod, 'CreateContainerError')),
      svc,
      event(podOf(api), 'Failed', 'Error: failed to reserve container name', 'api'),
    ]),
    says: { summary: ['failed to reserve container name'], certainty: 'certain' },
  },
  'containers that were created': { target, given: cluster([...api, svc]), says: 'passed' },
});
