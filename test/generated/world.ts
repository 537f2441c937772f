import type { Container, KubeObject, Labels, Pod, Service, ServicePort, Workload } from '../../src/k8s/objects.ts';
import { controllerOf } from '../../src/k8s/workloads.ts';
import type { Observation, Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload, type Draft, change } from '../kit/cluster.ts';
import type { Random } from './random.ts';

/** A healthy stack as people build them: one Service under test, its client, neighbours and the noise of a real cluster. */
export interface World {
  readonly objects: readonly KubeObject[];
  readonly observations: readonly Observation[];
  readonly namespace: string;
  readonly name: string;
  readonly clientNamespace: string;
  readonly client: string;
  /** The setting by which the client finds the Service, and how it is written. */
  readonly setting: string;
}

const backends = [
  'db',
  'orders',
  'payments',
  'catalog',
  'session-store',
  'ledger',
  'search',
  'billing',
  'inventory',
] as const;
const clients = ['web', 'gateway', 'worker', 'frontend', 'reporter', 'bff'] as const;
const namespaces = ['shop', 'prod', 'staging', 'team-blue', 'platform'] as const;

export function healthyWorld(random: Random): World {
  const namespace = random.pick(namespaces);
  const name = random.pick(backends);
  const client = random.pick(clients);
  const clientNamespace = random.chance(0.3)
    ? random.pick(namespaces.filter((other) => other !== namespace))
    : namespace;
  const labels = labelsOf(random, name);
  const containerPort = random.pick([8080, 3000, 5432, 9000, 8443]);
  const portName = random.pick(['http', 'api', 'main']);
  const port = random.pick([80, 443, 8080, 9090].filter((candidate) => candidate !== containerPort));
  const named = random.chance(0.5);
  const ports: ServicePort[] = [
    { name: portName, port, protocol: 'TCP', targetPort: named ? portName : containerPort },
  ];
  if (random.chance(0.3))
    ports.push({ name: 'metrics', port: 9102, protocol: 'TCP', targetPort: named ? 'metrics' : 9102 });
  const declared = named || random.chance(0.7);
  const container: Partial<Container> = {
    ports: declared
      ? [
          { name: portName, containerPort, protocol: 'TCP' },
          { name: 'metrics', containerPort: 9102, protocol: 'TCP' },
        ]
      : [],
    ...(random.chance(0.6)
      ? { readinessProbe: { httpGet: { path: '/healthz', port: containerPort, scheme: 'HTTP' } } }
      : {}),
  };
  const host =
    clientNamespace === namespace
      ? random.pick([name, `${name}.${namespace}.svc.cluster.local`])
      : `${name}.${namespace}`;
  const setting = `${name.toUpperCase().replaceAll('-', '_')}_URL`;
  return {
    namespace,
    name,
    client,
    clientNamespace,
    setting,
    observations: [],
    objects: [
      ...workload({
        namespace,
        name,
        labels,
        kind: random.pick(['Deployment', 'Deployment', 'StatefulSet'] as const),
        replicas: random.between(1, 4),
        container,
      }),
      service({ namespace, name, selector: labels, ports, spec: random.chance(0.2) ? { type: 'NodePort' } : {} }),
      ...workload({
        namespace: clientNamespace,
        name: client,
        labels: labelsOf(random, client),
        replicas: random.between(1, 2),
        container: {
          env: [
            { name: 'LOG_LEVEL', value: 'info' },
            { name: setting, value: `${port === 443 ? 'https' : 'http'}://${host}:${port}` },
          ],
        },
      }),
      ...noise(random, namespace, name, labels),
    ],
  };
}

