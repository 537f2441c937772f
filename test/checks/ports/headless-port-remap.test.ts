import check from '../../../src/checks/ports/headless-port-remap.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', kind: 'StatefulSet' });
const headless = service({
  name: 'db',
  ports: [{ name: 'http', port: 80, targetPort: 'http' }],
  spec: { clusterIP: 'None' },
});
const api = (value: string) => workload({ name: 'api', container: { ports: [], env: [{ name: 'DB_URL', value }] } });
const from = 'demo/Deployment/api';

examples(check, {
  'the client calls the port of the Service': {
    given: cluster([...db, headless, ...api('http://db:80')]),
    from,
    says: {
      summary: ['DB_URL', 'http://db:80', 'headless', '8080'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['DB_URL=http://db:80', 'None: headless'],
    },
  },
  'the client calls the port of the Pods': {
    given: cluster([...db, headless, ...api('http://db:8080')]),
    from,
    says: 'passed',
  },
  'the scheme means the port of the Service': {
    given: cluster([...db, headless, ...api('http://db/api')]),
    from,
    says: { summary: ['port 80'], certainty: 'certain' },
  },
  'nobody is known to call': {
    given: cluster([...db, headless]),
    says: { summary: ['db is headless', '8080'], certainty: 'possible', impact: 'risks' },
  },
  'one number': {
    given: cluster([
      ...db,
      service({ name: 'db', ports: [{ port: 8080, targetPort: 'http' }], spec: { clusterIP: 'None' } }),
    ]),
    says: 'passed',
  },
  'with an address, by the name of the Service': {
    given: cluster([...db, service({ name: 'db' }), ...api('http://db:80')]),
    from,
    says: 'not-applicable',
  },
  'with an address, by the name of a Pod': {
    given: cluster([...db, service({ name: 'db' }), ...api('http://db-0.db:80')]),
    from,
    says: { summary: ['http://db-0.db:80', 'the name of a Pod'], certainty: 'certain' },
  },
  'the Pod listens on both': {
    given: cluster(
      [...db, headless, ...api('http://db:80')],
      db
        .filter((object): object is Pod => object.kind === 'Pod')
        .map(({ metadata }) => ({
          kind: 'Listeners',
          pod: { namespace: 'demo', name: metadata.name },
          sockets: [80, 8080].map((port) => ({ address: '0.0.0.0', port, protocol: 'TCP' })),
        })),
    ),
    from,
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
