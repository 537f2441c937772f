import { describe } from 'vitest';
import type { KubeObject, Workload } from '../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload, type Draft } from '../kit/cluster.ts';
import { scenario } from '../kit/scenario.ts';

const none = 'selector/no-matching-pods';

/** Gives the Pods among objects more labels, as an operator would at run time. */
const labelled = (objects: readonly KubeObject[], labels: Readonly<Record<string, string>>): readonly KubeObject[] =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }
      : object,
  );

const edited = (
  objects: readonly KubeObject[],
  kind: string,
  edit: (draft: Draft<Workload>) => void,
): readonly KubeObject[] => objects.map((object) => (object.kind === kind ? change(object as Workload, edit) : object));

describe('a pair of the selector is wrong', () => {
  scenario(
    'the recommended key on the Pods, app in the Service',
    cluster([
      ...workload({
        name: 'restate',
        kind: 'StatefulSet',
        labels: { 'app.kubernetes.io/name': 'restate', 'app.kubernetes.io/instance': 'restate' },
      }),
      service({ name: 'restate', selector: { app: 'restate' } }),
    ]),
    [none],
    { target: 'demo/restate' },
  );
  scenario(
    'a chart whose Service asks for a component that its Pods lack',
    cluster([
      ...workload({
        name: 'awx-web',
        labels: { 'app.kubernetes.io/name': 'awx', 'app.kubernetes.io/instance': 'awx' },
      }),
      service({
        name: 'awx',
        selector: {
          'app.kubernetes.io/name': 'awx',
          'app.kubernetes.io/instance': 'awx',
          'app.kubernetes.io/component': 'web',
        },
      }),
    ]),
    [none],
    { target: 'demo/awx' },
  );
  scenario(
    'the value stands under another key, which has its own value too',
    cluster([
      ...workload({
        name: 'kuberay-apiserver',
        labels: { 'app.kubernetes.io/component': 'kuberay-apiserver', 'app.kubernetes.io/name': 'ray' },
      }),
      service({ name: 'kuberay-apiserver', selector: { 'app.kubernetes.io/name': 'kuberay-apiserver' } }),
    ]),
    [none],
    { target: 'demo/kuberay-apiserver' },
  );
  scenario(
    'a letter of the value in capitals',
    cluster([...workload({ name: 'db' }), service({ name: 'db', selector: { app: 'DB' } })]),
    [none],
  );
  scenario(
    'a key in capitals',
    cluster([...workload({ name: 'db' }), service({ name: 'db', selector: { App: 'db' } })]),
    [none],
  );
  scenario(
    'the name of the Deployment, which is no label of its Pods',
    cluster([...workload({ name: 'db', labels: { run: 'postgres', stage: 'prod' } }), service({ name: 'db' })]),
    [none],
  );
  scenario(
    'nothing like it in the whole namespace',
    cluster([...workload({ name: 'web' }), ...workload({ name: 'worker' }), service({ name: 'db' })]),
    [none],
  );
  scenario('an empty namespace', cluster([service({ name: 'db' })]), [none]);
  scenario(
    'release name of another installation',
    cluster([
      ...workload({ name: 'openvpn', labels: { app: 'openvpn', release: 'running-grizzly' } }),
      service({ name: 'openvpn', selector: { app: 'openvpn', release: 'vpn', type: 'openvpn' } }),
    ]),
    [none],
    { target: 'demo/openvpn' },
  );
  scenario(
    'only a template comes close: scaled to zero, and yet the label is wrong',
    cluster([...workload({ name: 'db', replicas: 0 }), service({ name: 'db', selector: { app: 'dbx' } })]),
    [none],
  );
  scenario(
    'the completed Job has the label, the Deployment has not',
    cluster([
      ...workload({ name: 'db', labels: { app: 'db-server' } }),
      pod({ name: 'db-migrate-x', labels: { app: 'db' }, status: { phase: 'Succeeded' } }),
      service({ name: 'db' }),
    ]),
    [none],
  );
});

