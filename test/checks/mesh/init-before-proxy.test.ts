import check from '../../../src/checks/mesh/init-before-proxy.ts';
import type { Container, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed } from '../../kit/mesh.ts';

const target = 'demo/db';
const from = 'demo/Deployment/api';
const db = [...workload({ name: 'db' }), service({ name: 'db', ports: [{ name: 'tcp-db', port: 5432 }] })];
const redirect: Container = { name: 'istio-init', image: 'docker.io/istio/proxyv2:1.27.1' };
const migrate: Container = {
  name: 'migrate',
  image: 'registry.example.com/api:1.4.2',
  env: [{ name: 'DATABASE_URL', value: 'postgres://db:5432/api' }],
};
const client = (initContainers: readonly Container[], stuck = true) =>
  meshed({ name: 'api', spec: { initContainers } }).map((object) =>
    object.kind === 'Pod'
      ? change(object as Pod, (draft) => {
          if (draft.status)
            draft.status.initContainerStatuses = [
              {
                name: 'migrate',
                ready: !stuck,
                restartCount: stuck ? 6 : 0,
                state: stuck ? { waiting: { reason: 'CrashLoopBackOff' } } : { terminated: { exitCode: 0 } },
              },
            ];
        })
      : object,
  );

examples(check, {
  'a migration runs before the proxy': {
    target,
    from,
    given: cluster([...db, ...client([redirect, migrate])]),
    says: {
      summary: ['migrate', 'db', 'istio-init'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: ['CrashLoopBackOff, 6 restarts'],
    },
  },
  'a loop that waits': {
    target,
    from,
    given: cluster([
      ...db,
      ...client([
        { name: 'linkerd-init' },
        { name: 'migrate', command: ['sh', '-c', 'until nc -z db 5432; do sleep 1; done'] },
      ]),
    ]),
    says: { summary: ['linkerd-init'], certainty: 'likely' },
  },
  'it ran through': { target, from, given: cluster([...db, ...client([redirect, migrate], false)]), says: 'passed' },
  'it stands before the redirection': {
    target,
    from,
    given: cluster([...db, ...client([migrate, redirect])]),
    says: 'passed',
  },
  'it calls somebody else': {
    target,
    from,
    given: cluster([...db, ...client([redirect, { name: 'migrate', args: ['--host', 'db-replica:5432'] }])]),
    says: 'passed',
  },
  'the proxy is a native sidecar': {
    target,
    from,
    given: cluster([...db, ...client([redirect, { name: 'istio-proxy', restartPolicy: 'Always' }, migrate])]),
    says: 'passed',
  },
  'no mesh': {
    target,
    from,
    given: cluster([...db, ...workload({ name: 'api', spec: { initContainers: [migrate] } })]),
    says: 'not-applicable',
  },
});
