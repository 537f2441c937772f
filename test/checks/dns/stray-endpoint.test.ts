import check from '../../../src/checks/dns/stray-endpoint.ts';
import { healthy, stack, withDns, withDnsPods } from '../../kit/dns.ts';
import { change, cluster, pod } from '../../kit/cluster.ts';
import type { EndpointSlice } from '../../../src/k8s/objects.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const stale = {
  ...given,
  objects: given.objects.map((object) =>
    object.kind === 'EndpointSlice' && object.metadata.namespace === 'kube-system'
      ? change(
          object as EndpointSlice,
          (draft) => void draft.endpoints?.push({ addresses: ['10.244.9.99'], conditions: { ready: true } }),
        )
      : object,
  ),
};
const autoscaler = pod({
  namespace: 'kube-system',
  name: 'dns-autoscaler-6c9',
  labels: { 'k8s-app': 'kube-dns' },
  spec: { containers: [{ name: 'autoscaler', image: 'registry.k8s.io/cpa/cluster-proportional-autoscaler:1.9.0' }] },
});

examples(check, {
  'two DNS Pods': { given, says: 'passed' },
  'an address that no Pod has': {
    given: stale,
    says: { summary: ['1 of 3 questions', '10.244.9.99', 'no Pod has'], certainty: 'certain', impact: 'degrades' },
  },
  'another Pod with the label': {
    given: cluster([...stack, autoscaler]),
    says: { summary: ['dns-autoscaler-6c9', 'cluster-proportional-autoscaler'], certainty: 'certain' },
  },
  'nobody is ready': { given: withDnsPods(given, {}), says: 'not-applicable' },
  'kept by hand': {
    given: withDns(given, (object) => {
      if (object.kind === 'Service') delete object.spec.selector;
    }),
    says: 'not-applicable',
  },
});
