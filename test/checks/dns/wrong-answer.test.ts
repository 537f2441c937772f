import check from '../../../src/checks/dns/wrong-answer.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import type { Service } from '../../../src/k8s/objects.ts';
import { healthy, resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
type Asked = Partial<Omit<Lookup, 'kind'>>;
const lookup = (name: string, outcome: Lookup['outcome'], rest: Asked = {}): Lookup => ({
  kind: 'Lookup',
  from: { portForward: true },
  server: { clusterDNS: true },
  transport: 'tcp',
  type: 'A',
  name,
  outcome,
  ...rest,
});

const given = healthy();
const address = (stack.find(({ kind }) => kind === 'Service') as Service).spec.clusterIP ?? '';
const name = 'db.demo.svc.cluster.local';
const a = (data: string): Asked => ({ answers: [{ type: 'A', data }] });
const headless = cluster([
  ...workload({ name: 'db' }),
  service({ name: 'db', spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
]);

examples(check, {
  'its clusterIP': { given: withObservations(given, lookup(name, 'NOERROR', a(address))), from, says: 'passed' },
  'another address': {
    given: withObservations(given, lookup(name, 'NOERROR', a('203.0.113.7'))),
    from,
    says: { summary: [name, '203.0.113.7', address], certainty: 'certain' },
  },
  'NXDOMAIN where other names resolve': {
    given: withObservations(given, lookup(name, 'NXDOMAIN'), lookup('kubernetes.default.svc.cluster.local', 'NOERROR')),
    from,
    says: { summary: ['NXDOMAIN', address], certainty: 'certain' },
  },
  'NXDOMAIN for AAAA alone': {
    given: withObservations(given, lookup(name, 'NOERROR', a(address)), lookup(name, 'NXDOMAIN', { type: 'AAAA' })),
    from,
    says: {
      summary: ['answers the A question', 'NXDOMAIN to the AAAA question'],
      certainty: 'certain',
      impact: 'degrades',
    },
  },
  'NXDOMAIN for a candidate of the search list': {
    given: withObservations(given, lookup('db.svc.cluster.local', 'NXDOMAIN'), lookup(name, 'NOERROR', a(address))),
    from,
    says: 'passed',
  },
  'no IPv6': {
    given: withObservations(given, lookup(name, 'NOERROR', { type: 'AAAA', answers: [] })),
    from,
    says: 'passed',
  },
  'a headless one: a Pod that is gone': {
    given: withObservations(headless, lookup(name, 'NOERROR', a('10.244.9.9'))),
    says: { summary: ['10.244.9.9'], certainty: 'certain' },
  },
  'another cluster domain': {
    given: withObservations(
      given,
      resolvConf(given, 'search demo.svc.k8s.lan svc.k8s.lan k8s.lan\n'),
      lookup('db.demo.svc.k8s.lan', 'NOERROR', a('203.0.113.7')),
    ),
    from,
    says: { summary: ['203.0.113.7'], certainty: 'certain' },
  },
  'an alias': {
    given: withObservations(
      cluster([
        service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.example.com' } }),
      ]),
      lookup(name, 'NOERROR', a('203.0.113.7')),
    ),
    says: 'not-applicable',
  },
});
