import { named } from '../k8s/named.ts';
import { isInCidr } from '../k8s/addresses.ts';
import { portOf } from '../k8s/client-references.ts';
import { destinationsOf, podFromTemplate, type Destination } from '../k8s/destinations.ts';
import { formatLabels, formatLabelSelector } from '../k8s/labels.ts';
import {
  changeThatAdmits,
  lastingLabelsOf,
  peerFor,
  policyPortFor,
  policyThatAdmits,
  strandedPolicies,
} from '../k8s/network-policy-changes.ts';
import {
  addressEnd,
  directionsOf,
  isAboutSomethingElse,
  formatPeer,
  formatPeerMiss,
  formatPolicyPort,
  formatPortMiss,
  judge,
  policyEndOf,
  rulesOf,
  selectsForPolicy,
  type Direction,
  type Judgement,
  type PeerMiss,
  type PolicyConnection,
  type RuleMiss,
} from '../k8s/network-policy.ts';
import type { KubeObject, Namespace, NetworkPolicy, NetworkPolicyPort, Pod, ServicePort } from '../k8s/objects.ts';
import { formatServicePort } from '../k8s/ports.ts';
import { topOwnerOf } from '../k8s/workloads.ts';
import type { Facts } from '../snapshot/facts.ts';
import { confirm, evidence, kubectl, type Confirm, type Evidence, type Fix } from './define.ts';

/** What both directions look at. */
export interface PolicyFacts extends Pick<Facts, 'service' | 'slices' | 'pods' | 'networkPolicies' | 'client'> {
  readonly namespaces?: readonly Namespace[] | undefined;
  readonly workloads?: Facts['workloads'] | undefined;
  readonly clientReferences?: Facts['clientReferences'] | undefined;
  readonly otherPolicies?: readonly KubeObject[] | undefined;
}

/** One connection that the client would open, and what the policies of one side say to it. */
export interface Attempt {
  readonly client: Pod;
  readonly destination: Destination;
  readonly connection: PolicyConnection;
  readonly judgement: Judgement;
}

export const clientPodsOf = ({ client }: Pick<Facts, 'client'>): readonly Pod[] =>
  client.pods.length > 0
    ? client.pods
    : [podFromTemplate(client.object.metadata.name, client.namespace, client.labels, client.spec)];

/** Every client Pod against every destination of the Service, in one direction. */
export function attemptsOf(direction: Direction, facts: PolicyFacts): readonly Attempt[] {
  const destinations = destinationsOf(facts.service, facts.slices, facts.pods).map((destination) => ({
    destination,
    to: destination.pod
      ? policyEndOf(destination.pod, facts.namespaces, destination.address)
      : addressEnd(destination.address),
  }));
  return clientPodsOf(facts).flatMap((client) => {
    const from = policyEndOf(client, facts.namespaces);
    return destinations.map(({ destination, to }): Attempt => {
      const connection = { from, to, port: destination.port, protocol: destination.protocol };
      return { client, destination, connection, judgement: judge(direction, connection, facts.networkPolicies) };
    });
  });
}

/** Ports that a Service has besides what it is for: they are often closed on purpose. */
const sideNames = /metric|prom|admin|health|probe|debug|status|gossip|cluster|peer|raft|replic/i;
export const isSidePort = ({ name = '' }: ServicePort): boolean => sideNames.test(name);

export interface Blocked {
  /** What was tried on the ports that count. */
  readonly tried: readonly Attempt[];
  readonly blocked: readonly Attempt[];
  /** Some endpoints let the client through on every port that counts. */
  readonly partly: boolean;
  /** Ports that nothing shows the client to use, closed while others are open. */
  readonly closedOnPurpose: readonly ServicePort[];
}

/**
 * What policies block on the ports that count: those the client is seen to use, else those the Service is there for.
 * One of two ports is closed on purpose more often than by mistake, so that alone is no fault; half of the endpoints is.
 */
