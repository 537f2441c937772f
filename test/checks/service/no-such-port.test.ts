import check from '../../../src/checks/service/no-such-port.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', container: { ports: [{ name: 'pg', containerPort: 5432 }] } });
const given = cluster([...db, service({ name: 'db', ports: [{ port: 80, targetPort: 'pg' }] })]);
const headless = cluster([
  ...db,
  service({ name: 'db', ports: [{ port: 80, targetPort: 'pg' }], spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
]);

examples(check, {
  'the port of its Pods': {
    given,
    target: 'http://db.demo:5432',
    says: { summary: ['no port 5432, only 80', '5432 is its Pods’ own'], certainty: 'certain', impact: 'breaks' },
  },
  'its own port, by its scheme': { given, target: 'http://db.demo', says: 'passed' },
  'its own port, in a host and port': { given, target: 'db.demo.svc.cluster.local:80', says: 'passed' },
  'another port altogether': { given, target: 'demo/db:81', says: { summary: ['no port 81'], certainty: 'certain' } },
  'no port was asked for': { given, target: 'demo/db', says: 'not-applicable' },
  'the Pods’ own port of a headless one': { given: headless, target: 'db.demo:5432', says: 'passed' },
});
