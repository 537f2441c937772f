import { describe } from 'vitest';
import type { CustomObject, KubeObject, Node, Pod, Probe, Workload } from '../../src/k8s/objects.ts';
import { change, cluster, pod, service, slicesFor, unready, workload } from '../kit/cluster.ts';
import { crashing, event, podOf, unscheduled, waiting, withPods } from '../kit/pod-states.ts';
import { scenario } from '../kit/scenario.ts';
import { endpoints, mirroring, slice } from '../kit/slices.ts';

const svc = service({ name: 'db' });
const readinessProbe: Probe = { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 10 };
const db = workload({ name: 'db', replicas: 2, container: { readinessProbe }, spec: { enableServiceLinks: false } });
const headless = (name: string, spec: object = {}) =>
  service({
    name,
    selector: { app: 'db' },
    ports: [{ name: 'http', port: 8080, targetPort: 8080 }],
    spec: { clusterIP: 'None', clusterIPs: ['None'], ...spec },
  });
const asleep = workload({ name: 'db', replicas: 0 });
const [deployment, replicaSet] = workload({ name: 'db', replicas: 3 }) as unknown as readonly [Workload, Workload];
const bare = service({ name: 'db', selector: null });
const eachPod = (objects: readonly KubeObject[], edit: (pod: Pod) => Pod) => [...withPods(objects, edit), svc];
const said = (reason: string, message: string, container?: string) => event(podOf(db), reason, message, container);

