import type { Container, KubeObject, Pod, PodSpec, Service, Workload } from '../../src/k8s/objects.ts';
import { change, dns, type Draft, namespace as namespaceObject, workload } from '../kit/cluster.ts';
import type { Random } from './random.ts';
import {
  add,
  backendPods,
  clientPods,
  edit,
  isBackendPod,
  isBackendWorkload,
  isClientPod,
  isClientWorkload,
  isTarget,
  networkPolicy,
  observe,
  targetOf,
  without,
  type World,
} from './world.ts';

/** One way to break a healthy world, and the cause that must then come first. */
export interface Mutation {
  readonly name: string;
  /** Ids of which one must be the first finding. */
  readonly causes: readonly string[];
  /** Undefined where this world cannot be broken so. */
  apply(world: World, random: Random): World | undefined;
}

const editTarget = (world: World, edit_: (draft: Draft<Service>) => void) => edit(world, isTarget(world), edit_);
const editBackend = (world: World, edit_: (spec: Draft<PodSpec>) => void): World =>
  editTemplates(
    edit(world, isBackendPod(world), (pod) => edit_(pod.spec)),
    isBackendWorkload(world),
    edit_,
  );
const editClient = (world: World, edit_: (spec: Draft<PodSpec>) => void): World =>
  editTemplates(
    edit(world, isClientPod(world), (pod) => edit_(pod.spec)),
    isClientWorkload(world),
    edit_,
  );
const editTemplates = (
  world: World,
  of: ReturnType<typeof isBackendWorkload>,
  edit_: (spec: Draft<PodSpec>) => void,
): World =>
  edit(world, of, ({ spec }) => {
    if (spec.template) edit_(spec.template.spec);
  });
const firstContainer = (spec: Draft<PodSpec>): Draft<Container> => {
  const [container] = spec.containers;
  if (!container) throw new Error('a Pod without containers');
  return container;
};
const schemeFor = (port: number): string => (port === 443 ? 'https' : 'http');
const setSetting = (world: World, value: string): World =>
  editClient(world, (spec) => {
    for (const variable of firstContainer(spec).env ?? []) if (variable.name === world.setting) variable.value = value;
  });
const firstPort = (world: World) => {
  const [port] = targetOf(world).spec.ports ?? [];
  if (!port) throw new Error('a Service without ports');
  return port;
};
const containerPortOf = (world: World): number => {
  const { targetPort } = firstPort(world);
  if (typeof targetPort === 'number') return targetPort;
  return backendPods(world)[0]?.spec.containers[0]?.ports?.find(({ name }) => name === targetPort)?.containerPort ?? 0;
};
const selectorEntry = (world: World, random: Random) =>
  random.pick(Object.entries(targetOf(world).spec.selector ?? {}));

