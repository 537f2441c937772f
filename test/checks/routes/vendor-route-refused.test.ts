import check from '../../../src/checks/routes/vendor-route-refused.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = [...workload({ name: 'db' }), service({ name: 'db' })];
const route = (name: string, conditions: readonly object[], host = 'db.apps.example.com'): CustomObject => ({
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { name, namespace: 'demo' },
  spec: { host, to: { kind: 'Service', name: 'db' }, port: { targetPort: 'http' } },
  status: { ingress: conditions.map((condition) => ({ host, routerName: 'default', conditions: [condition] })) },
});
const admitted = { type: 'Admitted', status: 'True' };
const claimed = {
  type: 'Admitted',
  status: 'False',
  reason: 'HostAlreadyClaimed',
  message: 'route old already exposes db.apps.example.com and is older',
};
const proxy = (status: Record<string, unknown>): CustomObject => ({
  apiVersion: 'projectcontour.io/v1',
  kind: 'HTTPProxy',
  metadata: { name: 'db', namespace: 'demo' },
  spec: { virtualhost: { fqdn: 'db.example.com' }, routes: [{ services: [{ name: 'db', port: 80 }] }] },
  status,
});

examples(check, {
  'the host belongs to an older Route': {
    given: cluster([...db, route('new', [claimed])]),
    says: {
      summary: ['Route demo/new is not admitted: HostAlreadyClaimed'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.host: db.apps.example.com'],
    },
  },
  'an older Route of the same Service still serves it': {
    given: cluster([...db, route('old', [admitted]), route('new', [claimed])]),
    says: { summary: ['demo/new'], certainty: 'certain', impact: 'degrades', evidence: ['route/old spec.host'] },
  },
  'an HTTPProxy that Contour calls invalid': {
    given: cluster([...db, proxy({ currentStatus: 'invalid', description: 'Secret not found: tls' })]),
    says: { summary: ['HTTPProxy demo/db is not admitted: invalid, Secret not found'], certainty: 'certain' },
  },
  'an HTTPProxy that is served': { given: cluster([...db, proxy({ currentStatus: 'valid' })]), says: 'passed' },
  'an admitted Route': { given: cluster([...db, route('web', [admitted])]), says: 'passed' },
  'one of two routers takes it': { given: cluster([...db, route('web', [claimed, admitted])]), says: 'passed' },
  'a Route no router has looked at': { given: cluster([...db, route('web', [])]), says: 'passed' },
  'no such kinds': { given: cluster(db), says: 'not-applicable' },
});
