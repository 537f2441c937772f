import type { KubeObject, Pod } from '../../src/k8s/objects.ts';
import { change, cluster, dns, service, unready, workload } from '../kit/cluster.ts';
import { scenario } from '../kit/scenario.ts';

/** Two independent faults in one target: both are told, neither is taken for a consequence of the other, in packet order. */

const from = { from: 'demo/Deployment/api' };
const db = workload({ name: 'db' });
const clientOf = (url: string, spec = {}) =>
  workload({ name: 'api', spec, container: { env: [{ name: 'DB_URL', value: url }] } });
const policy = (name: string, spec: object): KubeObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'demo' },
    spec,
  }) as KubeObject;
const strangersOnly = policy('db-only', {
  podSelector: { matchLabels: { app: 'db' } },
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: { matchLabels: { role: 'admin' } } }] }],
});
const crashingDns = dns().map((object) =>
  object.kind === 'Pod'
    ? change(unready(object as Pod), (pod) => {
        for (const status of pod.status?.containerStatuses ?? []) {
          Object.assign(status, {
            restartCount: 9,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
            lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-03-02T09:58:00Z' } },
          });
        }
      })
    : object,
);

scenario(
  'the client asks for the wrong port, and the selector has a typo',
  cluster([...db, service({ name: 'db', selector: { app: 'dbx' } }), ...clientOf('http://db:8080')]),
  ['client/container-port', 'selector/no-matching-pods'],
  from,
);

scenario(
  'the client’s name has the wrong namespace, and the named port is missing',
  cluster([
    ...db,
    service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 'web' }] }),
    ...clientOf('http://db.prod.svc.cluster.local'),
  ]),
  ['name/wrong-namespace', 'ports/named-port-unresolved'],
  from,
);

scenario(
  'CoreDNS crashes, and the selector has a typo',
  cluster([...crashingDns, ...db, service({ name: 'db', selector: { app: 'dbx' } }), ...clientOf('http://db')]),
  ['dns/pods-crash', 'selector/no-matching-pods'],
  from,
);

scenario(
  'the client uses the node’s resolver, and a policy keeps it out',
  cluster([...db, service({ name: 'db' }), ...clientOf('http://db', { dnsPolicy: 'Default' }), strangersOnly]),
  ['dns/node-resolver', 'policy/ingress-blocked'],
  from,
);

scenario(
  'the named port is missing, and a policy keeps the client out of the other one',
  cluster([
    ...db,
    service({
      name: 'db',
      ports: [
        { name: 'http', port: 80, targetPort: 8080 },
        { name: 'admin', port: 81, targetPort: 'admin' },
      ],
    }),
    ...clientOf('http://db'),
    strangersOnly,
  ]),
  ['policy/ingress-blocked', 'ports/named-port-unresolved'],
  from,
);

scenario(
  'a policy keeps the client out, and no endpoint is on its node',
  cluster([
    ...workload({ name: 'db', nodes: ['node-a'] }),
    service({ name: 'db', spec: { internalTrafficPolicy: 'Local' } }),
    ...workload({ name: 'api', nodes: ['node-b'], container: { env: [{ name: 'DB_URL', value: 'http://db' }] } }),
    strangersOnly,
  ]),
  ['policy/ingress-blocked', 'dataplane/internal-traffic-policy-local'],
  from,
);

scenario(
  'the client says localhost, and the database cannot pull its image',
  cluster([
    ...workload({ name: 'db', container: { ports: [{ containerPort: 5432 }] } }).map((object) =>
      object.kind === 'Pod'
        ? change(unready(object as Pod), (pod) => {
            for (const status of pod.status?.containerStatuses ?? []) {
              Object.assign(status, {
                started: false,
                state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } },
              });
            }
          })
        : object,
    ),
    service({ name: 'db', ports: [{ port: 5432, targetPort: 5432 }] }),
    ...clientOf('postgres://localhost:5432/app'),
  ]),
  ['endpoints/image-pull', 'client/localhost'],
  from,
);

scenario(
  'the selector has a typo, and the Ingress asks for a port that the Service lacks',
  cluster([
    ...db,
    service({ name: 'db', selector: { app: 'dbx' } }),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'k8s.io/ingress-nginx' },
    } as KubeObject,
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'edge', namespace: 'demo' },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: 'db.example.com',
            http: {
              paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'db', port: { number: 8080 } } } }],
            },
          },
        ],
      },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
    } as KubeObject,
  ]),
  ['selector/no-matching-pods', 'routes/ingress-port'],
);
