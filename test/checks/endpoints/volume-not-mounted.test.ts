import check from '../../../src/checks/endpoints/volume-not-mounted.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const api = workload({ name: 'api', spec: { volumes: [{ name: 'config', configMap: { name: 'api-config' } }] } });
const stuck = withPods(api, (pod) => waiting(pod, 'ContainerCreating'));
const svc = service({ name: 'api' });
const target = 'demo/api';

examples(check, {
  'a ConfigMap that does not exist': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedMount',
        'MountVolume.SetUp failed for volume "config" : configmap "api-config" not found',
      ),
    ]),
    says: {
      summary: ['configmap api-config does not exist'],
      certainty: 'certain',
      evidence: ['FailedMount', 'spec.volumes[config]: {"configMap":{"name":"api-config"}}'],
    },
  },
  'the cause under a later time-out': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedMount',
        'Unable to attach or mount volumes: unmounted volumes=[config]: timed out waiting for the condition',
      ),
      event(podOf(api), 'FailedMount', 'MountVolume.SetUp failed for volume "tls" : secret "api-tls" not found'),
    ]),
    says: { summary: ['secret api-tls does not exist'], certainty: 'certain' },
  },
  'a key that the object lacks': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedMount',
        'MountVolume.SetUp failed for volume "config" : references non-existent config key: app.yaml',
      ),
    ]),
    says: { summary: ['app.yaml'], certainty: 'certain' },
  },
  'a disk that hangs on another node': {
    target,
    given: cluster([
      ...stuck,
      svc,
      event(
        podOf(api),
        'FailedAttachVolume',
        'Multi-Attach error for volume "pvc-4be1" Volume is already used by pod(s) api-old',
      ),
    ]),
    says: { summary: ['Multi-Attach error'], certainty: 'certain' },
  },
  'only being created': {
    target,
    given: cluster([...stuck, svc, event(podOf(api), 'Scheduled', 'assigned')]),
    says: 'passed',
  },
  'an old event of a Pod that runs': {
    target,
    given: cluster([
      ...api,
      svc,
      event(
        podOf(api),
        'FailedMount',
        'MountVolume.SetUp failed for volume "config" : configmap "api-config" not found',
      ),
    ]),
    says: 'passed',
  },
});