export function blockedOf(attempts: readonly Attempt[], facts: PolicyFacts): Blocked {
  const { service } = facts;
  const inUse = portsInUse(facts);
  const main = (service.spec.ports ?? []).filter((port) => !isSidePort(port));
  const chosen = inUse.length > 0 ? inUse : main.length > 0 ? main : (service.spec.ports ?? []);
  const onPorts = attempts.filter(({ destination }) => chosen.includes(destination.servicePort));
  const open = new Set(
    onPorts.filter(({ judgement }) => judgement.allowed).map(({ destination }) => destination.servicePort),
  );
  const closed = chosen.filter(
    (port) => !open.has(port) && onPorts.some((each) => each.destination.servicePort === port),
  );
  const closedOnPurpose = inUse.length === 0 && open.size > 0 ? closed : [];
  const tried = onPorts.filter(({ destination }) => !closedOnPurpose.includes(destination.servicePort));
  const blocked = tried.filter(({ judgement }) => !judgement.allowed);
  return {
    tried,
    blocked,
    closedOnPurpose,
    partly: !blocked.some((each) => closed.includes(each.destination.servicePort)),
  };
}

function portsInUse({ service, client, clientReferences = [] }: PolicyFacts): readonly ServicePort[] {
  const { name, namespace } = service.metadata;
  const used = new Set(
    clientReferences
      .filter(
        ({ host }) =>
          host === `${name}.${namespace}` ||
          host.startsWith(`${name}.${namespace}.`) ||
          (host === name && client.namespace === namespace) ||
          host === service.spec.clusterIP,
      )
      .map(portOf),
  );
  return (service.spec.ports ?? []).filter(({ port }) => used.has(port));
}

/** Policies that have no say here and would admit the connection if they had: their podSelector or namespace is wrong. */
export function strandedThatWouldAdmit(
  { connection, judgement: { direction } }: Attempt,
  policies: readonly NetworkPolicy[],
  pods: readonly Pod[],
): readonly NetworkPolicy[] {
  const governed = direction === 'Ingress' ? connection.to.pod : connection.from.pod;
  if (!governed) return [];
  return strandedPolicies(policies, pods).filter(
    (policy) =>
      directionsOf(policy).includes(direction) &&
      rulesOf(policy, direction).some(({ peers }) => peers.length > 0) &&
      judge(direction, connection, [
        {
          ...policy,
          metadata: { ...policy.metadata, namespace: governed.namespace },
          spec: { ...policy.spec, podSelector: {} },
        },
      ]).because === 'admitted' &&
      (policy.metadata.namespace === governed.namespace ||
        (Object.keys(policy.spec.podSelector?.matchLabels ?? {}).length > 0 &&
          judge(direction, connection, [{ ...policy, metadata: { ...policy.metadata, namespace: governed.namespace } }])
            .because === 'admitted')),
  );
}

