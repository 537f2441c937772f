import check from '../../../src/checks/mesh/linkerd-opaque-ports.ts';
import { change, cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed } from '../../kit/mesh.ts';

const target = 'demo/db';
const mysql = { image: 'mysql:9.4', ports: [{ containerPort: 3307 }] };
const of = service({ name: 'db', ports: [{ name: 'mysql', port: 3307 }] });
const opaque = { 'config.linkerd.io/opaque-ports': '3307' };
const db = meshed({ name: 'db', container: mysql }, 'linkerd-proxy');

examples(check, {
  'MySQL on another port': {
    target,
    given: cluster([...db, of]),
    says: { summary: ['MySQL', '3307', 'not opaque'], certainty: 'likely', impact: 'breaks', evidence: ['3306'] },
  },
  'a proxy of MySQL': {
    target,
    from: 'demo/Deployment/api',
    given: cluster([
      ...meshed(
        { name: 'db', container: { image: 'proxysql/proxysql:2.6.5', ports: [{ containerPort: 6033 }] } },
        'linkerd-proxy',
      ),
      service({ name: 'db', ports: [{ name: 'sql', port: 6033 }] }),
      ...meshed({ name: 'api' }, 'linkerd-proxy'),
    ]),
    says: { summary: ['MySQL', '6033', 'not opaque'], certainty: 'likely', impact: 'breaks' },
  },
  'mail, told by the client': {
    target,
    from: 'demo/Deployment/api',
    given: cluster([
      ...meshed(
        { name: 'db', container: { image: 'registry.example.com/relay:3', ports: [{ containerPort: 2525 }] } },
        'linkerd-proxy',
      ),
      service({ name: 'db', ports: [{ name: 'mail', port: 2525 }] }),
      ...meshed(
        {
          name: 'api',
          container: {
            env: [
              { name: 'SMTP_HOST', value: 'db' },
              { name: 'SMTP_PORT', value: '2525' },
            ],
          },
        },
        'linkerd-proxy',
      ),
    ]),
    says: { summary: ['SMTP', '2525'], certainty: 'likely' },
  },
  'only the client has a proxy': {
    target,
    from: 'demo/Deployment/api',
    given: cluster([...workload({ name: 'db', container: mysql }), of, ...meshed({ name: 'api' }, 'linkerd-proxy')]),
    says: { summary: ['MySQL'], certainty: 'likely' },
  },
  'the annotation forgets the port': {
    target,
    given: cluster([
      ...db,
      change(of, (draft) => void (draft.metadata.annotations = { 'config.linkerd.io/opaque-ports': '5432' })),
    ]),
    says: { summary: ['3307'], certainty: 'likely' },
  },
  'the Service declares it': {
    target,
    given: cluster([...db, change(of, (draft) => void (draft.metadata.annotations = opaque))]),
    says: 'passed',
  },
  'the namespace declares it': {
    target,
    given: cluster([
      change(
        namespace('demo'),
        (draft) => void (draft.metadata.annotations = { 'config.linkerd.io/opaque-ports': '3300-3310' }),
      ),
      ...db,
      of,
    ]),
    says: 'passed',
  },
  'the port is opaque by default': {
    target,
    given: cluster([
      ...meshed({ name: 'db', container: { image: 'mysql:9.4', ports: [{ containerPort: 3306 }] } }, 'linkerd-proxy'),
      service({ name: 'db', ports: [{ port: 3306 }] }),
    ]),
    says: 'passed',
  },
  'PostgreSQL on another port': {
    target,
    given: cluster([
      ...meshed({ name: 'db', container: { image: 'postgres:18', ports: [{ containerPort: 5433 }] } }, 'linkerd-proxy'),
      service({ name: 'db', ports: [{ port: 5433 }] }),
    ]),
    says: { summary: ['PostgreSQL', '5433'], certainty: 'possible', impact: 'risks' },
  },
  'the client speaks first': {
    target,
    given: cluster([
      ...meshed({ name: 'db', container: { image: 'mongo:8', ports: [{ containerPort: 27017 }] } }, 'linkerd-proxy'),
      service({ name: 'db', ports: [{ port: 27017 }] }),
    ]),
    says: 'passed',
  },
  'no mesh': { target, given: cluster([...workload({ name: 'db', container: mysql }), of]), says: 'not-applicable' },
});
