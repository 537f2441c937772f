import type { Protocol, Service, ServicePort } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import {
  declaredPortsOf,
  formatServicePort,
  isNamedPort,
  protocolOf,
  targetPortOf,
  type DeclaredPort,
} from '../../k8s/ports.ts';
import {
  formatDeclared,
  isLostBecause,
  pathOfDeclared,
  resolvePorts,
  type ResolvedPort,
} from '../../k8s/port-resolution.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
  type Fix,
} from '../define.ts';

interface Mismatch {
  readonly resolved: ResolvedPort;
  readonly number: number;
  readonly other: Protocol;
  readonly seen: Evidence;
  /** `name`: a named port resolves by protocol too. `socket`: seen listening. `declared`: the container says so. */
  readonly by: 'name' | 'socket' | 'declared';
}

export default defineCheck({
  id: 'ports/wrong-protocol',
  title: 'The Service port and its Pods differ in the protocol: TCP or UDP',
  why: 'A Service port is TCP unless it says otherwise, and so is a container port. A named targetPort resolves only where name and protocol both agree; a numeric one forwards TCP to a process that listens for UDP, or the other way round.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'client/wrong-protocol', 'ports/nobody-listens'],
  needs: ['service', 'pods'],
  uses: ['slices', 'serverVersion', 'listeners', 'connects', 'execs'],
  evaluate({ service, pods, slices = [], serverVersion, listeners, connects, execs }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const received = receptionsOf(service, slices, pods, { listeners, connects, execs });
    const ports = resolvePorts(service, pods, slices, serverVersion);
    const wrong = ports.flatMap((resolved): readonly Mismatch[] => {
      const heard = received.filter(({ servicePort }) => servicePort === resolved.port);
      return (
        byName(resolved) ??
        bySocket(resolved, heard) ??
        // A refusal speaks for the declaration; only a table of sockets, or a connection that was taken, overrules it.
        (heard.some(
          ({ reception, sockets, forwarded }) => sockets || reception?.state === 'open' || forwarded === 'connected',
        )
          ? []
          : byDeclaration(ports, resolved))
      );
    });
    const [first] = wrong;
    if (!first) return passed('the protocols of its ports are those of its Pods, as far as they say');
    const { port } = first.resolved;
    const mine = protocolOf(port);
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: first.by === 'declared' ? 'likely' : 'certain',
      impact: wrong.length < ports.length ? 'degrades' : 'breaks',
      summary: `${formatServicePort(port)} of ${name} is ${mine}; its Pods ${first.by === 'socket' ? 'listen on' : 'declare'} ${isNamedPort(targetPortOf(port)) ? `${targetPortOf(port)} (${first.number})` : first.number} as ${first.other}`,
      evidence: allOf(
        wrong.flatMap(({ resolved, seen }) => [
          evidence(
            service,
            `spec.ports[${resolved.index}].protocol`,
            `${protocolOf(resolved.port)}${resolved.port.protocol ? '' : ' (by default)'}, targetPort ${targetPortOf(resolved.port)}`,
          ),
          seen,
        ]),
      ),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports}'),
          `"protocol":"${mine}" for port ${port.port}`,
        ),
      ],
      fix: fixOf(service, first),
    });
  },
});

function byName(resolved: ResolvedPort): readonly Mismatch[] | undefined {
  if (!isLostBecause(resolved, ['protocol'])) return undefined;
  const [seen] = resolved.inPods;
  if (seen?.why?.reason !== 'protocol') return undefined;
  return [
    mismatch(
      resolved,
      'name',
      protocolOf(seen.why.found.port),
      seen.why.found.port.containerPort,
      declaration(seen, seen.why.found),
    ),
  ];
}

function bySocket(resolved: ResolvedPort, heard: ReturnType<typeof receptionsOf>): readonly Mismatch[] | undefined {
  for (const { reception, pod, port } of heard) {
    if (reception?.state !== 'protocol' || !pod) continue;
    const { address, protocol } = reception.socket;
    return [
      mismatch(
        resolved,
        'socket',
        protocol,
        port,
        evidence(pod, 'listening sockets', `${address}:${port}/${protocol}, none for ${protocolOf(resolved.port)}`),
      ),
    ];
  }
  return undefined;
}

/**
 * A container that declares this very number for UDP or SCTP alone, while the Service has it for TCP and for nothing else.
 * Not the other way round: TCP is what a container port says where its author said nothing.
 */
function byDeclaration(ports: readonly ResolvedPort[], resolved: ResolvedPort): readonly Mismatch[] {
  const target = targetPortOf(resolved.port);
  const [seen] = resolved.inPods;
  if (isNamedPort(target) || !seen || protocolOf(resolved.port) !== 'TCP') return [];
  const declared = declaredPortsOf(seen.pod.spec).filter(({ port }) => port.containerPort === target);
  const [other] = declared;
  if (!other || declared.some(({ port }) => protocolOf(port) === 'TCP')) return [];
  const twin = ports.some(
    ({ port, inPods }) => inPods[0]?.number === target && protocolOf(port) === protocolOf(other.port),
  );
  return twin ? [] : [mismatch(resolved, 'declared', protocolOf(other.port), target, declaration(seen, other))];
}

const declaration = ({ pod }: ResolvedPort['inPods'][number], found: DeclaredPort): Evidence =>
  evidence(
    pod,
    `spec.${pathOfDeclared(pod.spec, found)}.protocol`,
    `${protocolOf(found.port)}${found.port.protocol ? '' : ' (by default)'}: ${formatDeclared(found)}`,
  );

const mismatch = (
  resolved: ResolvedPort,
  by: Mismatch['by'],
  other: Protocol,
  number: number,
  seen: Evidence,
): Mismatch => ({ resolved, by, other, number, seen });

function fixOf(service: Service, { resolved: { port, index }, other, number, by }: Mismatch): Fix {
  const path = `/spec/ports/${index}`;
  if (by === 'name' && (protocolOf(port) !== 'TCP' || isServed(service, port, other)))
    return {
      explain: `Let targetPort be the number ${number}: a number needs no declaration. Better still, declare protocol ${protocolOf(port)} on that container port, if the process speaks it.`,
      patch: { object: service, type: 'json', body: [{ op: 'replace', path: `${path}/targetPort`, value: number }] },
    };
  return {
    explain: `Set protocol ${other} on ${formatServicePort(port)}${by === 'socket' ? '' : `; if the process speaks ${protocolOf(port)} after all, say so in the container port`}.`,
    patch: { object: service, type: 'json', body: [{ op: 'add', path: `${path}/protocol`, value: other }] },
  };
}

/** Whether the Service has the same number for the other protocol already. */
const isServed = (service: Service, port: ServicePort, other: Protocol): boolean =>
  (service.spec.ports ?? []).some((each) => each !== port && each.port === port.port && protocolOf(each) === other);