describe('labels that do not last', () => {
  scenario(
    'app.kubernetes.io/version of the last release',
    cluster([
      ...workload({
        name: 'db',
        labels: { app: 'db' },
        workloadSpec: {
          template: {
            metadata: { labels: { app: 'db', 'app.kubernetes.io/version': '1.5.0' } },
            spec: { containers: [{ name: 'db' }] },
          },
        },
      }).map((object) =>
        object.kind === 'Pod' ? (labelled([object], { 'app.kubernetes.io/version': '1.5.0' })[0] ?? object) : object,
      ),
      service({ name: 'db', selector: { app: 'db', 'app.kubernetes.io/version': '1.4.2' } }),
    ]),
    ['selector/changes-with-releases'],
  );
  scenario(
    'helm.sh/chart in the selector',
    cluster([
      ...labelled(workload({ name: 'db' }), { 'helm.sh/chart': 'db-2.0.1' }),
      service({ name: 'db', selector: { app: 'db', 'helm.sh/chart': 'db-2.0.0' } }),
    ]),
    ['selector/changes-with-releases'],
  );
  scenario(
    'a timestamp that the pipeline writes',
    cluster([
      ...labelled(workload({ name: 'db' }), { deployTimestamp: '1751286504' }),
      service({ name: 'db', selector: { app: 'db', deployTimestamp: '1751200000' } }),
    ]),
    ['selector/changes-with-releases'],
  );
  scenario(
    'the version is an identity: blue and green, and the Service points at a color that is gone',
    cluster([
      ...workload({ name: 'db-v1', labels: { app: 'db', version: 'v1' } }),
      ...workload({ name: 'db-v2', labels: { app: 'db', version: 'v2' } }),
      service({ name: 'db', selector: { app: 'db', version: 'v3' } }),
    ]),
    [none],
  );
  scenario(
    'rollouts-pod-template-hash left behind by Argo Rollouts',
    cluster([
      ...workload({ name: 'db' }),
      change(
        service({ name: 'db', selector: { app: 'db', 'rollouts-pod-template-hash': '687d76d795' } }),
        ({ metadata }) => void (metadata.annotations = { 'argo-rollouts.argoproj.io/managed-by-rollouts': 'db' }),
      ),
    ]),
    ['selector/pinned-to-a-rollout'],
  );
  const rollout = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'db', namespace: 'demo', uid: 'rollout-db' },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'db' } },
      template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'db' }] } },
    },
  } as const;
  const replicaSet = (hash: string, replicas: number): Workload => ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `db-${hash}`,
      namespace: 'demo',
      uid: `rs-${hash}`,
      ownerReferences: [
        { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'db', uid: 'rollout-db', controller: true },
      ],
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'db', 'rollouts-pod-template-hash': hash } },
      template: {
        metadata: { labels: { app: 'db', 'rollouts-pod-template-hash': hash } },
        spec: { containers: [{ name: 'db' }] },
      },
    },
  });
  const rolloutPod = pod({
    name: 'db-7c9d8f6b5d-x2x4z',
    owner: replicaSet('7c9d8f6b5d', 1),
    labels: { app: 'db', 'rollouts-pod-template-hash': '7c9d8f6b5d' },
  });
  scenario(
    'a Rollout that has moved on while its old ReplicaSet is kept',
    cluster([
      rollout,
      replicaSet('7c9d8f6b5d', 1),
      replicaSet('54d9b6c8f7', 0),
      rolloutPod,
      service({ name: 'db', selector: { app: 'db', 'rollouts-pod-template-hash': '54d9b6c8f7' } }),
    ]),
    ['selector/pinned-to-a-rollout'],
  );
  scenario(
    'a Rollout nobody may read, and its Pods',
    cluster([
      replicaSet('7c9d8f6b5d', 1),
      rolloutPod,
      service({ name: 'db', selector: { app: 'db', 'rollouts-pod-template-hash': '54d9b6c8f7' } }),
    ]),
    ['selector/pinned-to-a-rollout'],
  );
  scenario(
    'healthy: the hash that Argo Rollouts keeps up to date',
    cluster([
      rollout,
      replicaSet('7c9d8f6b5d', 1),
      rolloutPod,
      service({ name: 'db', selector: { app: 'db', 'rollouts-pod-template-hash': '7c9d8f6b5d' } }),
    ]),
    [],
  );
  const set = workload({ name: 'db', kind: 'StatefulSet', replicas: 2 });
  scenario(
    'the third Pod of a StatefulSet that was scaled down to two',
    cluster([...set, service({ name: 'db-2', selector: { 'statefulset.kubernetes.io/pod-name': 'db-2' } })]),
    ['selector/pinned-to-a-rollout'],
    { target: 'demo/db-2' },
  );
  scenario(
    'an index that a StatefulSet no longer has',
    cluster([
      ...labelled(set, { 'apps.kubernetes.io/pod-index': '1' }),
      service({ name: 'db', selector: { app: 'db', 'apps.kubernetes.io/pod-index': '4' } }),
    ]),
    ['selector/pinned-to-a-rollout'],
  );
  scenario(
    'healthy: a Service for one Pod of a StatefulSet',
    cluster([...set, service({ name: 'db-1', selector: { 'statefulset.kubernetes.io/pod-name': 'db-1' } })]),
    [],
    { target: 'demo/db-1' },
  );
});

