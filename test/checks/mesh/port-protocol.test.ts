import check from '../../../src/checks/mesh/port-protocol.ts';
import type { ServicePort } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, virtualService } from '../../kit/mesh.ts';

const target = 'shop/db';
const stack = (image: string, containerPort: number, port: Partial<ServicePort>, container: object = {}) => [
  ...meshed({ namespace: 'shop', name: 'db', container: { image, ports: [{ containerPort }], ...container } }),
  service({ namespace: 'shop', name: 'db', ports: [{ port: containerPort, ...port }] }),
];
const routes = virtualService('shop', 'db', { hosts: ['db'], http: [{ route: [{ destination: { host: 'db' } }] }] });

examples(check, {
  'a database behind a port called http': {
    target,
    given: cluster(stack('redis:8.2', 6379, { name: 'http-redis' })),
    says: { summary: ['http-redis', 'HTTP', 'Redis'], certainty: 'likely', impact: 'breaks', evidence: ['redis:8.2'] },
  },
  'appProtocol wins over the name': {
    target,
    given: cluster(stack('postgres:18', 5432, { name: 'tcp-postgres', appProtocol: 'http' })),
    says: { summary: ['appProtocol http', 'PostgreSQL'], certainty: 'likely' },
  },
  'MySQL on a port that Istio guesses': {
    target,
    given: cluster(stack('mysql:9.4', 3306, { port: 3307, targetPort: 3306, name: 'db' })),
    says: { summary: ['server-first', 'MySQL'], certainty: 'likely', impact: 'breaks' },
  },
  'an unnamed port for SMTP': {
    target,
    given: cluster(stack('axllent/mailpit:v1.27', 1025, {})),
    says: { summary: ['SMTP', 'names no protocol'], certainty: 'likely' },
  },
  'a proxy of MySQL on a port whose name tells nothing': {
    target,
    given: cluster(stack('proxysql/proxysql:2.6.5', 6033, { name: 'proxy' })),
    says: { summary: ['names no protocol (name proxy)', 'MySQL'], certainty: 'likely', impact: 'breaks' },
  },
  'a mirror of MySQL, told by the client': {
    target,
    from: 'shop/Deployment/api',
    given: cluster([
      ...stack('registry.example.com/orders-db:7', 13306, { name: 'db' }),
      ...meshed({
        namespace: 'shop',
        name: 'api',
        container: { env: [{ name: 'DB_URL', value: 'mysql://db:13306/shop' }] },
      }),
    ]),
    says: { summary: ['MySQL', 'server-first'], certainty: 'likely' },
  },
  'the same, told by the name of its variable': {
    target,
    from: 'shop/Deployment/api',
    given: cluster([
      ...stack('registry.example.com/orders-db:7', 13306, { name: 'db' }),
      ...meshed({ namespace: 'shop', name: 'api', container: { env: [{ name: 'MYSQL_HOST', value: 'db' }] } }),
    ]),
    says: { summary: ['MySQL', 'server-first'], certainty: 'likely' },
  },
  'a page of statistics about MySQL': {
    target,
    given: cluster(stack('registry.example.com/stats:7', 9104, { name: 'mysql-metrics' })),
    says: 'passed',
  },
  'https:// on a port called http-web': {
    target,
    from: 'shop/Deployment/api',
    given: cluster([
      ...meshed({
        namespace: 'shop',
        name: 'db',
        container: { image: 'hashicorp/vault:1.20', ports: [{ name: 'https', containerPort: 8200 }] },
      }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'http-web', port: 443, targetPort: 8200 }] }),
      ...meshed({
        namespace: 'shop',
        name: 'api',
        container: { env: [{ name: 'VAULT_ADDR', value: 'https://db:443' }] },
      }),
    ]),
    says: { summary: ['name http-web', 'speak HTTPS (TLS)'], certainty: 'likely', impact: 'breaks' },
  },
  'http:// on a port called http-web': {
    target,
    from: 'shop/Deployment/api',
    given: cluster([
      ...stack('registry.example.com/web:2', 8080, { name: 'http-web', port: 80, targetPort: 8080 }),
      ...meshed({ namespace: 'shop', name: 'api', container: { env: [{ name: 'WEB_URL', value: 'http://db' }] } }),
    ]),
    says: 'passed',
  },
  'only the client has a sidecar': {
    target,
    from: 'shop/Deployment/api',
    given: cluster([
      ...workload({
        namespace: 'shop',
        name: 'db',
        container: { image: 'mongo:8', ports: [{ containerPort: 27017 }] },
      }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'http', port: 27017 }] }),
      ...meshed({ namespace: 'shop', name: 'api' }),
    ]),
    says: { summary: ['MongoDB'], certainty: 'likely' },
  },
  'HTTPS behind a port called http': {
    target,
    given: cluster(
      stack(
        'registry.example.com/web:3',
        8443,
        { name: 'http' },
        { readinessProbe: { httpGet: { port: 8443, scheme: 'HTTPS' } } },
      ),
    ),
    says: { summary: ['speak HTTPS'], certainty: 'likely', impact: 'breaks' },
  },
  'gRPC behind a port called http': {
    target,
    given: cluster(
      stack('registry.example.com/quotes:3', 9000, { name: 'http' }, { readinessProbe: { grpc: { port: 9000 } } }),
    ),
    says: { summary: ['HTTP/1.1', 'gRPC'], certainty: 'likely', impact: 'breaks' },
  },
  'HTTP routes for a port called tcp': {
    target,
    given: cluster([
      ...stack(
        'registry.example.com/web:3',
        8080,
        { name: 'tcp-web' },
        { readinessProbe: { httpGet: { port: 8080 } } },
      ),
      routes,
    ]),
    says: { summary: ['tcp-web', 'VirtualService db', 'ignored'], certainty: 'certain', impact: 'degrades' },
  },
  'gRPC behind a port called tcp': {
    target,
    given: cluster(stack('registry.example.com/quotes:3', 9000, { name: 'tcp-grpc' })),
    says: { summary: ['gRPC'], certainty: 'likely', impact: 'risks' },
  },
  'MySQL on its own port is never guessed': {
    target,
    given: cluster(stack('mysql:9.4', 3306, { name: 'db' })),
    says: 'passed',
  },
  'PostgreSQL lets the client speak first': {
    target,
    given: cluster(stack('postgres:18', 5432, { name: 'db' })),
    says: 'passed',
  },
  'a database called tcp': { target, given: cluster(stack('redis:8.2', 6379, { name: 'tcp-redis' })), says: 'passed' },
  'an exporter speaks HTTP': {
    target,
    given: cluster(stack('oliver006/redis_exporter:v1', 9121, { name: 'http-metrics' })),
    says: 'passed',
  },
  'HTTP called http': {
    target,
    given: cluster([...stack('registry.example.com/web:3', 8080, { name: 'http' }), routes]),
    says: 'passed',
    detail: 'HTTP by name http',
  },
  'no mesh': {
    target,
    given: cluster([
      ...workload({
        namespace: 'shop',
        name: 'db',
        container: { image: 'redis:8.2', ports: [{ containerPort: 6379 }] },
      }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'http', port: 6379 }] }),
    ]),
    says: 'not-applicable',
  },
});
