import type { Pod, Service } from '../../k8s/objects.ts';
import { ownersOf } from '../../k8s/pod-groups.ts';
import { runningContainersOf } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort, protocolOf, targetPortOf, type DeclaredPort } from '../../k8s/ports.ts';
import { isLoopback } from '../../k8s/listening.ts';
import { portsToldTo, programsIn } from '../../k8s/port-hints.ts';
import { refusalToKubelet, receptionsOf, type Received } from '../../k8s/reception.ts';
import {
  allOf,
  asking,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Fix,
} from '../define.ts';

export default defineCheck({
  id: 'ports/nobody-listens',
  title: 'Nothing listens on the port that the Service forwards to',
  why: 'A Service forwards to a number, and never looks whether a process listens there. Where none does, the Pod refuses the connection at once, though it is running and ready.',
  impact: 'breaks',
  needs: ['service', 'pods', 'slices'],
  uses: ['listeners', 'connects', 'execs', 'workloads', 'events'],
  evaluate({ service, pods, slices, listeners, connects, execs, workloads = [], events = [] }) {
    const all = receptionsOf(service, slices, pods, { listeners, connects, execs });
    const known = all.filter(({ reception, forwarded }) => reception !== undefined || forwarded !== undefined);
    if (known.length === 0) return notApplicable('not probed: nobody looked at which ports the Pods listen on');
    const dead = known.filter(({ reception }) => reception?.state === 'closed');
    const [first] = dead;
    if (!first) return passed(`the Pods listen on ${portsIn(known)}`);
    const alike = dead.filter(({ port, servicePort }) => port === first.port && servicePort === first.servicePort);
    const asked = known.filter(({ servicePort }) => servicePort === first.servicePort);
    const open = openElsewhere(first);
    const told = open.length > 0 ? [] : toldInstead(service, first);
    const declared = open.length > 0 || told.length > 0 ? [] : declaredInstead(service, first);
    const best =
      open.find((port) => !isTaken(service, first, port)) ?? told[0]?.port ?? declared[0]?.port.containerPort;
    const toKubelet = first.pod && refusalToKubelet(first.pod, first.address, first.port, events);
    const comparable = open.length > 0 || asked.some(({ forwarded }) => forwarded === 'connected');
    const proven = toKubelet !== undefined || isProven(first, comparable);
    const { name, namespace = '' } = service.metadata;
    const owners =
      ownersOf(
        alike.flatMap(({ pod }) => (pod ? [pod] : [])),
        workloads,
      ) || first.address;
    const who =
      alike.length < asked.length
        ? `${alike.length} of ${asked.length} Pods (${alike
            .map(({ pod, address }) => pod?.metadata.name ?? address)
            .slice(0, 2)
            .join(', ')})`
        : `the Pods of ${owners}`;
    return problem({
      certainty: proven ? 'certain' : 'likely',
      impact: dead.length < known.length ? 'degrades' : 'breaks',
      summary: `Nothing listens on ${first.port}/${first.protocol} in ${who}, where ${formatServicePort(first.servicePort)} of ${name} ends: connections are refused${
        open.length > 0
          ? `; they listen on ${open.slice(0, 5).join(', ')}`
          : told[0]
            ? `; ${told[0].says}`
            : declared[0]
              ? `; container ${declared[0].container.name} declares ${declared.map(({ port }) => port.containerPort).join(', ')}`
              : ''
      }`,
      evidence: allOf([
        evidence(
          service,
          `spec.ports[${(service.spec.ports ?? []).indexOf(first.servicePort)}].targetPort`,
          String(targetPortOf(first.servicePort)),
        ),
        ...dead.slice(0, 4).map((each) => evidence(each.pod ?? each.listed.slice, 'listening sockets', heard(each))),
        ...(toKubelet && first.pod ? [evidence(first.pod, 'events[Unhealthy]', toKubelet)] : []),
        ...told.slice(0, 2).map(({ says }) => evidence(first.pod ?? service, 'spec.containers', says)),
        ...(first.pod
          ? declaredPortsOf(first.pod.spec)
              .slice(0, 3)
              .map(({ container, port }) =>
                evidence(
                  first.pod ?? service,
                  `spec.containers[${container.name}].ports`,
                  `declares ${port.containerPort}`,
                ),
              )
          : []),
      ]),
      confirm: allOf([
        ...(proven ? [] : [confirm(asking(service, 'exec'), 'certain, or nothing: it reads the sockets of the Pods')]),
        confirm(
          kubectl(
            'exec',
            '-n',
            namespace,
            first.pod?.metadata.name ?? '',
            '--',
            'sh',
            '-c',
            'ss -lnt 2>/dev/null || netstat -lnt 2>/dev/null || cat /proc/net/tcp /proc/net/tcp6',
          ),
          `no line with ${first.port}${best === undefined ? '' : `, one with ${best}`}`,
        ),
      ]),
      fix: fixOf(
        service,
        first,
        alike.length < asked.length,
        best,
        open.length > 0 ? 'where the process listens' : told[0] ? 'which it is told' : 'which its container declares',
      ),
    });
  },
});

