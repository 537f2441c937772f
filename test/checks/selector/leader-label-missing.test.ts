import check from '../../../src/checks/selector/leader-label-missing.ts';
import type { KubeObject, Labels } from '../../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload } from '../../kit/cluster.ts';
import { slice } from '../../kit/slices.ts';
import { examples } from '../../kit/examples.ts';

const spilo = { application: 'spilo', 'cluster-name': 'db' };
const marked = (
  labels: Labels,
  objects: readonly KubeObject[] = workload({ name: 'db', kind: 'StatefulSet', labels: spilo, replicas: 2 }),
) =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? change(object, ({ metadata }) => void (metadata.labels = { ...metadata.labels, ...labels }))
      : object,
  );
const master = service({ name: 'db', selector: { ...spilo, 'spilo-role': 'master' } });

examples(check, {
  'only replicas, no leader': {
    given: cluster([...marked({ 'spilo-role': 'replica' }), master]),
    says: {
      summary: ['statefulset/db', 'spilo-role=master', 'spilo-role=replica'],
      certainty: 'certain',
      evidence: ['spilo-role=replica'],
    },
  },
  'a leader': { given: cluster([...marked({ 'spilo-role': 'master' }), master]), says: 'passed' },
  'nobody was ever labelled, and the operator is down': {
    given: cluster([
      ...marked({}),
      master,
      ...workload({ namespace: 'operators', name: 'postgres-operator', replicas: 0 }),
    ]),
    says: {
      summary: ['spilo-role=master', 'no spilo-role'],
      certainty: 'certain',
      evidence: ['deployment/postgres-operator status.readyReplicas: 0 of 0 ready'],
    },
  },
  'the leader by another word': {
    given: cluster([...marked({ role: 'primary' }), service({ name: 'db', selector: { ...spilo, role: 'master' } })]),
    says: { summary: ['role=master', 'role=primary'], certainty: 'certain' },
  },
  'a mark of some other software: on the Pods, not on their template': {
    given: cluster([
      ...marked({ 'acme.io/shard': 'b' }),
      service({ name: 'db', selector: { ...spilo, 'acme.io/shard': 'a' } }),
    ]),
    says: { summary: ['acme.io/shard=a'], certainty: 'certain' },
  },
  'a role that stands in the template is an ordinary label': {
    given: cluster([
      ...workload({ name: 'db', labels: { app: 'db', role: 'replica' } }),
      service({ name: 'db', selector: { app: 'db', role: 'master' } }),
    ]),
    says: 'passed',
  },
  'a role that means no leader': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db', selector: { app: 'db', role: 'backend' } })]),
    says: 'passed',
  },
  'bare Pods of an operator': {
    given: cluster([
      pod({ name: 'db-1', labels: { 'cnpg.io/cluster': 'db' } }),
      service({ name: 'db', selector: { 'cnpg.io/cluster': 'db', 'cnpg.io/instanceRole': 'primary' } }),
    ]),
    says: { summary: ['cnpg.io/instanceRole=primary'], certainty: 'certain' },
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
  'a hand-made slice serves meanwhile': {
    given: cluster([...marked({ 'spilo-role': 'replica' }), master, slice({ name: 'db-vm' })]),
    says: { summary: ['spilo-role=master'], certainty: 'certain', impact: 'risks' },
  },
});
