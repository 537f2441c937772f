import check from '../../../src/checks/routes/vendor-route-backend-missing.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = [...workload({ name: 'db' }), service({ name: 'db' })];
const openshift = (to: string): CustomObject => ({
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { name: 'web', namespace: 'demo' },
  spec: { host: 'web.example.com', to: { kind: 'Service', name: to } },
});
const traefik = (name: string, kind = 'Service'): CustomObject => ({
  apiVersion: 'traefik.containo.us/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'web', namespace: 'demo' },
  spec: { routes: [{ match: 'Host(`web.example.com`)', services: [{ name, kind, port: 80 }] }] },
});

examples(check, {
  'a Route to a name that nobody has': {
    given: cluster([...db, openshift('db-svc')]),
    says: {
      summary: ['Route demo/web sends to Service db-svc, which does not exist', 'db does'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['route/web spec.to.name: db-svc', 'service/db metadata.name: db'],
    },
  },
  'an IngressRoute to the Service that is asked about and missing': {
    given: cluster([...db, traefik('cache')]),
    target: 'demo/cache',
    says: { summary: ['IngressRoute demo/web sends to Service cache'], certainty: 'certain' },
  },
  'an IngressRoute with a slip': {
    given: cluster([...db, traefik('dbs')]),
    says: { summary: ['sends to Service dbs', 'db does'], certainty: 'certain' },
  },
  'a TraefikService is no Service': {
    given: cluster([...db, traefik('db-svc', 'TraefikService')]),
    says: 'not-applicable',
  },
  'another name that is not near': { given: cluster([...db, openshift('grafana')]), says: 'passed' },
  'a Route to it': { given: cluster([...db, openshift('db')]), says: 'passed' },
  'no such kinds': { given: cluster(db), says: 'not-applicable' },
});
