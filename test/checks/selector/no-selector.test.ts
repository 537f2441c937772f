import check from '../../../src/checks/selector/no-selector.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';

const db = workload({ name: 'db' });
const bare = service({ name: 'db', selector: null });
const endpoints = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'db', namespace: 'demo' } } as KubeObject;

examples(check, {
  'forgotten beside a Deployment of the same name': {
    given: cluster([...db, bare]),
    says: {
      summary: ['service/db', 'deployment/db', 'app=db'],
      certainty: 'certain',
      evidence: ['service/db spec.selector: absent'],
    },
  },
  'Patroni keeps its own Endpoints': { given: cluster([...db, bare, endpoints]), says: 'passed' },
  'a hand-made slice': {
    given: cluster([
      ...db,
      bare,
      {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: { name: 'db-1', namespace: 'demo', labels: { 'kubernetes.io/service-name': 'db' } },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.7'] }],
        ports: [{ name: 'http', port: 5432 }],
      } as KubeObject,
    ]),
    says: 'passed',
  },
  'nothing of that name': { given: cluster([...workload({ name: 'web' }), bare]), says: 'passed' },
  'with a selector': { given: cluster([...db, service({ name: 'db' })]), says: 'not-applicable' },
  'an alias': {
    given: cluster([
      service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.example.com' } }),
    ]),
    says: 'not-applicable',
  },
});
