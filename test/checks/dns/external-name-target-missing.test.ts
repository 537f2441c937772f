import check from '../../../src/checks/dns/external-name-target-missing.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import type { Service, ServicePort } from '../../../src/k8s/objects.ts';
import { kubeletConfig, resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const alias = (externalName: string, ports: readonly ServicePort[] = [], name = 'db', namespace = 'demo') =>
  service({ name, namespace, selector: null, ports, spec: { type: 'ExternalName', externalName } });
const plain = (spec: Service) =>
  change(spec, (draft) => {
    delete draft.spec.clusterIP;
    delete draft.spec.clusterIPs;
  });
const external = (...given: Parameters<typeof alias>) => plain(alias(...given));

const postgres = [
  ...workload({ name: 'postgres', namespace: 'prod' }),
  service({ name: 'postgres', namespace: 'prod' }),
];
const asked = (name: string, outcome: 'NXDOMAIN' | 'NOERROR') =>
  ({
    kind: 'Lookup',
    from: { portForward: true },
    server: { clusterDNS: true },
    transport: 'tcp',
    name,
    type: 'A',
    outcome,
  }) as const;

examples(check, {
  'a Service of another namespace': {
    given: cluster([external('postgres.prod.svc.cluster.local'), ...postgres]),
    says: 'passed',
  },
  'a host outside': { given: cluster([external('db.example.com')]), says: 'passed' },
  'a Service that nobody made': {
    given: cluster([external('postgres.prod.svc.cluster.local')]),
    says: {
      summary: ['postgres.prod.svc.cluster.local', 'no Service postgres in namespace prod'],
      certainty: 'certain',
    },
  },
  'a Service that is elsewhere': {
    given: cluster([external('postgres.staging.svc.cluster.local'), ...postgres]),
    says: { summary: ['no Service postgres in namespace staging, but one in prod'], certainty: 'certain' },
  },
  'a Service that was renamed': {
    given: cluster([external('postgres.prod.svc.cluster.local'), service({ name: 'postgres-v2', namespace: 'prod' })]),
    says: {
      summary: ['no Service postgres in namespace prod, but postgres-v2'],
      certainty: 'certain',
      evidence: ['service/postgres-v2 metadata.name: postgres-v2 in namespace prod'],
    },
  },
  'a short name': {
    given: cluster([external('postgres.prod'), ...postgres]),
    says: { summary: ['postgres.prod', 'no full name'], certainty: 'certain' },
  },
  'short, with svc': {
    given: cluster([external('postgres.prod.svc'), ...postgres]),
    says: { summary: ['no full name'], certainty: 'certain' },
  },
  'another cluster domain': {
    given: cluster([
      external('postgres.prod.svc.cluster.local'),
      ...postgres,
      kubeletConfig('clusterDomain: corp.internal\n'),
    ]),
    says: { summary: ['ends in cluster.local', 'cluster domain is corp.internal'], certainty: 'certain' },
  },
  'another cluster domain, as a client searches it': {
    given: withObservations(
      cluster([external('postgres.prod.svc.cluster.local'), ...postgres, ...stack.slice(-3)]),
      resolvConf(cluster(stack), 'search demo.svc.k8s.lan svc.k8s.lan k8s.lan\n'),
    ),
    says: { summary: ['cluster domain is k8s.lan'], certainty: 'certain' },
  },
  'a URL': {
    given: cluster([external('https://api.example.com/v1')]),
    says: { summary: ['https://api.example.com/v1', 'no host name'], certainty: 'certain' },
  },
  'a port': {
    given: cluster([external('db.example.com:5432')]),
    says: { summary: ['no host name'], certainty: 'certain' },
  },
  itself: {
    given: cluster([external('db.demo.svc.cluster.local')]),
    says: { summary: ['is the Service itself'], certainty: 'certain' },
  },
  'a circle of two': {
    given: cluster([external('store.demo.svc.cluster.local'), external('db.demo.svc.cluster.local', [], 'store')]),
    says: { summary: ['leads back to db'], certainty: 'certain' },
  },
  'a chain that ends well': {
    given: cluster([external('store.demo.svc.cluster.local'), external('db.example.com', [], 'store')]),
    says: 'passed',
  },
  'a host that was seen not to exist': {
    given: withObservations(cluster([external('db.exmaple.com')]), asked('db.exmaple.com.', 'NXDOMAIN')),
    says: { summary: ['db.exmaple.com', 'NXDOMAIN'], certainty: 'certain' },
  },
  'a host that was seen to exist': {
    given: withObservations(cluster([external('db.example.com')]), asked('db.example.com.', 'NOERROR')),
    says: 'passed',
  },
  'no alias at all': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'not-applicable' },
});