describe('labels on the wrong object, or set by others', () => {
  const mislaid = edited(
    workload({ name: 'db' }),
    'Deployment',
    ({ metadata }) => void (metadata.labels = { app: 'db', tier: 'backend' }),
  );
  scenario(
    'a label on the Deployment itself',
    cluster([...mislaid, service({ name: 'db', selector: { app: 'db', tier: 'backend' } })]),
    ['selector/label-not-on-template'],
  );
  const patroni = labelled(
    workload({ name: 'db', kind: 'StatefulSet', labels: { application: 'spilo', 'cluster-name': 'db' }, replicas: 3 }),
    { 'spilo-role': 'replica' },
  );
  scenario(
    'no leader elected',
    cluster([
      ...patroni,
      service({ name: 'db', selector: { application: 'spilo', 'cluster-name': 'db', 'spilo-role': 'master' } }),
    ]),
    ['selector/leader-label-missing'],
  );
  scenario(
    'Vault is sealed',
    cluster([
      ...labelled(
        workload({
          name: 'vault',
          kind: 'StatefulSet',
          labels: { 'app.kubernetes.io/name': 'vault', component: 'server' },
          replicas: 3,
        }),
        { 'vault-active': 'false', 'vault-sealed': 'true' },
      ),
      service({
        name: 'vault-active',
        selector: { 'app.kubernetes.io/name': 'vault', component: 'server', 'vault-active': 'true' },
      }),
    ]),
    ['selector/leader-label-missing'],
    { target: 'demo/vault-active' },
  );
  const instances = ['db-1', 'db-2'].map((name) =>
    pod({
      name,
      owner: {
        apiVersion: 'postgresql.cnpg.io/v1',
        kind: 'Cluster',
        metadata: { name: 'db', namespace: 'demo', uid: 'cluster-db' },
      },
      labels: { 'cnpg.io/cluster': 'db' },
    }),
  );
  scenario(
    'an operator that never labelled its Pods',
    cluster([
      ...instances,
      service({ name: 'db-rw', selector: { 'cnpg.io/cluster': 'db', 'cnpg.io/instanceRole': 'primary' } }),
    ]),
    ['selector/leader-label-missing'],
    { target: 'demo/db-rw' },
  );
  scenario(
    'the leader goes by another word since Patroni 4',
    cluster([
      ...patroni.map((object) =>
        object.metadata.name === 'db-0'
          ? {
              ...object,
              metadata: { ...object.metadata, labels: { ...object.metadata.labels, 'spilo-role': 'primary' } },
            }
          : object,
      ),
      service({ name: 'db', selector: { application: 'spilo', 'cluster-name': 'db', 'spilo-role': 'master' } }),
    ]),
    ['selector/leader-label-missing'],
  );
  scenario(
    'the label was added while the rollout is paused',
    cluster([
      ...edited(workload({ name: 'db' }), 'Deployment', ({ spec }) => {
        spec.paused = true;
        if (spec.template?.metadata) spec.template.metadata.labels = { app: 'db', tier: 'backend' };
      }),
      service({ name: 'db', selector: { app: 'db', tier: 'backend' } }),
    ]),
    ['selector/pods-older-than-template'],
  );
  scenario(
    'the next rollout loses the label',
    cluster([
      ...edited(workload({ name: 'db', labels: { app: 'db', tier: 'backend' } }), 'Deployment', ({ spec }) => {
        if (spec.template?.metadata) spec.template.metadata.labels = { app: 'db' };
        spec.selector = { matchLabels: { app: 'db' } };
      }),
      service({ name: 'db', selector: { app: 'db', tier: 'backend' } }),
    ]),
    ['selector/template-lost-label'],
  );
});