const portsIn = (received: readonly Received[]): string =>
  [...new Set(received.map(({ port, protocol }) => `${port}/${protocol}`))].join(', ');

/**
 * A port-forward dials loopback. That it is refused proves that nobody listens only where kubelet is refused on the Pod's address too; or where the
 * process is found elsewhere, or those of its like accept there, and it is not told the Pod's own address: else it may have bound to that one alone.
 */
const isProven = ({ sockets, refused, pod }: Received, comparable: boolean): boolean =>
  sockets !== undefined || refused || (comparable && !(pod && knowsItsAddress(pod)));

const knowsItsAddress = ({ spec }: Pod): boolean =>
  runningContainersOf(spec).some(
    ({ env = [], command = [], args = [] }) =>
      env.some(({ valueFrom }) => /^status\.(podIPs?|hostIP)$/.test(valueFrom?.fieldRef?.fieldPath ?? '')) ||
      /\bHOSTNAME\b|hostname -i/.test([...command, ...args].join(' ')),
  );

const heard = ({ address, port, protocol, sockets, refused }: Received): string =>
  sockets
    ? `${sockets.map((socket) => `${socket.address}:${socket.port}/${socket.protocol}`).join(', ') || 'none'}: not ${port}/${protocol}`
    : refused
      ? `${address}:${port} refused the connection`
      : `a port-forward to ${port} was refused`;

const ofMeshes = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090, 4140, 4143, 4190, 4191]);

/** Where its Pod does listen for others: what the container declares first, without a mesh's own ports and those of other Service ports. */
function openElsewhere({ sockets, protocol, pod, acceptsOn }: Received): readonly number[] {
  const declared = new Set(pod ? declaredPortsOf(pod.spec).map(({ port }) => port.containerPort) : []);
  const open = sockets
    ? sockets
        .filter((socket) => socket.protocol === protocol && !isLoopback(socket.address))
        .map((socket) => socket.port)
    : acceptsOn;
  return [...new Set(open)]
    .filter((port) => !ofMeshes.has(port))
    .sort((a, b) => Number(declared.has(b)) - Number(declared.has(a)) || a - b);
}

/** Whether another port of the Service leads there already. */
const isTaken = ({ spec }: Service, { servicePort }: Received, port: number): boolean =>
  (spec.ports ?? []).some((other) => other !== servicePort && targetPortOf(other) === port);

/** What the programs are told on their command lines or by variables, where nobody saw their sockets: each names a port that is free. */
function toldInstead(service: Service, refused: Received) {
  const hints = refused.pod ? portsToldTo(programsIn(refused.pod.spec)) : [];
  const others = hints.filter(({ port }) => port !== refused.port && !isTaken(service, refused, port));
  // One that is told the very port, or several, is no hint.
  return hints.some(({ port }) => port === refused.port) || new Set(others.map(({ port }) => port)).size > 1
    ? []
    : others;
}

/** What the containers declare instead, where nobody saw their sockets: the port that bears the Service port's name alone, else all that are free. */
function declaredInstead(service: Service, refused: Received): readonly DeclaredPort[] {
  const { pod, port, protocol, servicePort } = refused;
  const free = (pod ? declaredPortsOf(pod.spec) : []).filter(
    ({ port: own }) =>
      own.containerPort !== port &&
      protocolOf(own) === protocol &&
      !ofMeshes.has(own.containerPort) &&
      !isTaken(service, refused, own.containerPort),
  );
  const namesake = free.find(({ port: own }) => own.name !== undefined && own.name === servicePort.name);
  return namesake ? [namesake] : free.slice(0, 3);
}

function fixOf(
  service: Service,
  { servicePort, port, pod }: Received,
  some: boolean,
  best: number | undefined,
  why: string,
): Fix {
  const index = (service.spec.ports ?? []).indexOf(servicePort);
  if (some)
    return {
      explain: `Look why the process in ${pod?.metadata.name ?? 'that Pod'} does not listen on ${port}: its log, its configuration; a readiness probe on ${port} would keep such a Pod out.`,
      commands: pod
        ? [kubectl('logs', '-n', pod.metadata.namespace ?? '', pod.metadata.name, '--all-containers', '--tail=50')]
        : [],
    };
  if (best === undefined)
    return {
      explain: `Let the process listen on ${port}, or let targetPort of ${formatServicePort(servicePort)} be the port on which it does.`,
    };
  return {
    explain: `Let targetPort be ${best}, ${why}; or configure the process for ${port}.`,
    patch: {
      object: service,
      type: 'json',
      body: [
        {
          op: servicePort.targetPort === undefined ? 'add' : 'replace',
          path: `/spec/ports/${index}/targetPort`,
          value: best,
        },
      ],
    },
  };
}
