import check from '../../../src/checks/client/localhost.ts';
import { service, workload } from '../../kit/cluster.ts';
import { caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/postgres';
const redis = [
  ...workload({ name: 'session-store', container: { image: 'redis:7', ports: [] } }),
  service({ name: 'session-store', ports: [{ port: 6379, targetPort: 6379 }] }),
];

examples(check, {
  'host and port in two variables': {
    ...caller({ DB_HOST: 'localhost', DB_PORT: '5432' }, postgres),
    target,
    says: {
      summary: ['DB_HOST', 'localhost', '5432', 'postgres'],
      certainty: 'likely',
      evidence: ['DB_HOST=localhost', 'DB_PORT=5432', 'deployment/gateway containers: gateway; declared ports: none'],
    },
  },
  'a connection string': {
    ...caller({ DATABASE_URL: 'postgresql://app:pw@127.0.0.1:5432/app' }, postgres),
    target,
    says: {
      summary: ['DATABASE_URL', '127.0.0.1'],
      certainty: 'likely',
      evidence: ['postgresql://***@127.0.0.1:5432/app'],
    },
  },
  'no port, but a key that speaks of it': {
    ...caller({ POSTGRES_HOST: 'localhost' }, postgres),
    target,
    says: { summary: ['POSTGRES_HOST'], certainty: 'likely' },
  },
  'the machine of a developer': {
    ...caller({ DB_HOST: 'host.docker.internal' }, postgres),
    target,
    says: { summary: ['host.docker.internal', 'developer'], certainty: 'likely' },
  },
  'a telling port under a strange key': {
    ...caller({ SESSION_URL: 'redis://localhost:6379/0' }, redis),
    target: 'demo/session-store',
    says: { summary: ['localhost:6379', 'session-store'], certainty: 'likely' },
  },
  'a properties file in a ConfigMap': {
    ...caller(
      {},
      [
        ...postgres,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'app', namespace: 'demo' },
          data: {
            'application.yml':
              'spring:\n  datasource:\n    # moved from compose\n    url: jdbc:postgresql://localhost:5432/app\n',
          },
        } as never,
      ],
      { volumeMounts: [{ name: 'conf', mountPath: '/config' }] },
      { volumes: [{ name: 'conf', configMap: { name: 'app' } }] },
    ),
    target,
    says: {
      summary: ['spring.datasource.url', 'localhost'],
      certainty: 'likely',
      evidence: [
        'configmap/app data.application.yml line 4: spring.datasource.url=jdbc:postgresql://localhost:5432/app',
      ],
    },
  },
  'a front end that passes on to localhost': {
    ...caller({ REACT_APP_API_URL: 'http://localhost:3000' }, [
      ...workload({ name: 'orders' }),
      service({ name: 'orders', ports: [{ port: 3000, targetPort: 3000 }] }),
    ]),
    target: 'demo/orders',
    says: { summary: ['REACT_APP_API_URL', 'orders'], certainty: 'likely' },
  },
  'the network of the node': {
    ...caller({ DB_HOST: 'localhost' }, postgres, {}, { hostNetwork: true }),
    target,
    says: 'not-applicable',
  },
  'its own public address': {
    ...caller({ APP_URL: 'http://localhost:3000' }, [
      ...workload({ name: 'orders' }),
      service({ name: 'orders', ports: [{ port: 3000, targetPort: 3000 }] }),
    ]),
    target: 'demo/orders',
    says: 'passed',
  },
  'a container of the Pod that serves the port': {
    ...caller(
      { DB_HOST: 'localhost', DB_PORT: '5432' },
      postgres,
      {},
      {
        initContainers: [{ name: 'sql', restartPolicy: 'Always', ports: [{ containerPort: 5432 }] }],
      },
    ),
    target,
    says: 'passed',
  },
  'a sidecar that brings the database near': {
    ...caller(
      { DB_HOST: '127.0.0.1', DB_PORT: '5432' },
      postgres,
      {},
      {
        initContainers: [
          { name: 'cloud-sql-proxy', image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2', restartPolicy: 'Always' },
        ],
      },
    ),
    target,
    says: 'passed',
  },
  'where the client itself listens': {
    ...caller({ HOST: '0.0.0.0', LISTEN_ADDR: '127.0.0.1:5432', SERVER_HOST: 'localhost' }, postgres),
    target,
    says: 'passed',
  },
  'another product on localhost': {
    ...caller({ REDIS_HOST: 'localhost', REDIS_PORT: '6379' }, postgres),
    target,
    says: 'passed',
  },
  'localhost for tests, the Service for real': {
    ...caller({ DB_HOST: 'postgres', TEST_DB_HOST: 'localhost' }, postgres),
    target,
    says: 'passed',
  },
  'the server’s own Pods': { ...caller({}, postgres), target, from: 'demo/deploy/postgres', says: 'not-applicable' },
});