describe('another namespace', () => {
  scenario(
    'the Pods',
    cluster([...workload({ name: 'web' }), ...workload({ namespace: 'data', name: 'db' }), service({ name: 'db' })]),
    ['selector/pods-in-another-namespace'],
  );
  scenario(
    'a workload without Pods',
    cluster([...workload({ namespace: 'data', name: 'db', replicas: 0 }), service({ name: 'db' })]),
    ['selector/pods-in-another-namespace'],
  );
  scenario(
    'the same app runs in production, but here the label is misspelt',
    cluster([
      ...workload({ namespace: 'prod', name: 'db' }),
      ...workload({ name: 'db', labels: { app: 'bd' } }),
      service({ name: 'db' }),
    ]),
    [none],
  );
});

describe('a selector that is too wide', () => {
  const port = (name: string, containerPort: number) => ({
    ports: [{ name, containerPort, protocol: 'TCP' as const }],
  });
  const web = { name: 'web', selector: { app: 'shop' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  scenario(
    'the database beside the app',
    cluster([
      ...workload({ name: 'web', labels: { app: 'shop', component: 'web' } }),
      ...workload({ name: 'postgres', labels: { app: 'shop', component: 'postgres' }, container: port('pg', 5432) }),
      service(web),
    ]),
    ['selector/too-wide'],
    { target: 'demo/web' },
  );
  scenario(
    'the same image as web and as worker',
    cluster([
      ...workload({
        name: 'web',
        labels: { app: 'shop', 'app.kubernetes.io/component': 'web' },
        container: { image: 'example/shop:3', command: ['gunicorn'] },
      }),
      ...workload({
        name: 'worker',
        labels: { app: 'shop', 'app.kubernetes.io/component': 'worker' },
        container: { image: 'example/shop:3', command: ['celery'], ports: [] },
      }),
      service(web),
    ]),
    ['selector/too-wide'],
    { target: 'demo/web' },
  );
  const job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'web-migrate', namespace: 'demo', uid: 'job-1' },
    spec: { template: { metadata: { labels: { app: 'shop' } }, spec: { containers: [{ name: 'migrate' }] } } },
  } as Workload;
  scenario(
    'the Pod of a Job that runs',
    cluster([
      ...workload({ name: 'web', labels: { app: 'shop' } }),
      job,
      pod({ name: 'web-migrate-k2x9p', owner: job, labels: { app: 'shop', 'job-name': 'web-migrate' } }),
      service(web),
    ]),
    ['selector/too-wide'],
    { target: 'demo/web' },
  );
  scenario(
    'an operator that only itself has a component',
    cluster([
      ...workload({
        name: 'openmetadata',
        labels: { 'app.kubernetes.io/name': 'openmetadata', 'app.kubernetes.io/instance': 'openmetadata' },
        container: port('http', 8585),
      }),
      ...workload({
        name: 'openmetadata-omjob-operator',
        labels: {
          'app.kubernetes.io/name': 'openmetadata',
          'app.kubernetes.io/instance': 'openmetadata',
          'app.kubernetes.io/component': 'omjob-operator',
        },
        container: port('health', 8081),
      }),
      service({
        name: 'openmetadata',
        selector: { 'app.kubernetes.io/name': 'openmetadata', 'app.kubernetes.io/instance': 'openmetadata' },
        ports: [{ name: 'http', port: 8585, targetPort: 8585 }],
      }),
    ]),
    ['selector/too-wide'],
    { target: 'demo/openmetadata' },
  );
  scenario(
    'the selector of another Service, copied',
    cluster([
      ...workload({ name: 'web' }),
      ...workload({ name: 'api', container: port('http', 3000) }),
      service({ name: 'web' }),
      service({ name: 'api', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 3000 }] }),
    ]),
    ['selector/wrong-workload'],
    { target: 'demo/api' },
  );
  scenario(
    'healthy: stable and canary',
    cluster([
      ...workload({ name: 'web', labels: { app: 'shop', track: 'stable' } }),
      ...workload({
        name: 'web-canary',
        labels: { app: 'shop', track: 'canary' },
        container: { image: 'registry.example.com/web:2.0.0-rc1' },
      }),
      service(web),
    ]),
    [],
    { target: 'demo/web' },
  );
  scenario(
    'healthy: two versions side by side',
    cluster([
      ...workload({ name: 'web-v1', labels: { app: 'shop', version: 'v1' } }),
      ...workload({ name: 'web-v2', labels: { app: 'shop', version: 'v2' }, container: { ports: [] } }),
      service(web),
    ]),
    [],
    { target: 'demo/web' },
  );
  scenario(
    'healthy: pools of one program with a Service over all',
    cluster([
      ...['hot', 'warm'].flatMap((tier) =>
        workload({
          name: `es-${tier}`,
          kind: 'StatefulSet',
          labels: { app: 'shop', nodeset: tier, component: `es-${tier}` },
          container: { image: 'elasticsearch:8.14' },
        }),
      ),
      service({ name: 'es-http', selector: { app: 'shop' }, ports: [{ name: 'http', port: 9200, targetPort: 9200 }] }),
    ]),
    [],
    { target: 'demo/es-http' },
  );
  scenario(
    'healthy: a headless Service for peers of several kinds',
    cluster([
      ...['ingester', 'querier'].flatMap((component) =>
        workload({ name: `loki-${component}`, labels: { app: 'loki', component } }),
      ),
      service({
        name: 'loki-memberlist',
        selector: { app: 'loki' },
        ports: [{ name: 'gossip', port: 7946, targetPort: 7946 }],
        spec: { clusterIP: 'None', publishNotReadyAddresses: true },
      }),
    ]),
    [],
    { target: 'demo/loki-memberlist' },
  );
});

