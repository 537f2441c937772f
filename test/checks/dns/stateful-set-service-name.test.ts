import check from '../../../src/checks/dns/stateful-set-service-name.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const headless = (name: string) =>
  service({
    name,
    selector: { app: 'db' },
    ports: [{ port: 5432 }],
    spec: { clusterIP: 'None', clusterIPs: ['None'] },
  });
const set = (serviceName: string, replicas = 2) =>
  workload({ kind: 'StatefulSet', name: 'db', replicas, workloadSpec: { serviceName } });
const api = (host: string) => workload({ name: 'api', container: { env: [{ name: 'DB_HOST', value: host }] } });

const renamed = cluster([...set('release'), headless('db'), ...api('db-0.db')]);

examples(check, {
  'the governing Service': { given: cluster([...set('db'), headless('db'), ...api('db-0.db')]), from, says: 'passed' },
  'serviceName names nobody': {
    given: renamed,
    from,
    says: {
      summary: ['db-0.db', 'serviceName "release"', 'no Service'],
      certainty: 'certain',
      evidence: ['statefulset/db spec.serviceName: release', 'spec.subdomain: release'],
    },
  },
  'no client is known, and the Service is headless': {
    given: cluster([...set('release'), headless('db')]),
    says: { summary: ['db-0.db', 'release'], certainty: 'likely', impact: 'risks' },
  },
  'a second Service for clients': {
    given: cluster([...set('db-headless'), headless('db-headless'), service({ name: 'db' }), ...api('db')]),
    from,
    says: 'passed',
  },
  'and a client that mixes them up': {
    given: cluster([
      ...set('db-headless'),
      headless('db-headless'),
      service({ name: 'db' }),
      ...api('db-0.db.demo.svc.cluster.local'),
    ]),
    from,
    says: { summary: ['db-0.db.demo.svc.cluster.local', 'serviceName "db-headless"'], certainty: 'certain' },
  },
  'its own members ask for each other': {
    given: cluster([
      ...workload({
        kind: 'StatefulSet',
        name: 'db',
        replicas: 2,
        workloadSpec: { serviceName: 'release' },
        container: { args: ['--peers=http://db-0.db:2380,http://db-1.db:2380'] },
      }),
      headless('db'),
    ]),
    says: { summary: ['db-0.db', 'release'], certainty: 'certain' },
  },
  'a lookup found nothing': {
    given: withObservations(cluster([...set('release'), service({ name: 'db' }), ...api('db')]), {
      kind: 'Lookup',
      from: { portForward: true },
      server: { clusterDNS: true },
      transport: 'tcp',
      name: 'db-0.db.demo.svc.cluster.local',
      type: 'A',
      outcome: 'NXDOMAIN',
    }),
    from,
    says: { summary: ['db-0.db.demo.svc.cluster.local', 'release'], certainty: 'certain' },
  },
  'a Deployment': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'not-applicable' },
});
