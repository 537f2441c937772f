import check from '../../../src/checks/ports/named-port-missing-in-some-pods.ts';
import type { ContainerPort, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const rates = (version: string, ports: readonly ContainerPort[]) =>
  workload({ name: `rates-${version}`, labels: { app: 'db', version }, container: { ports } });
const http = service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 'http' }] });
const v1 = rates('v1', [{ name: 'http', containerPort: 8080 }]);

examples(check, {
  'version 2 calls it web': {
    given: cluster([...v1, ...rates('v2', [{ name: 'web', containerPort: 8080 }]), http]),
    says: {
      summary: ['1 of 2 Pods', 'deployment/rates-v2', 'named http but web'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['web 8080/TCP', 'ports: none, for 1 addresses'],
    },
  },
  'version 2 calls it so too': {
    given: cluster([...v1, ...rates('v2', [{ name: 'http', containerPort: 9090 }]), http]),
    says: 'passed',
  },
  'version 2 declares it for UDP': {
    given: cluster([...v1, ...rates('v2', [{ name: 'http', containerPort: 8080, protocol: 'UDP' }]), http]),
    says: { summary: ['TCP port named http'], certainty: 'certain' },
  },
  'a bare Pod declares nothing': {
    given: cluster([...v1, pod({ name: 'shell', labels: { app: 'db' } }), http]),
    says: { summary: ['pod/shell'], certainty: 'certain' },
  },
  'an old Pod, while its template has the name': {
    given: cluster([
      ...v1,
      ...v1
        .filter(({ kind }) => kind === 'Pod')
        .map((object) =>
          change(object as Pod, (draft) => {
            draft.metadata.name = 'rates-v1-old';
            draft.spec.containers = [{ name: 'rates-v1', ports: [{ name: 'web', containerPort: 8080 }] }];
            if (draft.status) draft.status.podIPs = [{ ip: '10.244.3.3' }];
          }),
        ),
      http,
    ]),
    says: { summary: ['1 of 2 Pods'], certainty: 'certain', impact: 'risks' },
  },
  'all alike': { given: cluster([...v1, http]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