describe('no Pods at all', () => {
  scenario('scaled to 0 by hand', cluster([...asleep, svc]), ['endpoints/scaled-to-zero']);
  scenario(
    'scaled to 0, and the last Pod still goes',
    cluster([
      asleep[0],
      ...withPods(workload({ name: 'db' }).slice(1), (each) =>
        change(each, (draft) => void (draft.metadata.deletionTimestamp = '2026-03-02T09:59:50Z')),
      ),
      svc,
    ]),
    ['endpoints/scaled-to-zero'],
  );
  scenario(
    'a quota',
    cluster([
      deployment,
      change(
        replicaSet,
        (draft) =>
          void (draft.status = {
            replicas: 0,
            conditions: [
              {
                type: 'ReplicaFailure',
                status: 'True',
                reason: 'FailedCreate',
                message:
                  'pods "db-x" is forbidden: exceeded quota: team-quota, requested: pods=1, used: pods=10, limited: pods=10',
              },
            ],
          }),
      ),
      svc,
    ]),
    ['endpoints/pods-not-created'],
  );
  scenario(
    'paused from the start',
    cluster([
      change(deployment, (draft) => void Object.assign(draft, { spec: { ...draft.spec, paused: true }, status: {} })),
      svc,
    ]),
    ['endpoints/rollout-paused'],
  );
  scenario(
    'a DaemonSet for other nodes',
    cluster([
      change(
        workload({ kind: 'DaemonSet', name: 'db', replicas: 0, spec: { nodeSelector: { disk: 'nvme' } } })[0],
        (draft) => void (draft.status = { desiredNumberScheduled: 0, observedGeneration: 1 }),
      ),
      svc,
    ]),
    ['endpoints/no-node-for-daemonset'],
  );
  scenario(
    'green is down, and blue runs',
    cluster([
      ...workload({ name: 'db-green', labels: { app: 'db', color: 'green' }, replicas: 0 }),
      ...workload({ name: 'db-blue', labels: { app: 'db', color: 'blue' }, replicas: 2 }),
      service({ name: 'db', selector: { app: 'db', color: 'green' } }),
    ]),
    ['endpoints/scaled-to-zero'],
  );
  scenario(
    'an init container waits for a database at 0',
    cluster([
      ...withPods(
        workload({
          name: 'db',
          spec: { initContainers: [{ name: 'wait', command: ['sh', '-c', 'until nc -z pg 5432; do sleep 2; done'] }] },
        }),
        (each) =>
          change(waiting(each, 'PodInitializing'), (draft) => {
            if (draft.status)
              draft.status.initContainerStatuses = [
                {
                  name: 'wait',
                  ready: false,
                  restartCount: 0,
                  state: { running: { startedAt: '2026-03-02T09:20:00Z' } },
                },
              ];
          }),
      ),
      ...workload({ kind: 'StatefulSet', name: 'pg', replicas: 0 }),
      service({ name: 'pg' }),
      svc,
    ]),
    ['endpoints/init-container'],
  );
  scenario('the controller manager is away', cluster([change(deployment, (draft) => void (draft.status = {})), svc]), [
    'endpoints/controller-idle',
  ]);
  scenario(
    'an evicted bare Pod',
    cluster([
      pod({
        name: 'db',
        labels: { app: 'db' },
        status: { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
      }),
      svc,
    ]),
    ['endpoints/all-finished'],
  );
});

describe('Pods that cannot start', () => {
  scenario(
    'no room on any node',
    cluster(eachPod(db, (each) => unscheduled(each, '0/2 nodes are available: 2 Insufficient memory.'))),
    ['endpoints/pending'],
  );
  scenario(
    'an image that is not there',
    cluster(eachPod(db, (each) => waiting(each, 'ErrImagePull', 'rpc error: code = NotFound'))),
    ['endpoints/image-pull'],
  );
  scenario(
    'a Secret that is not there',
    cluster(eachPod(db, (each) => waiting(each, 'CreateContainerConfigError', 'secret "db-credentials" not found'))),
    ['endpoints/container-config'],
  );
  scenario(
    'a ConfigMap to mount that is not there',
    cluster([
      ...eachPod(db, (each) => waiting(each, 'ContainerCreating')).filter((object) => object.kind !== 'Pod'),
      waiting(podOf(db), 'ContainerCreating'),
      said('FailedMount', 'MountVolume.SetUp failed for volume "conf" : configmap "db-conf" not found'),
    ]),
    ['endpoints/volume-not-mounted'],
  );
  scenario(
    'a crash',
    cluster(
      eachPod(db, (each) =>
        crashing(each, { exitCode: 1, reason: 'Error', message: 'FATAL: data directory has wrong ownership' }),
      ),
    ),
    ['endpoints/crash-looping'],
  );
  scenario('out of memory', cluster(eachPod(db, (each) => crashing(each, { exitCode: 137, reason: 'OOMKilled' }))), [
    'endpoints/out-of-memory',
  ]);
  scenario(
    'killed by its liveness probe',
    cluster([
      ...withPods(db.slice(0, 3), (each) => crashing(each, { exitCode: 143, reason: 'Error' })),
      svc,
      said('Killing', 'Container db failed liveness probe, will be restarted', 'db'),
    ]),
    ['endpoints/liveness-probe'],
  );
  scenario(
    'the loser of a rollout while the old Pods serve',
    cluster(
      [...db, pod({ name: 'db-new', labels: { app: 'db' } }), svc].map((object) =>
        object.metadata.name === 'db-new' ? waiting(object as Pod, 'ImagePullBackOff') : object,
      ),
    ),
    ['endpoints/image-pull'],
  );
});

describe('running, and not ready', () => {
  scenario(
    'a wrong path',
    cluster([
      ...eachPod(db, (each) => unready(each)),
      said('Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404', 'db'),
    ]),
    ['endpoints/readiness-probe'],
  );
  scenario(
    'a wrong port',
    cluster([
      ...eachPod(db, (each) => unready(each)),
      said(
        'Unhealthy',
        'Readiness probe failed: Get "http://10.244.0.7:9090/ready": dial tcp 10.244.0.7:9090: connect: connection refused',
        'db',
      ),
    ]),
    ['endpoints/readiness-probe'],
  );
  scenario(
    'a gate',
    cluster(
      eachPod(
        workload({
          name: 'db',
          spec: { readinessGates: [{ conditionType: 'cloud.google.com/load-balancer-neg-ready' }] },
        }),
        (each) => unready(each, 'ReadinessGatesNotReady'),
      ),
    ),
    ['endpoints/readiness-gate'],
  );
  scenario('conditions that nobody renews', cluster(eachPod(db, (each) => unready(each, '', ''))), [
    'endpoints/ready-condition-false',
  ]);
  scenario(
    'members that look for each other',
    cluster([
      ...withPods(
        workload({
          kind: 'StatefulSet',
          name: 'db',
          replicas: 3,
          container: { readinessProbe: { exec: { command: ['ready.sh'] } }, args: ['--join=db-0.db,db-1.db,db-2.db'] },
          workloadSpec: { podManagementPolicy: 'Parallel' },
        }),
        (each) => unready(each),
      ),
      headless('db'),
    ]),
    ['endpoints/peers-wait-for-each-other'],
  );
});

describe('Pods that look for each other', () => {
  const searching = (name: string, container: object) =>
    workload({
      name,
      labels: { app: 'db' },
      container: { readinessProbe, ...container },
      spec: { enableServiceLinks: false },
    });
  const seen = (objects: readonly KubeObject[], message: string) =>
    cluster([
      ...withPods(objects, (each) => unready(each)),
      event(podOf(objects), 'Unhealthy', `Readiness probe failed: ${message}`),
      headless('db'),
    ]);
  const es = searching('es', { env: [{ name: 'discovery.seed_hosts', value: 'db' }] });
  const peers = 'endpoints/peers-wait-for-each-other';
  scenario('503 until they have met', seen(es, 'HTTP probe failed with statuscode: 503'), [peers]);
  const marker = searching('ctl', {
    env: [{ name: 'CLUSTER_JOIN_ADDR', value: 'db.demo' }],
    readinessProbe: { exec: { command: ['cat', '/tmp/ready'] } },
  });
  scenario('a marker file written after the join', seen(marker, 'cat: /tmp/ready: No such file or directory'), [peers]);
  const kv = searching('kv', { args: ['--join=db:26257'], readinessProbe: { grpc: { port: 8080 } } });
  scenario('gRPC that is not serving', seen(kv, 'service unhealthy (responded with "NOT_SERVING")'), [peers]);
  const probe = 'endpoints/readiness-probe';
  scenario('404 is the probe’s own fault', seen(es, 'HTTP probe failed with statuscode: 404'), [probe]);
  scenario('so is a scheme', seen(es, 'http: server gave HTTP response to HTTPS client'), [probe]);
  scenario('refused goes first', seen(es, 'dial tcp 10.244.1.5:8080: connect: connection refused'), [probe, peers]);
});

describe('slices', () => {
  scenario(
    'a mirrored leftover',
    cluster([
      ...db,
      svc,
      ...slicesFor(
        svc,
        db.filter((object): object is Pod => object.kind === 'Pod'),
      ),
      slice({ name: 'db-m', manager: mirroring, addresses: ['10.244.99.1'], ports: [{ name: 'http', port: 8080 }] }),
    ]),
    ['endpoints/stale-slice'],
  );
  scenario(
    'a port of another name',
    cluster([bare, slice({ name: 'db-1', ports: [{ name: 'postgres', port: 5432 }] })]),
    ['endpoints/slice-port-name'],
  );
  scenario('a slice without the label', cluster([bare, slice({ name: 'db-1', of: null })]), [
    'endpoints/slice-unlabelled',
  ]);
  scenario('Endpoints of another name', cluster([bare, endpoints('db-endpoints')]), ['endpoints/endpoints-name']);
  scenario(
    'Endpoints that are not mirrored',
    cluster([bare, endpoints('db', ['192.168.40.7'], { 'endpointslice.kubernetes.io/skip-mirror': 'true' })]),
    ['endpoints/not-mirrored'],
  );
  scenario('nothing by hand', cluster([bare]), ['endpoints/no-slice']);
  scenario(
    'a ClusterIP as endpoint',
    cluster([bare, slice({ name: 'db-1', addresses: [bare.spec.clusterIP ?? ''] })]),
    ['endpoints/slice-address'],
  );
  scenario(
    'a host name as endpoint',
    cluster([bare, slice({ name: 'db-1', addressType: 'FQDN', addresses: ['db.example.com'] })]),
    ['endpoints/slice-family'],
  );
  scenario('slices of the past', cluster([...db, svc, ...slicesFor(svc, [])]), ['endpoints/slices-behind']);
  scenario(
    'IPv6 over IPv4',
    cluster([
      ...db,
      service({ name: 'db', spec: { ipFamilies: ['IPv6'], clusterIP: 'fd00::9', clusterIPs: ['fd00::9'] } }),
    ]),
    ['endpoints/address-family'],
  );
});

const keda: CustomObject = {
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'db', namespace: 'demo' },
  spec: { scaleTargetRef: { name: 'db' } },
};

