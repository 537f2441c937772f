import check from '../../../src/checks/selector/no-matching-pods.ts';
import type { Workload } from '../../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload } from '../../kit/cluster.ts';
import { slice } from '../../kit/slices.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const model = workload({
  name: 'db',
  labels: { 'managed-by': 'zenml', 'deployment-id': '9f2c' },
}).map((object) =>
  object.kind === 'Pod'
    ? change(object, ({ metadata }) => void (metadata.labels = { ...metadata.labels, app: 'team-ml' }))
    : object,
);

const ended = {
  ...workload({ name: 'db' })[0],
  apiVersion: 'batch/v1',
  kind: 'Job',
  status: { conditions: [{ type: 'Complete', status: 'True' }] },
} as Workload;

examples(check, {
  'a letter too many': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'dbb' } })]),
    says: {
      summary: ['app=dbb', 'deployment/db', 'app=db'],
      certainty: 'certain',
      evidence: ['service/db spec.selector: app=dbb', 'app=db where app=dbb is asked for'],
    },
  },
  'the right letters': {
    given: cluster([...db, service({ name: 'db' })]),
    says: 'passed',
    detail: '1 Pod matches app=db',
  },
  'in capitals': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'Db' } })]),
    says: { summary: ['app=Db', 'case-sensitive'], certainty: 'certain' },
  },
  'another key with the same value': {
    given: cluster([...db, service({ name: 'db', selector: { name: 'db' } })]),
    says: { summary: ['name=db', 'app=db'], certainty: 'certain' },
  },
  'a pair more than the Pods carry': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'db', tier: 'backend' } })]),
    says: { summary: ['The Pods of deployment/db match but for tier=backend'], certainty: 'certain' },
  },
  'dropping the missing pair would catch others': {
    given: cluster([
      ...workload({ name: 'db', labels: { app: 'shop', role: 'db' } }),
      ...workload({ name: 'web', labels: { app: 'shop', role: 'web' } }),
      service({ name: 'db', selector: { app: 'shop', component: 'db' } }),
    ]),
    says: { summary: ['component=db', 'role=db'], certainty: 'certain' },
  },
  'a label that somebody overrode: the workload relies on others': {
    given: cluster([...model, service({ name: 'db', selector: { app: 'fraud-model' } })]),
    says: { summary: ['app=fraud-model', 'app=team-ml'], certainty: 'certain', evidence: ['deployment-id=9f2c'] },
  },
  'three pairs differ': {
    given: cluster([
      ...workload({ name: 'db', labels: { app: 'db', stage: 'prod', team: 'data' } }),
      service({ name: 'db', selector: { app: 'database', stage: 'production', team: 'infra' } }),
    ]),
    says: { summary: ['app=db', 'stage=prod', 'team=data'], certainty: 'certain' },
  },
  'nothing comes close': {
    given: cluster([...workload({ name: 'web' }), ...workload({ name: 'cache' }), service({ name: 'db' })]),
    says: { summary: ['No Pod in demo carries app=db', 'no workload would make one'], certainty: 'certain' },
  },
  'only one workload is there': {
    given: cluster([...workload({ name: 'postgres' }), service({ name: 'db' })]),
    says: { summary: ['app=db', 'deployment/postgres', 'app=postgres'], certainty: 'certain' },
  },
  'a bare Pod': {
    given: cluster([pod({ name: 'db', labels: { run: 'db' } }), service({ name: 'db' })]),
    says: { summary: ['app=db', 'pod/db', 'run=db'], certainty: 'certain' },
  },
  'scaled to zero': {
    given: cluster([...workload({ name: 'db', replicas: 0 }), service({ name: 'db' })]),
    says: 'passed',
    detail: 'the template of deployment/db matches app=db',
  },
  'a template that does not match either': {
    given: cluster([...workload({ name: 'db', replicas: 0 }), service({ name: 'db', selector: { app: 'dbx' } })]),
    says: { summary: ['the template of deployment/db', 'app=db'], certainty: 'certain' },
  },
  'nobody could read the workloads': {
    given: cluster(
      [service({ name: 'db' })],
      [],
      [
        { group: '', resource: 'services', namespaces: 'all', state: 'read' },
        { group: '', resource: 'pods', namespaces: 'all', state: 'read' },
        { group: 'apps', resource: 'deployments', namespaces: 'all', state: 'forbidden' },
      ],
    ),
    says: { summary: ['No Pod in demo carries app=db'], certainty: 'likely' },
  },
  'nothing matches, and a hand-made slice serves': {
    given: cluster([...db, service({ name: 'db', selector: { app: 'database' } }), slice({ name: 'db-vm' })]),
    says: { summary: ['app=database', 'slice db-vm serves instead'], certainty: 'possible', impact: 'risks' },
  },
  'nothing matches, and the hand-made slice has another port': {
    given: cluster([
      ...db,
      service({ name: 'db', selector: { app: 'database' } }),
      slice({ name: 'db-vm', ports: [{ name: 'metrics', port: 9100 }] }),
    ]),
    says: { summary: ['app=database'], certainty: 'certain', impact: 'breaks' },
  },
  'the Pod of a Job that has ended, beside other workloads': {
    given: cluster([
      ended,
      pod({ name: 'db-mg5dz', labels: { app: 'db' }, owner: ended, status: { phase: 'Succeeded' } }),
      ...workload({ name: 'cache' }),
      ...workload({ name: 'worker' }),
      service({ name: 'db' }),
    ]),
    says: 'passed',
    detail: 'have run to their end',
  },
  'a Job that has ended, its Pods gone': {
    given: cluster([ended, ...workload({ name: 'cache' }), ...workload({ name: 'worker' }), service({ name: 'db' })]),
    says: { summary: ['No Pod in demo carries app=db'], certainty: 'certain' },
  },
  'the Pod of a Job that has ended, beside a server with a slip in its label': {
    given: cluster([
      ended,
      pod({ name: 'db-mg5dz', labels: { app: 'db' }, owner: ended, status: { phase: 'Succeeded' } }),
      ...workload({ name: 'db-server', labels: { app: 'DB' } }),
      service({ name: 'db' }),
    ]),
    says: { summary: ['app=db', 'app=DB', 'case-sensitive'], certainty: 'certain' },
  },
  'Pods that carry the key with several values': {
    given: cluster([
      ...workload({ name: 'db', kind: 'StatefulSet', replicas: 2 }).map((object) =>
        object.kind === 'Pod'
          ? change(
              object,
              ({ metadata }) =>
                void (metadata.labels = {
                  ...metadata.labels,
                  shard: metadata.name === 'db-0' ? 'a' : 'b',
                }),
            )
          : object,
      ),
      service({ name: 'db', selector: { app: 'db', shard: 'c' } }),
    ]),
    says: { summary: ['shard=c', 'carry shard=a or shard=b'], certainty: 'certain' },
  },
  'no selector': { given: cluster([...db, service({ name: 'db', selector: null })]), says: 'not-applicable' },
  'an alias': {
    given: cluster([
      service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.example.com' } }),
    ]),
    says: 'not-applicable',
  },
});