describe('no selector', () => {
  scenario('forgotten', cluster([...workload({ name: 'db' }), service({ name: 'db', selector: null })]), [
    'selector/no-selector',
  ]);
});

describe('what is over, and what took over', () => {
  const job = {
    ...workload({ name: 'db' })[0],
    apiVersion: 'batch/v1',
    kind: 'Job',
    status: { conditions: [{ type: 'Complete', status: 'True' }] },
  } as Workload;
  scenario(
    'a Job that has ended is all that matches',
    cluster([
      job,
      pod({ name: 'db-mg5dz', labels: { app: 'db' }, owner: job, status: { phase: 'Succeeded' } }),
      ...workload({ name: 'cache' }),
      ...workload({ name: 'worker' }),
      service({ name: 'db' }),
    ]),
    ['endpoints/only-a-job'],
  );
  const [rollout] = workload({ name: 'db', replicas: 0 });
  const pinned = { app: 'db', 'rollouts-pod-template-hash': '6cf78c66c5' };
  const revision = {
    ...rollout,
    kind: 'ReplicaSet',
    metadata: {
      name: 'db-6cf78c66c5',
      namespace: 'demo',
      ownerReferences: [
        { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'db', uid: 'r', controller: true },
      ],
    },
    spec: { ...rollout.spec, selector: { matchLabels: pinned }, template: { metadata: { labels: pinned } } },
  } as unknown as Workload;
  const asleep = [{ ...rollout, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' } as Workload, revision];
  const argo = service({ name: 'db', selector: pinned });
  scenario(
    'from a Rollout back to a Deployment',
    cluster([...asleep, ...workload({ name: 'db', replicas: 2 }), argo]),
    ['selector/pinned-to-a-rollout'],
  );
  scenario('a Rollout that is merely scaled down', cluster([...asleep, argo]), ['endpoints/scaled-to-zero']);
});
