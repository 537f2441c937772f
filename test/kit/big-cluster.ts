import type { KubeObject, Pod, Service } from '../../src/k8s/objects.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { change, dns, namespace, node, service, slicesFor, snapshotOf, unready, workload } from './cluster.ts';

export interface BigClusterShape {
  readonly services: number;
  readonly podsPerService?: number;
  readonly servicesPerNamespace?: number;
  readonly podsPerNode?: number;
}

/** One Service in ten is broken, each in one of these ways by turns. */
type Fault = 'none' | 'selector' | 'target port' | 'not ready';
const faults = ['selector', 'target port', 'not ready'] as const;
const faultOf = (index: number): Fault => (index % 10 === 7 ? (faults[Math.floor(index / 10) % 3] ?? 'none') : 'none');

/**
 * A whole cluster as a sweep finds it: Services with a Deployment, ReplicaSet, Pods and slices each, spread over namespaces and nodes;
 * kube-proxy on each node, a NetworkPolicy in each namespace, and every tenth Service of a rarer kind.
 */
export function bigCluster({
  services,
  podsPerService = 10,
  servicesPerNamespace = 50,
  podsPerNode = 50,
}: BigClusterShape): Snapshot {
  const nodes = Array.from({ length: Math.max(2, Math.ceil((services * podsPerService) / podsPerNode)) }, (_, index) =>
    change(node(`node-${index}`, `192.168.${index >> 8}.${index & 255}`), (draft) => {
      Object.assign(draft.spec ?? {}, { podCIDR: `10.${128 + (index >> 8)}.${index & 255}.0/24` });
    }),
  );
  const names = nodes.map(({ metadata }) => metadata.name);
  const system = [
    ...dns(),
    ...['kube-proxy', 'kube-flannel'].flatMap((name) =>
      workload({
        namespace: 'kube-system',
        kind: 'DaemonSet',
        name,
        labels: { 'k8s-app': name },
        replicas: names.length,
        nodes: names,
        spec: { hostNetwork: true },
      }),
    ),
  ];
  let given = 0;
  const address = () => {
    given += 1;
    return `10.${128 + (given >> 16)}.${(given >> 8) & 255}.${given & 255}`;
  };
  const objects: KubeObject[] = [...system, ...nodes, ...slicesOf(system), ingressClass];
  for (let index = 0; index < services; index += 1) {
    const home = `team-${Math.floor(index / servicesPerNamespace)}`;
    if (index % servicesPerNamespace === 0) objects.push(namespace(home), openPolicy(home));
    const pods = stack(home, index, podsPerService, names, address);
    const others = rarer(home, index);
    objects.push(...pods, ...others, ...slicesOf([...others, ...pods.filter(({ kind }) => kind === 'Pod')]));
  }
  return snapshotOf(objects);
}

const ingressClass = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx' },
  spec: { controller: 'example.com/out-of-sight' },
} as KubeObject;

const openPolicy = (home: string) =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'open', namespace: home },
    spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] },
  }) as KubeObject;

/** What stands beside every tenth Service: an Ingress to it, and an ExternalName, a NodePort or a headless Service. */
function rarer(home: string, index: number): readonly KubeObject[] {
  if (index % 10 !== 3) return [];
  const name = `api-${index}`;
  const [kind, spec] = kinds[Math.floor(index / 10) % kinds.length] ?? kinds[0];
  const address = spec.clusterIP ?? `10.112.${index >> 8}.${(index & 255) + 1}`;
  const other = service({
    namespace: home,
    name: `${name}-${kind}`,
    selector: kind === 'alias' ? null : { app: name },
  });
  return [
    change(other, (draft) => void Object.assign(draft.spec, { clusterIP: address, clusterIPs: [address], ...spec })),
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace: home, creationTimestamp: '2026-03-02T09:00:00Z' },
      spec: {
        ingressClassName: 'nginx',
        rules: [
          {
            host: `${name}.example.com`,
            http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 80 } } } }] },
          },
        ],
      },
    } as KubeObject,
  ];
}

const kinds: readonly [
  readonly [string, Partial<Service['spec']>],
  ...(readonly [string, Partial<Service['spec']>])[],
] = [
  ['alias', { type: 'ExternalName', externalName: 'db.example.com' }],
  ['node-port', { type: 'NodePort' }],
  ['headless', { clusterIP: 'None' }],
];

function stack(
  home: string,
  index: number,
  replicas: number,
  nodes: readonly string[],
  address: () => string,
): readonly KubeObject[] {
  const name = `api-${index}`;
  const fault = faultOf(index);
  const first = (index * replicas) % nodes.length;
  const turned = [
    ...nodes.slice(first, first + replicas),
    ...nodes.slice(0, Math.max(0, first + replicas - nodes.length)),
  ];
  const [deployment, ...rest] = workload({ namespace: home, name, replicas, nodes: turned });
  const members = rest.map((object) => {
    if (object.kind !== 'Pod') return object;
    const ip = address();
    const running = change(object as Pod, (draft) => {
      if (draft.status) Object.assign(draft.status, { podIP: ip, podIPs: [{ ip }] });
    });
    return fault === 'not ready' ? unready(running) : running;
  });
  const front: Service = change(
    service({
      namespace: home,
      name,
      selector: { app: fault === 'selector' ? `${name}x` : name },
      ports: [{ name: 'http', port: 80, targetPort: fault === 'target port' ? 'web' : 'http' }],
    }),
    (draft) => {
      const ip = `10.96.${index >> 8}.${(index & 255) + 1}`;
      Object.assign(draft.spec, { clusterIP: ip, clusterIPs: [ip] });
    },
  );
  return [deployment, ...members, front, ...slicesOf([front, ...members])];
}

const slicesOf = (objects: readonly KubeObject[]) =>
  objects
    .filter((object): object is Service => object.kind === 'Service')
    .flatMap((of) =>
      slicesFor(
        of,
        objects.filter((object): object is Pod => object.kind === 'Pod'),
      ),
    );