const stopped = (pod: Draft<Pod>, reason: string, message: string, extra: object = {}): void => {
  pod.status = {
    ...pod.status,
    phase: reason === 'CrashLoopBackOff' ? 'Running' : 'Pending',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Initialized', status: 'True' },
      {
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: `containers with unready status: [${pod.spec.containers[0]?.name}]`,
      },
      { type: 'ContainersReady', status: 'False', reason: 'ContainersNotReady' },
    ],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      ...(image === undefined ? {} : { image }),
      ready: false,
      started: false,
      restartCount: 0,
      state: { waiting: { reason, message } },
      ...extra,
    })),
  };
};
const unreadied = (pod: Draft<Pod>, reason: string, message: string): void => {
  for (const condition of pod.status?.conditions ?? []) {
    if (condition.type === 'Ready' || (condition.type === 'ContainersReady' && reason === 'ContainersNotReady')) {
      Object.assign(condition, { status: 'False', reason, message });
    }
  }
  if (reason === 'ContainersNotReady') for (const status of pod.status?.containerStatuses ?? []) status.ready = false;
};
const event = (about: KubeObject, reason: string, message: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${about.metadata.name}.${reason.toLowerCase()}`, namespace: about.metadata.namespace ?? '' },
    involvedObject: {
      apiVersion: about.apiVersion,
      kind: about.kind,
      name: about.metadata.name,
      namespace: about.metadata.namespace ?? '',
      uid: about.metadata.uid ?? '',
    },
    reason,
    message,
    type: 'Warning',
    count: 12,
    firstTimestamp: '2026-03-02T09:00:00Z',
    lastTimestamp: '2026-03-02T09:59:30Z',
  }) as KubeObject;

const selectorIds = ['selector/label-mismatch', 'selector/no-matching-pods'];

export const mutations: readonly Mutation[] = [
  {
    name: 'typo in a selector value',
    causes: selectorIds,
    apply: (world, random) => {
      const [key, value] = selectorEntry(world, random);
      return editTarget(
        world,
        ({ spec }) => void (spec.selector = { ...spec.selector, [key]: `${value.slice(0, -1)}${value.slice(-1)}x` }),
      );
    },
  },
  {
    name: 'letter case of a selector value',
    causes: selectorIds,
    apply: (world, random) => {
      const [key, value] = selectorEntry(world, random);
      return editTarget(
        world,
        ({ spec }) =>
          void (spec.selector = { ...spec.selector, [key]: value.charAt(0).toUpperCase() + value.slice(1) }),
      );
    },
  },
  {
    name: 'another selector key',
    causes: selectorIds,
    apply: (world, random) => {
      const [key, value] = selectorEntry(world, random);
      const { [key]: _, ...rest } = targetOf(world).spec.selector ?? {};
      return editTarget(world, ({ spec }) => void (spec.selector = { ...rest, component: value }));
    },
  },
  {
    name: 'selector pinned to an old ReplicaSet',
    causes: ['selector/pinned-to-a-rollout'],
    apply: (world) =>
      editTarget(world, ({ spec }) => void (spec.selector = { ...spec.selector, 'pod-template-hash': '6f7d9c5b8' })),
  },
  {
    name: 'a label that only the workload carries',
    causes: ['selector/label-not-on-template', ...selectorIds],
    apply: (world) => {
      const labelled = edit(world, isBackendWorkload(world), (draft) => {
        if (draft.kind !== 'ReplicaSet') draft.metadata.labels = { ...draft.metadata.labels, release: 'stable' };
      });
      return editTarget(labelled, ({ spec }) => void (spec.selector = { ...spec.selector, release: 'stable' }));
    },
  },
  {
    name: 'Service in another namespace than its Pods',
    causes: ['selector/pods-in-another-namespace'],
    apply: (world) => {
      const moved = 'edge';
      return {
        ...add(
          edit(world, isTarget(world), ({ metadata }) => void (metadata.namespace = moved)),
          namespaceObject(moved),
        ),
        namespace: moved,
      };
    },
  },
  {
    name: 'selector as wide as two releases',
    causes: ['selector/too-wide'],
    apply: (world) => {
      const labels = targetOf(world).spec.selector ?? {};
      if (!labels['app.kubernetes.io/instance']) return undefined;
      const shared = { 'app.kubernetes.io/name': labels['app.kubernetes.io/name'] ?? '' };
      return add(
        editTarget(world, ({ spec }) => void (spec.selector = shared)),
        ...workload({
          namespace: world.namespace,
          name: `${world.name}-beta`,
          labels: { ...shared, 'app.kubernetes.io/instance': 'beta' },
          container: backendPods(world)[0]?.spec.containers[0] ?? {},
        }),
      );
    },
  },
  {
    name: 'scaled to zero',
    causes: ['endpoints/scaled-to-zero'],
    apply: (world) =>
      without(
        edit(world, isBackendWorkload(world), ({ spec, status }) => {
          spec.replicas = 0;
          Object.assign(status ?? {}, { replicas: 0, readyReplicas: 0, availableReplicas: 0 });
        }),
        isBackendPod(world),
      ),
  },
  {
    name: 'quota refuses the Pods',
    causes: ['endpoints/pods-not-created'],
    apply: (world) => {
      const message = `pods "${world.name}-x" is forbidden: exceeded quota: compute-limits, requested: pods=1, used: pods=3, limited: pods=3`;
      const empty = without(
        edit(world, isBackendWorkload(world), ({ status, kind }) => {
          Object.assign(status ?? {}, { replicas: 0, readyReplicas: 0, availableReplicas: 0 });
          if (kind === 'ReplicaSet')
            Object.assign(status ?? {}, {
              conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
            });
        }),
        isBackendPod(world),
      );
      const creator = empty.objects.filter(isBackendWorkload(empty)).at(-1);
      return creator ? add(empty, event(creator, 'FailedCreate', `Error creating: ${message}`)) : undefined;
    },
  },
  {
    name: 'image that does not exist',
    causes: ['endpoints/image-pull'],
    apply: (world) =>
      edit(world, isBackendPod(world), (pod) =>
        stopped(pod, 'ImagePullBackOff', `Back-off pulling image "${pod.spec.containers[0]?.image}"`),
      ),
  },
  {
    name: 'crash loop',
    causes: ['endpoints/crash-looping'],
    apply: (world) =>
      edit(world, isBackendPod(world), (pod) =>
        stopped(pod, 'CrashLoopBackOff', 'back-off 5m0s restarting failed container', {
          restartCount: 14,
          lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-03-02T09:58:00Z' } },
        }),
      ),
  },
  {
    name: 'unschedulable',
    causes: ['endpoints/pending'],
    apply: (world) =>
      edit(world, isBackendPod(world), (pod) => {
        delete pod.spec.nodeName;
        pod.status = {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: '0/2 nodes are available: 2 Insufficient memory.',
            },
          ],
        };
      }),
  },
  {
    name: 'readiness probe answers 404',
    causes: ['endpoints/readiness-probe'],
    apply: (world) => {
      const probed = editBackend(
        world,
        (spec) =>
          void (firstContainer(spec).readinessProbe = {
            httpGet: { path: '/ready', port: containerPortOf(world), scheme: 'HTTP' },
          }),
      );
      const failing = edit(probed, isBackendPod(probed), (pod) =>
        unreadied(pod, 'ContainersNotReady', `containers with unready status: [${world.name}]`),
      );
      return add(
        failing,
        ...backendPods(failing).map((pod) =>
          event(pod, 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404'),
        ),
      );
    },
  },
  {
    name: 'readiness gate',
    causes: ['endpoints/readiness-gate'],
    apply: (world) =>
      edit(world, isBackendPod(world), (pod) => {
        pod.spec.readinessGates = [{ conditionType: 'target-health.example.com/backend' }];
        unreadied(
          pod,
          'ReadinessGatesNotReady',
          'the status of pod readiness gate "target-health.example.com/backend" is not "True"',
        );
      }),
  },
  {
    name: 'lost node',
    causes: ['endpoints/node-lost'],
    apply: (world) => {
      const lost = edit(world, isBackendPod(world), (pod) => {
        pod.spec.nodeName = 'node-c';
        unreadied(pod, 'NodeLost', 'Node node-c which was running the pod is unresponsive');
      });
      return add(lost, {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: { name: 'node-c', labels: { 'kubernetes.io/hostname': 'node-c' } },
        status: {
          conditions: [
            {
              type: 'Ready',
              status: 'Unknown',
              reason: 'NodeStatusUnknown',
              message: 'Kubelet stopped posting node status.',
            },
          ],
          addresses: [{ type: 'InternalIP', address: '192.168.10.13' }],
        },
      } as KubeObject);
    },
  },
  {
    name: 'named port that no container has',
    causes: ['ports/named-port-unresolved'],
    apply: (world) =>
      editTarget(world, ({ spec }) =>
        spec.ports?.forEach((port, index) => void (index === 0 && (port.targetPort = 'grpc-web'))),
      ),
  },
  {
    name: 'digits as a string',
    causes: ['ports/digits-as-a-name', 'ports/named-port-unresolved'],
    apply: (world) =>
      editTarget(world, ({ spec }) =>
        spec.ports?.forEach((port, index) => void (index === 0 && (port.targetPort = String(containerPortOf(world))))),
      ),
  },
  {
    name: 'named port missing in a second version',
    causes: ['ports/named-port-missing-in-some-pods', 'ports/named-port-unresolved'],
    apply: (world) => {
      const { targetPort } = firstPort(world);
      if (typeof targetPort !== 'string') return undefined;
      const labels = targetOf(world).spec.selector ?? {};
      return add(
        world,
        ...workload({
          namespace: world.namespace,
          name: `${world.name}-v2`,
          labels: { ...labels, version: 'v2' },
          container: {
            ports: [
              { name: 'web', containerPort: 8081, protocol: 'TCP' },
              { name: 'metrics', containerPort: 9102, protocol: 'TCP' },
            ],
          },
        }),
      );
    },
  },
  {
    name: 'UDP instead of TCP for a named port',
    causes: ['ports/wrong-protocol', 'ports/named-port-unresolved'],
    apply: (world) => {
      if (typeof firstPort(world).targetPort !== 'string') return undefined;
      return editTarget(world, ({ spec }) =>
        spec.ports?.forEach((port, index) => void (index === 0 && (port.protocol = 'UDP'))),
      );
    },
  },
  {
    name: 'headless with another port',
    causes: ['ports/headless-port-remap'],
    apply: (world) =>
      firstPort(world).port === containerPortOf(world)
        ? undefined
        : editTarget(world, ({ spec }) =>
            Object.assign(spec, { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] }),
          ),
  },
  {
    name: 'nobody listens on the target port',
    causes: ['ports/nobody-listens'],
    apply: (world) =>
      observe(
        world,
        ...backendPods(world).map((pod) => ({
          kind: 'Listeners' as const,
          pod: { namespace: world.namespace, name: pod.metadata.name },
          sockets: [{ address: '0.0.0.0', port: 4567, protocol: 'TCP' as const }],
        })),
      ),
  },
  {
    name: 'bound to loopback',
    causes: ['ports/bound-to-loopback'],
    apply: (world) =>
      observe(
        world,
        ...backendPods(world).map((pod) => ({
          kind: 'Listeners' as const,
          pod: { namespace: world.namespace, name: pod.metadata.name },
          sockets: [...new Set([containerPortOf(world), 9102])].map((port) => ({
            address: port === 9102 ? '0.0.0.0' : '127.0.0.1',
            port,
            protocol: 'TCP' as const,
          })),
        })),
      ),
  },
  {
    name: 'client uses the container port',
    causes: ['client/container-port'],
    apply: (world) => {
      const port = containerPortOf(world);
      if ((targetOf(world).spec.ports ?? []).some((candidate) => candidate.port === port)) return undefined;
      return setSetting(world, `${schemeFor(firstPort(world).port)}://${world.name}.${world.namespace}:${port}`);
    },
  },
  {
    name: 'client uses localhost',
    causes: ['client/localhost'],
    apply: (world) => {
      const { port } = firstPort(world);
      return port === 8080 ? undefined : setSetting(world, `${schemeFor(port)}://localhost:${port}`);
    },
  },
  {
    name: 'short name from another namespace',
    causes: ['name/short-name-from-another-namespace'],
    apply: (world) =>
      world.clientNamespace === world.namespace
        ? undefined
        : setSetting(world, `${schemeFor(firstPort(world).port)}://${world.name}:${firstPort(world).port}`),
  },
  {
    name: 'wrong namespace in the name',
    causes: ['name/wrong-namespace'],
    apply: (world) =>
      setSetting(
        world,
        `${schemeFor(firstPort(world).port)}://${world.name}.legacy.svc.cluster.local:${firstPort(world).port}`,
      ),
  },
  {
    name: 'wrong cluster domain in the name',
    causes: ['name/wrong-cluster-domain'],
    apply: (world) =>
      setSetting(
        world,
        `${schemeFor(firstPort(world).port)}://${world.name}.${world.namespace}.svc.corp.internal:${firstPort(world).port}`,
      ),
  },
  {
    name: 'policy admits other Pods only',
    causes: ['policy/ingress-blocked'],
    apply: (world) =>
      add(
        without(world, ({ kind }) => kind === 'NetworkPolicy'),
        networkPolicy(world.namespace, 'backend-only', targetOf(world).spec.selector ?? {}, {
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: { matchLabels: { role: 'trusted' } } }] }],
        }),
      ),
  },
  {
    name: 'policy opens the Service port',
    causes: ['policy/ingress-blocked', 'policy/ingress-port', 'policy/service-port'],
    apply: (world) => {
      const { port } = firstPort(world);
      if (port === containerPortOf(world)) return undefined;
      return add(
        without(world, ({ kind }) => kind === 'NetworkPolicy'),
        networkPolicy(world.namespace, 'open-http', targetOf(world).spec.selector ?? {}, {
          policyTypes: ['Ingress'],
          ingress: [{ ports: [{ port, protocol: 'TCP' }] }],
        }),
      );
    },
  },
  {
    name: 'egress of the client is denied, but to the backend',
    causes: ['dns/egress-policy-blocks-dns'],
    apply: (world) =>
      add(
        world,
        networkPolicy(world.clientNamespace, 'default-deny-egress', {}, { policyTypes: ['Egress'] }),
        networkPolicy(
          world.clientNamespace,
          'to-backend',
          {},
          {
            policyTypes: ['Egress'],
            egress: [
              { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': world.namespace } } }] },
            ],
          },
        ),
      ),
  },
  {
    name: 'client on the host network',
    causes: ['dns/node-resolver'],
    apply: (world) => editClient(world, (spec) => void (spec.hostNetwork = true)),
  },
  {
    name: 'internalTrafficPolicy Local without a local endpoint',
    causes: ['dataplane/internal-traffic-policy-local'],
    apply: (world) => {
      const placed = edit(
        edit(world, isBackendPod(world), ({ spec }) => void (spec.nodeName = 'node-a')),
        isClientPod(world),
        ({ spec }) => void (spec.nodeName = 'node-b'),
      );
      return editTarget(placed, ({ spec }) => void (spec.internalTrafficPolicy = 'Local'));
    },
  },
  {
    name: 'stale mirrored slice',
    causes: ['endpoints/stale-slice'],
    apply: (world) => {
      const target = targetOf(world);
      return add(world, {
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          name: `${world.name}-x7k2p`,
          namespace: world.namespace,
          labels: {
            'kubernetes.io/service-name': world.name,
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          },
        },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['10.244.251.9'], conditions: { ready: true } }],
        ports: (target.spec.ports ?? []).map(({ name = '' }) => ({
          name,
          port: containerPortOf(world),
          protocol: 'TCP',
        })),
      } as unknown as KubeObject);
    },
  },
  {
    name: 'Ingress asks for a port the Service lacks',
    causes: ['routes/ingress-port-not-found', 'routes/ingress-port'],
    apply: (world) => add(world, ingressClass, ingress(world, { number: 65000 })),
  },
  {
    name: 'Ingress of a class that does not exist',
    causes: ['routes/ingress-class-missing', 'routes/ingress-class'],
    apply: (world) =>
      add(
        world,
        ingressClass,
        change(ingress(world, { number: firstPort(world).port }), (draft) =>
          Object.assign((draft as unknown as { spec: object }).spec, { ingressClassName: 'traefik' }),
        ),
      ),
  },
  {
    name: 'NetworkPolicy on egress forgets the backend',
    causes: ['policy/egress-blocked'],
    apply: (world) =>
      add(
        world,
        networkPolicy(world.clientNamespace, 'dns-only', clientPods(world)[0]?.metadata.labels ?? {}, {
          policyTypes: ['Egress'],
          egress: [
            {
              ports: [
                { port: 53, protocol: 'UDP' },
                { port: 53, protocol: 'TCP' },
              ],
            },
          ],
        }),
      ),
  },
  {
    name: 'CoreDNS scaled to zero',
    causes: ['dns/no-pods'],
    apply: (world) =>
      add(
        world,
        ...dns()
          .filter(({ kind }) => kind !== 'Pod')
          .map((object) =>
            object.kind === 'Deployment' || object.kind === 'ReplicaSet'
              ? change(object as Workload, ({ spec, status }) => {
                  spec.replicas = 0;
                  Object.assign(status ?? {}, { replicas: 0, readyReplicas: 0, availableReplicas: 0 });
                })
              : object,
          ),
      ),
  },
  {
    name: 'CoreDNS crash-looping',
    causes: ['dns/pods-crash'],
    apply: (world) =>
      add(
        world,
        ...dns().map((object) =>
          object.kind === 'Pod'
            ? change(object as Pod, (pod) =>
                stopped(pod, 'CrashLoopBackOff', 'back-off 5m0s restarting failed container', {
                  restartCount: 9,
                  lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-03-02T09:58:00Z' } },
                }),
              )
            : object,
        ),
      ),
  },
  {
    name: 'Corefile of another cluster domain',
    causes: ['dns/cluster-domain-mismatch'],
    apply: (world) => {
      const [client] = clientPods(world);
      if (!client) return undefined;
      const search = `${world.clientNamespace}.svc.corp.internal svc.corp.internal corp.internal`;
      return observe(world, {
        kind: 'ResolvConf',
        pod: { namespace: world.clientNamespace, name: client.metadata.name },
        text: `search ${search}\nnameserver 10.96.0.10\noptions ndots:5\n`,
      });
    },
  },
  {
    name: 'an ExternalName that is an address',
    causes: ['dns/external-name-is-an-address'],
    apply: (world) =>
      editTarget(world, ({ spec }) => {
        Object.assign(spec, { type: 'ExternalName', externalName: '192.0.2.44' });
        delete spec.selector;
        delete spec.clusterIP;
        delete spec.clusterIPs;
      }),
  },
];

const ingressClass = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx' },
  spec: { controller: 'k8s.io/ingress-nginx' },
} as KubeObject;

const ingress = (world: World, port: object): KubeObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: `${world.name}-edge`, namespace: world.namespace },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        {
          host: `${world.name}.example.com`,
          http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: world.name, port } } }] },
        },
      ],
    },
    status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } },
  }) as KubeObject;