export const namesOf = (policies: readonly NetworkPolicy[]): string => {
  const names = [...new Set(policies.map(({ metadata }) => metadata.name))];
  return names.length <= 2 ? names.join(' and ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
};

const portText = ({ destination: { port, protocol } }: Attempt): string => `${port}/${protocol}`;

/** The one sentence: which policy, what it wants, what it gets. */
export function summaryOf(attempt: Attempt, facts: PolicyFacts, stranded: readonly NetworkPolicy[]): string {
  const { judgement, destination } = attempt;
  const inward = judgement.direction === 'Ingress';
  const client = facts.client.object.metadata.name;
  const service = facts.service.metadata.name;
  const [lost] = stranded;
  if (lost) {
    const where =
      lost.metadata.namespace === facts.service.metadata.namespace || !inward
        ? `governs ${formatLabelSelector(lost.spec.podSelector ?? {})}, which no Pod of its namespace carries`
        : `stands in namespace ${lost.metadata.namespace}, so it governs no Pod of ${facts.service.metadata.namespace}`;
    return inward
      ? `${namesOf(judgement.isolating)} keeps ${client} out of ${service}: ${lost.metadata.name}, which would admit it, ${where}`
      : `${namesOf(judgement.isolating)} lets ${client} send nothing to ${service}: ${lost.metadata.name}, which would allow it, ${where}`;
  }
  const [miss] = judgement.misses;
  const isolating = namesOf(judgement.isolating);
  if (!miss)
    return inward
      ? `${isolating} admits nobody to ${service}, and no other NetworkPolicy admits ${client} on ${portText(attempt)}`
      : `${isolating} allows no egress from ${client}, and no other NetworkPolicy allows ${service} on ${portText(attempt)}`;
  if (judgement.misses.every(({ forDns }) => forDns))
    return inward
      ? `only DNS (port 53) is open, by ${namesOf(judgement.misses.map((each) => each.policy))}, and no NetworkPolicy admits ${client} to ${service} on ${portText(attempt)}`
      : `only DNS (port 53) is open to ${client}, by ${namesOf(judgement.misses.map((each) => each.policy))}, and no NetworkPolicy allows egress to ${service} on ${portText(attempt)}`;
  const restricts = judgement.isolating.length > 1 ? 'restrict' : 'restricts';
  if (isAboutSomethingElse(miss))
    return inward
      ? `${isolating} ${restricts} who reaches ${service}, and no rule admits ${client} on ${portText(attempt)}`
      : `${isolating} ${restricts} egress from ${client}, and no rule allows ${service} on ${portText(attempt)}`;
  const policy = miss.policy.metadata.name;
  const [first] = miss.peer;
  if (!first) {
    const said = miss.port ? portSentence(miss.port, destination) : '';
    return inward
      ? `${policy} admits ${client} to ${service}, but ${said}`
      : `${policy} allows ${client} to reach ${service}, but ${said}`;
  }
  return `${policy} ${peerSentence(first, miss, attempt, facts)}`;
}

function portSentence(miss: NonNullable<RuleMiss['port']>, { servicePort, port, protocol }: Destination): string {
  switch (miss.kind) {
    case 'protocol':
      return `for ${miss.wants} only: the connection is ${protocol} on ${port}`;
    case 'name':
      return miss.resolves === undefined
        ? `on a port named ${miss.wants}, which no container declares: traffic arrives on ${port}`
        : `on port ${miss.wants} (${miss.resolves}): traffic arrives on ${port}`;
    case 'number':
      return miss.wants === String(servicePort.port) && servicePort.port !== port
        ? `on port ${miss.wants}, the Service's: traffic reaches the Pod on ${port}`
        : `on port ${miss.wants}: traffic reaches the Pod on ${port}`;
  }
}

function peerSentence(first: PeerMiss, miss: RuleMiss, attempt: Attempt, facts: PolicyFacts): string {
  const inward = miss.direction === 'Ingress';
  const verb = inward ? 'admits' : 'allows egress to';
  // With further items beside it, the nearest is not all that comes in.
  const beside = attempt.judgement.misses
    .filter(({ policy, forDns }) => policy === miss.policy && !forDns)
    .flatMap(({ rule }) => rulesOf(miss.policy, miss.direction)[rule]?.peers ?? []);
  const only = beside.length > 1 ? '' : ' only';
  const who = inward ? facts.client.object.metadata.name : facts.service.metadata.name;
  const namespace = inward ? facts.client.namespace : (facts.service.metadata.namespace ?? '');
  const labels = (kind: PeerMiss['kind']) =>
    miss.peer.flatMap((each) => (each.kind === kind && 'wants' in each ? [each.wants] : [])).join(',');
  switch (first.kind) {
    case 'pod-label': {
      const has = miss.peer
        .flatMap((each) =>
          each.kind !== 'pod-label' ? [] : [each.has === undefined ? `no ${each.key}` : `${each.key}=${each.has}`],
        )
        .join(', ');
      return `${verb} ${labels('pod-label')}${only}, and ${who} has ${has}`;
    }
    case 'namespace-label': {
      const has = first.has === undefined ? `has no label ${first.key}` : `has ${first.key}=${first.has}`;
      return `${verb} namespaces with ${labels('namespace-label')}${only}, and namespace ${namespace} of ${who} ${has}`;
    }
    case 'other-namespace':
      return `${verb} Pods of its own namespace ${first.wants}${only}, and ${who} is in ${first.has}`;
    case 'address': {
      const virtual = (facts.service.spec.clusterIPs ?? []).find((ip) => isInCidr(ip, first.cidr));
      if (!inward && virtual !== undefined && first.except === undefined)
        return `allows egress to ${first.cidr}, the Service's ClusterIP ${virtual}: packets go to the Pod at ${attempt.destination.address}`;
      return first.except === undefined
        ? `${verb} ${first.cidr}${only}, and ${who} is ${inward ? 'at' : 'reached at'} ${first.has.join(', ') || 'an unknown address'}`
        : `${verb} ${first.cidr} except ${first.except}, which contains ${first.has.join(', ')} of ${who}`;
    }
    case 'host-network':
      return `${verb} Pods by their labels, and ${who} runs on hostNetwork: its traffic comes from the node's address ${first.has.join(', ')}`;
    case 'not-a-pod':
      return `${verb} Pods${only}, and ${first.has.join(', ')} is no Pod`;
  }
}

/** Every object that matters: the policies that isolate, the nearest rule, both ends, and the Service between them. */
export function evidenceOf(
  attempt: Attempt,
  facts: PolicyFacts,
  stranded: readonly NetworkPolicy[],
): readonly Evidence[] {
  const { judgement, destination, client } = attempt;
  const inward = judgement.direction === 'Ingress';
  const governed = inward ? destination.pod : client;
  const [miss] = judgement.misses;
  return [
    ...judgement.isolating
      .slice(0, 4)
      .map((policy) =>
        evidence(
          policy,
          'spec.podSelector',
          `${formatLabelSelector(policy.spec.podSelector ?? {})}: it governs ${governed?.metadata.name}, ${judgement.direction} with ${rulesOf(policy, judgement.direction).length || 'no'} rule${rulesOf(policy, judgement.direction).length === 1 ? '' : 's'}`,
        ),
      ),
    ...(miss ? evidenceOfMiss(miss) : []),
    ...stranded
      .slice(0, 2)
      .map((policy) =>
        evidence(
          policy,
          'spec.podSelector',
          `${formatLabelSelector(policy.spec.podSelector ?? {})} in namespace ${policy.metadata.namespace}: it governs no Pod there; ${governed?.metadata.name} in ${governed?.metadata.namespace} has ${formatLabels(governed?.metadata.labels)}`,
        ),
      ),
    evidence(
      client,
      'metadata.labels',
      `${formatLabels(client.metadata.labels) || 'none'}, in namespace ${facts.client.namespace}`,
    ),
    ...(destination.pod
      ? [
          evidence(
            destination.pod,
            'metadata.labels',
            `${formatLabels(destination.pod.metadata.labels)}, in namespace ${destination.pod.metadata.namespace}; reached at ${destination.address} on ${portText(attempt)}`,
          ),
        ]
      : [evidence(destination.listed.slice, 'endpoints.addresses', `${destination.address} on ${portText(attempt)}`)]),
    evidence(
      facts.service,
      'spec.ports',
      `${formatServicePort(destination.servicePort)} → Pod port ${destination.port}: policies see the Pod's port, after the Service translation`,
    ),
    ...namespaceEvidence(miss, attempt, facts.namespaces),
    ...(facts.otherPolicies ?? [])
      .slice(0, 2)
      .map((policy) => evidence(policy, 'kind', `${policy.kind}: not judged by svcdoctor`)),
  ];
}

/** The rule that is nearest, peer and port, and why it does not fit. */
export function evidenceOfMiss(miss: RuleMiss): readonly Evidence[] {
  const list = miss.direction === 'Ingress' ? 'ingress' : 'egress';
  const path = `spec.${list}[${miss.rule}]`;
  const rule = rulesOf(miss.policy, miss.direction)[miss.rule];
  const peer = rule?.peers[miss.peerIndex ?? -1];
  const port = rule?.ports[miss.portIndex ?? -1];
  return [
    ...(peer
      ? [
          evidence(
            miss.policy,
            `${path}.${miss.direction === 'Ingress' ? 'from' : 'to'}[${miss.peerIndex}]`,
            miss.peer.length > 0
              ? `${formatPeer(peer)}: ${miss.peer.map(formatPeerMiss).join('; ')}${peer.podSelector && peer.namespaceSelector ? ' (one list item: both must match)' : ''}`
              : `${formatPeer(peer)}: matches`,
          ),
        ]
      : []),
    ...(port
      ? [
          evidence(
            miss.policy,
            `${path}.ports[${miss.portIndex}].${miss.port?.kind === 'protocol' ? 'protocol' : 'port'}`,
            miss.port
              ? `${formatPolicyPort(port)}: ${formatPortMiss(miss.port)}`
              : `${formatPolicyPort(port)}: matches`,
          ),
        ]
      : []),
  ];
}

function namespaceEvidence(miss: RuleMiss | undefined, { connection }: Attempt, namespaces: readonly Namespace[] = []) {
  if (!miss?.peer.some(({ kind }) => kind === 'namespace-label')) return [];
  const end = miss.direction === 'Ingress' ? connection.from : connection.to;
  const found = named(namespaces, end.pod?.namespace);
  return found ? [evidence(found, 'metadata.labels', formatLabels(found.metadata.labels) || 'none')] : [];
}

export function confirmOf({ judgement, client }: Attempt): readonly [Confirm, ...Confirm[]] {
  const policy = judgement.misses[0]?.policy ?? judgement.isolating[0];
  const inward = judgement.direction === 'Ingress';
  return [
    confirm(
      kubectl('describe', 'networkpolicy', policy?.metadata.name ?? '', '-n', policy?.metadata.namespace ?? ''),
      inward
        ? '"Allowing ingress traffic" lists who comes in, and on which Pod ports'
        : '"Allowing egress traffic" lists where the Pods may go, and on which ports of the destination Pods',
    ),
    confirm(
      kubectl('get', 'pods', '-n', client.metadata.namespace ?? '', '--show-labels'),
      `the labels of ${client.metadata.name}, to compare with the rule`,
    ),
  ];
}

/** Rules that the new policy needs besides the one for the Service: the cluster DNS, where it is shut off as well. */
export type FurtherRules = readonly {
  readonly peers: readonly ReturnType<typeof peerFor>[];
  readonly ports: readonly NetworkPolicyPort[];
}[];

export function fixOf(
  blocked: readonly Attempt[],
  facts: PolicyFacts,
  stranded: readonly NetworkPolicy[],
  further: FurtherRules = [],
): Fix {
  const [attempt] = blocked;
  if (!attempt) throw new Error('nothing is blocked');
  const { judgement, client, destination } = attempt;
  const inward = judgement.direction === 'Ingress';
  const [miss] = judgement.misses;
  const { pod } = destination;
  const ownerOfServer = pod && topOwnerOf(pod, facts.workloads ?? []);
  const clientLabels = lastingLabelsOf(client, facts.client.object);
  const serverLabels = pod ? lastingLabelsOf(pod, ownerOfServer) : {};
  const governed = inward ? pod : client;
  const home = governed?.metadata.namespace;
  const peer = inward
    ? peerFor(client, narrowed(miss, clientLabels), home)
    : pod
      ? peerFor(pod, narrowed(miss, serverLabels), home)
      : { ipBlock: { cidr: `${destination.address}/${destination.address.includes(':') ? 128 : 32}` } };
  const ports = portsToOpen(blocked);
  const [lost] = stranded;
  if (lost && lost.metadata.namespace === home && governed) {
    const labels = inward ? serverLabels : clientLabels;
    return {
      explain: `Let ${lost.metadata.name} govern the Pods of ${governed.metadata.name}: correct its podSelector.`,
      patch: {
        object: lost,
        type: 'merge',
        body: { spec: { podSelector: { matchExpressions: null, matchLabels: withoutOld(lost, labels) } } },
      },
    };
  }
  const change =
    miss && further.length === 0 ? changeThatAdmits(miss, peer, ports, destination.servicePort) : undefined;
  if (miss && change)
    return {
      explain: miss.port
        ? `Open the Pod's port in ${miss.policy.metadata.name}: a NetworkPolicy sees the packet after the Service has translated it.`
        : `${inward ? 'Admit the client' : 'Allow the destination'} in ${miss.policy.metadata.name}, as one more item of its list: items are alternatives.${labelInstead(miss, attempt)}${shutOutByName(miss)}`,
      patch: { object: miss.policy, type: 'json', body: change },
    };
  const name = inward
    ? `allow-${facts.client.object.metadata.name}-to-${facts.service.metadata.name}`
    : `allow-${facts.client.object.metadata.name}-egress-to-${facts.service.metadata.name}`;
  const policy = policyThatAdmits(judgement.direction, name, home ?? '', inward ? serverLabels : clientLabels, [
    { peers: [peer], ports },
    ...further,
  ]);
  return {
    explain: `Add a NetworkPolicy that allows exactly this${further.length > 0 ? ', and DNS' : ''}, beside ${namesOf(judgement.isolating)}: policies add up, none takes away.`,
    commands: [createCommand(policy)],
  };
}

/** A rule that names what it does not want means it: to admit that after all undoes somebody's decision. */
function shutOutByName(miss: RuleMiss): string {
  const named = miss.peer.find((each) => 'key' in each && each.has !== undefined && / notin \(|^!/.test(each.wants));
  return named && 'key' in named
    ? ` The rule leaves ${named.key}=${named.has} out by name: ask who wrote it first, or see whether that label is right on this side.`
    : '';
}

/** Where the namespace alone lacks what the rule asks for, labelling it does as well. */
function labelInstead(miss: RuleMiss, { connection }: Attempt): string {
  const [only] = miss.peer;
  const end = miss.direction === 'Ingress' ? connection.from : connection.to;
  return miss.peer.length === 1 && only?.kind === 'namespace-label' && only.has === undefined && only.values.length > 0
    ? ` Or give namespace ${end.pod?.namespace} the label ${only.key}=${only.values[0]}.`
    : '';
}

/** `kubectl apply` of an object that does not exist yet, to be pasted as it stands. */
export const createCommand = (object: KubeObject): readonly string[] => [
  'sh',
  '-c',
  `kubectl apply -f - <<EOF\n${JSON.stringify(object)}\nEOF`,
];

/** Where one wrong label was all, the peer is named by that label; else by all that last. */
function narrowed(
  miss: RuleMiss | undefined,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const wrong = miss?.peer.filter(({ kind }) => kind === 'pod-label') ?? [];
  const [only] = wrong;
  return wrong.length === 1 && only?.kind === 'pod-label' && only.has !== undefined ? { [only.key]: only.has } : labels;
}

/** A merge patch that replaces a selector nulls its old keys. */
const withoutOld = (policy: NetworkPolicy, labels: Readonly<Record<string, string>>) => ({
  ...Object.fromEntries(Object.keys(policy.spec.podSelector?.matchLabels ?? {}).map((key) => [key, null])),
  ...labels,
});

function portsToOpen(blocked: readonly Attempt[]): readonly NetworkPolicyPort[] {
  const byPort = new Map<ServicePort, NetworkPolicyPort>();
  for (const {
    destination: { servicePort, port, protocol },
  } of blocked) {
    byPort.set(servicePort, policyPortFor(servicePort, port, protocol));
  }
  return [...byPort.values()];
}

/** What a passing check says: which policies let it through, and what it could not judge. */
export function passedDetail(
  { tried: attempts, closedOnPurpose }: Blocked,
  facts: PolicyFacts,
  direction: Direction,
): string {
  const isolating = [...new Set(attempts.flatMap(({ judgement }) => judgement.isolating))];
  const admitting = [...new Set(attempts.flatMap(({ judgement }) => judgement.admissions.map(({ policy }) => policy)))];
  const side = direction === 'Ingress' ? facts.service.metadata.name : facts.client.object.metadata.name;
  const outward = direction === 'Ingress' && isolatesEgress(facts);
  const said =
    isolating.length === 0
      ? `no NetworkPolicy governs ${direction === 'Ingress' ? (outward ? 'ingress to' : 'traffic to') : 'traffic from'} ${side}${outward ? `; egress of ${facts.client.object.metadata.name} is governed` : ''}`
      : admitting.length > 0
        ? `${namesOf(admitting)} ${direction === 'Ingress' ? `admits ${facts.client.object.metadata.name}` : `allows egress to ${facts.service.metadata.name}`}`
        : `${namesOf(isolating)} does not govern such traffic`;
  const but = closedOnPurpose.length > 0 ? `, but not on ${closedOnPurpose.map(formatServicePort).join(', ')}` : '';
  return `${said}${but}${notJudged(facts.otherPolicies)}`;
}

const isolatesEgress = (facts: PolicyFacts): boolean =>
  clientPodsOf(facts).some(({ metadata: { namespace = '', labels = {} } }) =>
    facts.networkPolicies.some(
      (policy) => directionsOf(policy).includes('Egress') && selectsForPolicy(policy, { namespace, labels }),
    ),
  );

export function notJudged(policies: readonly KubeObject[] | undefined): string {
  if (!policies || policies.length === 0) return '';
  const kinds = [...new Set(policies.map(({ kind }) => kind))].join(', ');
  return `; ${policies.length} of other engines (${kinds}: ${policies
    .slice(0, 3)
    .map(({ metadata }) => metadata.name)
    .join(', ')}) not judged`;
}
