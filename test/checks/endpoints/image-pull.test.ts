import check from '../../../src/checks/endpoints/image-pull.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { slice } from '../../kit/slices.ts';
import { event, podOf, waiting, withPods } from '../../kit/pod-states.ts';

const catalog = workload({ name: 'catalog', container: { image: 'registry.example.com/shop/catalog:v1.2.3' } });
const svc = service({ name: 'catalog' });
const backOff = (pod: Parameters<typeof waiting>[0]) =>
  waiting(pod, 'ImagePullBackOff', 'Back-off pulling image "registry.example.com/shop/catalog:v1.2.3"');
const pulled = (answer: string) =>
  event(podOf(catalog), 'Failed', `Failed to pull image "registry.example.com/shop/catalog:v1.2.3": ${answer}`);
const target = 'demo/catalog';
const three = workload({ name: 'catalog', replicas: 3 });

examples(check, {
  'a tag that does not exist': {
    target,
    given: cluster([
      ...withPods(catalog, backOff),
      svc,
      pulled('rpc error: code = NotFound desc = failed to resolve reference: not found'),
    ]),
    says: {
      summary: ['registry.example.com/shop/catalog:v1.2.3', 'not found'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['ImagePullBackOff', 'NotFound', 'spec.containers[catalog].image'],
    },
  },
  'beside a slice written by hand that serves': {
    target,
    given: cluster([
      ...withPods(catalog, backOff),
      svc,
      slice({ name: 'catalog-vm', of: 'catalog', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }] }),
    ]),
    says: { summary: ['registry.example.com/shop/catalog:v1.2.3'], certainty: 'certain', impact: 'risks' },
  },
  'a registry that wants credentials': {
    target,
    given: cluster([
      ...withPods(catalog, backOff),
      svc,
      pulled('pull access denied, repository does not exist or may require authorization: 401 Unauthorized'),
      event(podOf(catalog), 'FailedToRetrieveImagePullSecret', 'Unable to retrieve some image pull secrets (regcred)'),
    ]),
    says: { summary: ['denies access'], certainty: 'certain', evidence: ['spec.imagePullSecrets: none', 'regcred'] },
  },
  'a rate limit': {
    target,
    given: cluster([
      ...withPods(catalog, backOff),
      svc,
      pulled('toomanyrequests: You have reached your pull rate limit'),
    ]),
    says: { summary: ['limits the rate'], certainty: 'certain' },
  },
  'another platform': {
    target,
    given: cluster([...withPods(catalog, backOff), svc, pulled('no match for platform in manifest: not found')]),
    says: { summary: ['platform'], certainty: 'certain' },
  },
  'a name that is no image': {
    target,
    given: cluster([...withPods(catalog, (pod) => waiting(pod, 'InvalidImageName', 'couldn’t parse image name')), svc]),
    says: { summary: ['valid reference'], certainty: 'certain', evidence: ['InvalidImageName'] },
  },
  'an image that must never be pulled': {
    target,
    given: cluster([
      ...withPods(catalog, (pod) =>
        waiting(pod, 'ErrImageNeverPull', 'Container image is not present with pull policy of Never'),
      ),
      svc,
    ]),
    says: { summary: ['imagePullPolicy is Never'], certainty: 'certain' },
  },
  'one Pod of three: the others serve': {
    target,
    given: cluster([...three.map((object) => (object === podOf(three) ? backOff(podOf(three)) : object)), svc]),
    says: { summary: ['one of 3'], certainty: 'certain', impact: 'risks' },
  },
  'a Pod without an event': {
    target,
    given: cluster([...withPods(catalog, backOff), svc]),
    says: { summary: ['cannot pull'], certainty: 'certain', evidence: ['ImagePullBackOff: Back-off pulling image'] },
  },
  'images that are there': { target, given: cluster([...catalog, svc]), says: 'passed' },
  'a container that waits for something else': {
    target,
    given: cluster([...withPods(catalog, (pod) => waiting(pod, 'ContainerCreating')), svc]),
    says: 'passed',
  },
  'nothing selected': {
    target,
    given: cluster([...catalog, change(svc, (draft) => void (draft.spec.selector = { app: 'catalogue' }))]),
    says: 'not-applicable',
    detail: 'nothing is selected',
  },
});
