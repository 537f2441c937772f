import type { Pod } from '../objects.ts';

/**
 * What NetworkPolicies mean, as rules of the node's packet filter: https://kubernetes.io/docs/concepts/services-networking/network-policies/
 * Written for the tests alone, so that what svcdoctor says about policies is measured against packets and not against
 * its own reading of them.
 */

export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[];
    readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly Port[] }[];
    readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly Port[] }[];
  };
}

export interface Namespace {
  readonly metadata: { readonly name: string; readonly labels?: Labels };
}

type Labels = Readonly<{ [key: string]: string }>;

interface Selector {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Port {
  readonly protocol?: string;
  readonly port?: number | string;
  readonly endPort?: number;
}

interface World {
  readonly policies: readonly NetworkPolicy[];
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
}

type Direction = 'Ingress' | 'Egress';

/** A Pod that can be the source or the target of a packet. */
type Addressed = Pod & { readonly status: { readonly podIP: string } };

/**
 * A transaction for `nft -f -` that replaces the table with one that does what the policies say. A node's own packets to
 * its Pods, such as probes, pass, as everywhere; connections that exist when a policy comes go on.
 */
export function packetFilter(table: string, world: World): string {
  const pods = world.pods.filter(isAddressed);
  const chains: string[] = [];
  const jumps: Record<Direction, string[]> = { Ingress: [], Egress: [] };
  for (const [index, pod] of pods.entries()) {
    for (const direction of ['Ingress', 'Egress'] as const) {
      const policies = world.policies.filter((policy) => isolates(policy, pod, direction));
      if (policies.length === 0) continue;
      const chain = `${direction.toLowerCase()}_${index}`;
      const allowed = policies.flatMap((policy) => allowedBy(policy, pod, direction, { ...world, pods }));
      // A Pod may always talk to itself, which it does through its own Service too.
      const itself = `ip saddr ${pod.status.podIP} ip daddr ${pod.status.podIP} return`;
      chains.push(`chain ${chain} {\n${[itself, ...allowed, 'drop'].join('\n')}\n}`);
      jumps[direction].push(`ip ${direction === 'Ingress' ? 'daddr' : 'saddr'} ${pod.status.podIP} jump ${chain}`);
    }
  }
  const hooked = (hook: string, rules: readonly string[]): string =>
    `chain ${hook} {\n${[`type filter hook ${hook} priority -4`, 'ct state established,related accept', ...rules].join('\n')}\n}`;
  const content = [...chains, hooked('forward', [...jumps.Egress, ...jumps.Ingress]), hooked('input', jumps.Egress)];
  return `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${content.join('\n')}\n}\n`;
}

function isAddressed(pod: Pod): pod is Addressed {
  const ended = pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
  return pod.status.podIP !== undefined && !pod.spec.hostNetwork && !ended;
}

function isolates({ metadata, spec }: NetworkPolicy, pod: Pod, direction: Direction): boolean {
  // The API server fills policyTypes in; a policy of an old cluster may lack it.
  const types = spec.policyTypes ?? (spec.egress ? ['Ingress', 'Egress'] : ['Ingress']);
  return (
    metadata.namespace === pod.metadata.namespace &&
    types.includes(direction) &&
    matches(spec.podSelector, pod.metadata.labels)
  );
}

/** One packet filter rule, ending in `return`, for each way in which the policy lets packets in or out. */
function allowedBy(policy: NetworkPolicy, pod: Addressed, direction: Direction, world: World): string[] {
  const rules =
    direction === 'Ingress'
      ? (policy.spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (policy.spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  return rules.flatMap(({ peers, ports }) =>
    placesOf(peers, policy, direction, world).flatMap(({ match, pods }) =>
      (ports && ports.length > 0 ? ports : [undefined]).flatMap((port) => {
        if (typeof port?.port !== 'string') return `${match} ${numbered(port)} return`;
        // A name means the port of that name in the Pod that the packet goes to, and each may give it another number.
        const targets = direction === 'Ingress' ? [pod] : pods;
        return targets.flatMap((target) =>
          numbersOf(target, port).map((number) => {
            const exactly = direction === 'Ingress' ? match : `ip daddr ${target.status.podIP}`;
            return `${exactly} ${numbered({ ...port, port: number })} return`;
          }),
        );
      }),
    ),
  );
}

interface Place {
  readonly match: string;
  readonly pods: readonly Addressed[];
}

/** Where the other end may be; without peers anywhere. */
function placesOf(
  peers: readonly Peer[] | undefined,
  policy: NetworkPolicy,
  direction: Direction,
  world: World,
): Place[] {
  const side = direction === 'Ingress' ? 'ip saddr' : 'ip daddr';
  const all = world.pods.filter(isAddressed);
  if (!peers || peers.length === 0) return [{ match: '', pods: all }];
  return peers.flatMap((peer) => {
    if (peer.ipBlock) {
      const { cidr, except = [] } = peer.ipBlock;
      const but = except.length > 0 ? ` ${side} != { ${except.join(', ')} }` : '';
      return [{ match: `${side} ${cidr}${but}`, pods: [] }];
    }
    const pods = all.filter((pod) => isPeer(peer, pod, policy.metadata.namespace, world.namespaces));
    if (pods.length === 0) return [];
    return [{ match: `${side} { ${pods.map(({ status }) => status.podIP).join(', ')} }`, pods }];
  });
}

function isPeer(peer: Peer, pod: Pod, ownNamespace: string, namespaces: readonly Namespace[]): boolean {
  if (peer.podSelector && !matches(peer.podSelector, pod.metadata.labels)) return false;
  if (!peer.namespaceSelector) return pod.metadata.namespace === ownNamespace;
  const namespace = namespaces.find(({ metadata }) => metadata.name === pod.metadata.namespace);
  return namespace !== undefined && matches(peer.namespaceSelector, namespace.metadata.labels);
}

function numbered(port: Port | undefined): string {
  if (!port) return '';
  const protocol = (port.protocol ?? 'TCP').toLowerCase();
  if (port.port === undefined) return `meta l4proto ${protocol}`;
  return `${protocol} dport ${port.port}${port.endPort === undefined ? '' : `-${port.endPort}`}`;
}

function numbersOf({ spec }: Pod, { port, protocol = 'TCP' }: Port): number[] {
  return spec.containers
    .flatMap(({ ports = [] }) => ports)
    .filter((candidate) => candidate.name === port && (candidate.protocol ?? 'TCP') === protocol)
    .map(({ containerPort }) => containerPort);
}

function matches({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels = {}): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
      }
    })
  );
}
