import check from '../../../src/checks/routes/vendor-route-port.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = [
  ...workload({ name: 'db' }),
  service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 8080 }] }),
];
const openshift = (targetPort: string | number, to = 'db'): CustomObject => ({
  apiVersion: 'route.openshift.io/v1',
  kind: 'Route',
  metadata: { name: 'web', namespace: 'demo' },
  spec: { host: 'web.example.com', to: { kind: 'Service', name: to }, port: { targetPort } },
});
const traefik = (port: string | number, namespace?: string): CustomObject => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name: 'dash', namespace: namespace ? 'edge' : 'demo' },
  spec: {
    routes: [{ match: 'Host(`x`)', services: [{ name: 'db', port, ...(namespace ? { namespace } : {}) }] }],
  },
});

examples(check, {
  'a Route by a name that the Service does not have': {
    given: cluster([...db, openshift('8080-tcp')]),
    says: {
      summary: ['Route demo/web names port 8080-tcp of db', 'http 80/TCP'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['route/web spec.port.targetPort: 8080-tcp'],
    },
  },
  'a Route by its name': { given: cluster([...db, openshift('http')]), says: 'passed' },
  'a Route by the number of the Pods': { given: cluster([...db, openshift(8080)]), says: 'passed' },
  'a Route to another Service': { given: cluster([...db, openshift('8080-tcp', 'api')]), says: 'not-applicable' },
  'an IngressRoute with the port of the container': {
    given: cluster([...db, traefik(8080)]),
    says: { summary: ['IngressRoute demo/dash names port 8080 of db'], certainty: 'certain' },
  },
  'an IngressRoute from another namespace': {
    given: cluster([...db, traefik(3000, 'demo')]),
    says: { summary: ['IngressRoute edge/dash names port 3000'], certainty: 'certain' },
  },
  'an IngressRoute with the port of the Service': { given: cluster([...db, traefik(80)]), says: 'passed' },
  'an IngressRoute by the name of the port': { given: cluster([...db, traefik('http')]), says: 'passed' },
  'no such kinds': { given: cluster(db), says: 'not-applicable' },
});
