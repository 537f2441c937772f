import check from '../../../src/checks/endpoints/no-pod-network.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const api = workload({ name: 'api' });
const stuck = withPods(api, (pod) => waiting(pod, 'ContainerCreating'));
const svc = service({ name: 'api' });
const target = 'demo/api';

examples(check, {
  'the CNI plugin fails': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "9c1f": plugin type="calico" failed (add): stat /var/lib/calico/nodename: no such file or directory',
      ),
    ]),
    says: { summary: ['node-a', 'calico'], certainty: 'certain', evidence: ['FailedCreatePodSandBox'] },
  },
  'the runtime of the nodes has no such handler': {
    target,
    given: cluster([
      ...withPods(stuck, (pod) => change(pod, (draft) => void (draft.spec.runtimeClassName = 'gvisor'))),
      svc,
      event(
        podOf(api),
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox runtime: no runtime for "runsc" is configured',
      ),
    ]),
    says: {
      summary: ['The runtime of', 'no runtime for "runsc" is configured'],
      certainty: 'certain',
      evidence: ['spec.runtimeClassName: gvisor'],
    },
  },
  'the image of the sandbox cannot be pulled': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "registry.k8s.io/pause:3.9": failed to pull image: dial tcp: i/o timeout',
      ),
    ]),
    says: { summary: ['The sandbox image of', 'registry.k8s.io/pause:3.9'], certainty: 'certain' },
  },
  'no address left': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedCreatePodSandBox',
        'Failed to create pod sandbox: plugin type="host-local" failed (add): no IP addresses available in range set: 10.244.1.1-10.244.1.254',
      ),
    ]),
    says: { summary: ['no IP addresses available'], certainty: 'certain' },
  },
  'Pods with a network': {
    target,
    given: cluster([...api, svc, event(podOf(api), 'Scheduled', 'ok')]),
    says: 'passed',
  },
});