const labelsOf = (random: Random, name: string): Labels =>
  random.pick<Labels>([
    { app: name },
    { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': `${name}-main` },
    { app: name, tier: 'backend' },
    { 'k8s-app': name },
  ]);

/** What stands around in any namespace and has nothing to do with the Service. */
function noise(random: Random, namespace: string, name: string, labels: Labels): readonly KubeObject[] {
  const objects: KubeObject[] = [];
  if (random.chance(0.5))
    objects.push(
      ...workload({ namespace, name: 'cache', labels: { app: 'cache' } }),
      service({ namespace, name: 'cache' }),
    );
  if (random.chance(0.3))
    objects.push(...workload({ namespace, name: 'logger', kind: 'DaemonSet', labels: { app: 'logger' }, replicas: 2 }));
  if (random.chance(0.3)) objects.push(networkPolicy(namespace, `${name}-open`, labels, { ingress: [{}] }));
  if (random.chance(0.3)) {
    objects.push({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'compute', namespace },
      spec: { hard: { pods: '50' } },
      status: { hard: { pods: '50' }, used: { pods: '7' } },
    } as KubeObject);
  }
  if (random.chance(0.3)) {
    objects.push({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'cache', namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'cache' },
        minReplicas: 1,
        maxReplicas: 4,
      },
    } as KubeObject);
  }
  return objects;
}

export const networkPolicy = (namespace: string, name: string, podLabels: Labels, spec: object): KubeObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: { podSelector: { matchLabels: podLabels }, ...spec },
  }) as KubeObject;

export const snapshotOfWorld = (world: World): Snapshot => cluster(world.objects, world.observations);

/** The world with some of its objects changed; objects that no slice was computed from yet. */
export const edit = <T extends KubeObject>(
  world: World,
  of: (object: KubeObject) => object is T,
  change_: (draft: Draft<T>) => void,
): World => ({
  ...world,
  objects: world.objects.map((object) => (of(object) ? change(object, change_) : object)),
});

export const add = (world: World, ...objects: readonly KubeObject[]): World => ({
  ...world,
  objects: [...world.objects, ...objects],
});
export const observe = (world: World, ...observations: readonly Observation[]): World => ({
  ...world,
  observations: [...world.observations, ...observations],
});
export const without = (world: World, of: (object: KubeObject) => boolean): World => ({
  ...world,
  objects: world.objects.filter((object) => !of(object)),
});

export const isTarget =
  (world: World) =>
  (object: KubeObject): object is Service =>
    object.kind === 'Service' && object.metadata.name === world.name && object.metadata.namespace === world.namespace;

const belongs = (world: World, object: KubeObject, namespace: string, name: string): boolean => {
  if (object.metadata.namespace !== namespace) return false;
  if (object.metadata.name === name) return object.kind !== 'Service';
  const owner = controllerOf(object);
  if (!owner) return false;
  const parent = world.objects.find(
    ({ kind, metadata }) => kind === owner.kind && metadata.name === owner.name && metadata.namespace === namespace,
  );
  return parent !== undefined && belongs(world, parent, namespace, name);
};

export const isBackendPod =
  (world: World) =>
  (object: KubeObject): object is Pod =>
    object.kind === 'Pod' && belongs(world, object, world.namespace, world.name);

export const isClientPod =
  (world: World) =>
  (object: KubeObject): object is Pod =>
    object.kind === 'Pod' && belongs(world, object, world.clientNamespace, world.client);

const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'];

export const isBackendWorkload =
  (world: World) =>
  (object: KubeObject): object is Workload =>
    workloadKinds.includes(object.kind) && belongs(world, object, world.namespace, world.name);

export const isClientWorkload =
  (world: World) =>
  (object: KubeObject): object is Workload =>
    workloadKinds.includes(object.kind) && belongs(world, object, world.clientNamespace, world.client);

export const backendPods = (world: World): readonly Pod[] => world.objects.filter(isBackendPod(world));
export const clientPods = (world: World): readonly Pod[] => world.objects.filter(isClientPod(world));

export const targetOf = (world: World): Service => {
  const found = world.objects.find(isTarget(world));
  if (!found) throw new Error('the world lost its Service');
  return found;
};
