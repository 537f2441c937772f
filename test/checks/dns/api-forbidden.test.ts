import check from '../../../src/checks/dns/api-forbidden.ts';
import { healthy, logOf, withDnsPods, withObservations } from '../../kit/dns.ts';
import { objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const waiting = withDnsPods(given, {
  containerStatuses: [
    {
      name: 'coredns',
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-03-02T09:00:20Z' } },
    },
  ],
});
const line =
  'E0302 reflector.go:127] pkg/mod/k8s.io/client-go: Failed to watch *v1.EndpointSlice: failed to list *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:kube-system:coredns" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope';
const role = (resources: string) =>
  objectsIn(`
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: system:coredns }
rules:
- { apiGroups: [''], resources: [endpoints, services, pods, namespaces], verbs: [list, watch] }
- { apiGroups: [discovery.k8s.io], resources: [${resources}], verbs: [list, watch] }
`);

examples(check, {
  'the log says forbidden': {
    given: withObservations(waiting, logOf(waiting, line, false)),
    says: {
      summary: ['endpointslices.discovery.k8s.io', 'forbidden'],
      certainty: 'certain',
      evidence: ['system:serviceaccount:kube-system:coredns'],
    },
  },
  'the ClusterRole lacks EndpointSlices': {
    given: { ...waiting, objects: [...waiting.objects, ...role('somethings')] },
    says: {
      summary: ['endpointslices.discovery.k8s.io'],
      certainty: 'certain',
      evidence: ['clusterrole/system:coredns rules'],
    },
  },
  'the ClusterRole has them': {
    given: { ...waiting, objects: [...waiting.objects, ...role('endpointslices')] },
    says: 'passed',
  },
  'it serves, and complains': {
    given: withObservations(given, logOf(given, line, false)),
    says: { summary: ['endpointslices.discovery.k8s.io'], certainty: 'likely' },
  },
  'a refused token': {
    given: withObservations(
      waiting,
      logOf(
        waiting,
        '[ERROR] plugin/kubernetes: Failed to watch *v1.Service: failed to list *v1.Service: Unauthorized',
        false,
      ),
    ),
    says: { summary: ['Unauthorized'], certainty: 'certain' },
  },
});
