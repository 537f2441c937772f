import check from '../../../src/checks/mesh/server-first-permissive.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, peerAuthentication } from '../../kit/mesh.ts';

const target = 'shop/db';
const from = 'plain/Deployment/report';
const container = { image: 'mysql:8.4', ports: [{ containerPort: 3306 }] };
const of = service({ namespace: 'shop', name: 'db', ports: [{ name: 'tcp-mysql', port: 3306 }] });
const db = [...meshed({ namespace: 'shop', name: 'db', container }), of];
const report = workload({ namespace: 'plain', name: 'report' });
const mode = (value: string) => peerAuthentication('istio-system', 'default', { mtls: { mode: value } });

examples(check, {
  'nothing is said, and the client is outside': {
    target,
    from,
    given: cluster([...db, ...report]),
    says: { summary: ['MySQL', 'PERMISSIVE', 'plain/report', 'no sidecar'], certainty: 'likely', impact: 'breaks' },
  },
  'a server of the company’s own, told by the variable of the client': {
    target,
    from,
    given: cluster([
      ...meshed({
        namespace: 'shop',
        name: 'db',
        container: { image: 'registry.example.com/orders-db:7', ports: [{ containerPort: 13306 }] },
      }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'tcp-db', port: 13306 }] }),
      ...workload({
        namespace: 'plain',
        name: 'report',
        container: { env: [{ name: 'MYSQL_HOST', value: 'db.shop' }] },
      }),
    ]),
    says: { summary: ['MySQL', 'PERMISSIVE'], certainty: 'likely' },
  },
  'PERMISSIVE is said': {
    target,
    from,
    given: cluster([...db, ...report, mode('PERMISSIVE')]),
    says: {
      summary: ['PERMISSIVE'],
      certainty: 'likely',
      evidence: ['peerauthentication/default spec.mtls.mode: PERMISSIVE'],
    },
  },
  'the port is an exception': {
    target,
    from,
    given: cluster([
      ...db,
      ...report,
      peerAuthentication('shop', 'db', {
        selector: { matchLabels: { app: 'db' } },
        portLevelMtls: { 3306: { mode: 'DISABLE' } },
      }),
    ]),
    says: 'passed',
  },
  'the client has a sidecar': {
    target,
    from,
    given: cluster([...db, ...meshed({ namespace: 'plain', name: 'report' })]),
    says: 'passed',
  },
  'the client speaks first': {
    target,
    from,
    given: cluster([
      ...meshed({
        namespace: 'shop',
        name: 'db',
        container: { image: 'postgres:18', ports: [{ containerPort: 5432 }] },
      }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'tcp-postgres', port: 5432 }] }),
      ...report,
    ]),
    says: 'passed',
  },
  'the server has no sidecar': {
    target,
    from,
    given: cluster([...workload({ namespace: 'shop', name: 'db', container }), of, ...report]),
    says: 'not-applicable',
  },
  'namespaces count: the client is in ambient mode': {
    target,
    from,
    given: cluster([
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'plain', labels: { 'istio.io/dataplane-mode': 'ambient' } },
      },
      ...db,
      ...report,
    ]),
    says: 'passed',
  },
});