describe('healthy', () => {
  scenario('asleep by KEDA', cluster([...asleep, svc, keda]), []);
  scenario(
    'one of two Pods not ready',
    cluster([...db.slice(0, -1), ...withPods(db.slice(-1), (each) => unready(each)), svc]),
    [],
  );
  scenario(
    'a rollout under way',
    cluster(
      [...db, pod({ name: 'db-next', labels: { app: 'db' } }), svc].map((object) =>
        object.metadata.name === 'db-next' ? waiting(object as Pod, 'ContainerCreating') : object,
      ),
    ),
    [],
  );
  scenario(
    'an evicted leftover',
    cluster([
      ...db,
      pod({ name: 'db-evicted', labels: { app: 'db' }, status: { phase: 'Failed', reason: 'Evicted' } }),
      svc,
    ]),
    [],
  );
  scenario(
    'a Pod on its way out',
    cluster([
      ...db,
      change(
        pod({ name: 'db-last', labels: { app: 'db' } }),
        (draft) => void (draft.metadata.deletionTimestamp = '2026-03-02T09:59:50Z'),
      ),
      svc,
    ]),
    [],
  );
  scenario('a slice for machines outside', cluster([bare, slice({ name: 'db-vm' })]), []);
  scenario('mirrored Endpoints', cluster([bare, endpoints('db'), slice({ name: 'db-m', manager: mirroring })]), []);
  scenario(
    'published before they are ready',
    cluster([
      ...withPods(workload({ kind: 'StatefulSet', name: 'db', replicas: 2 }), (each) => unready(each)),
      headless('db', { publishNotReadyAddresses: true }),
    ]),
    [],
  );
  scenario(
    'old restarts',
    cluster(
      eachPod(db, (each) =>
        change(each, (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            Object.assign(status, {
              restartCount: 12,
              lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-02T00:00:00Z' } },
            });
        }),
      ),
    ),
    [],
  );
  scenario(
    'a cordoned node',
    change(cluster([...db, svc]), (draft) => {
      for (const object of draft.objects)
        if (object.kind === 'Node') Object.assign(object, { spec: { unschedulable: true } } satisfies Partial<Node>);
    }),
    [],
  );
});
