import { isHeadless } from '../../k8s/endpoints.ts';
import type { Service } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { formatServicePort, isNamedPort, targetPortOf } from '../../k8s/ports.ts';
import {
  formatDeclared,
  isLostBecause,
  pathOfDeclared,
  resolvePorts,
  type PortInPod,
  type ResolvedPort,
  type Unresolved,
} from '../../k8s/port-resolution.ts';
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

/** What this check speaks of; the other reasons have checks of their own. */
const own: readonly Unresolved['reason'][] = ['init', 'misspelt', 'unnamed', 'other-names', 'undeclared'];

export default defineCheck({
  id: 'ports/named-port-unresolved',
  title: 'The named targetPort is declared by no container',
  why: 'A targetPort that is a name is looked up in each Pod, among the ports of its containers. Where no container declares that name, the Pod is listed without a port, and kube-proxy has nowhere to send the connection, though the address counts as ready.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['slices', 'serverVersion'],
  evaluate({ service, pods, slices, serverVersion }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const ports = resolvePorts(service, pods, slices, serverVersion);
    if (ports.every(({ inPods }) => inPods.length === 0)) return notApplicable('it selects no running Pod');
    const lost = ports.filter((port) => isLostBecause(port, own));
    const [first] = lost;
    const seen = first?.inPods[0];
    if (!first || !seen?.why) return passed(says(ports));
    return problem({
      certainty: 'certain',
      impact: isHeadless(service) ? 'risks' : lost.length < ports.length ? 'degrades' : 'breaks',
      summary: summaryOf(service, first, seen.why),
      evidence: allOf([
        ...lost.map(({ port, index }) =>
          evidence(service, `spec.ports[${index}].targetPort`, `"${targetPortOf(port)}"`),
        ),
        ...declaredIn(seen),
        ...(slices ?? [])
          .filter(({ ports: opened }) => (opened ?? []).length < ports.length)
          .slice(0, 2)
          .map((slice) =>
            evidence(
              slice,
              'ports',
              (slice.ports ?? []).length === 0
                ? 'none (<unset>), though it lists addresses'
                : (slice.ports ?? []).map(({ name, port }) => `${name ?? ''} ${port ?? ''}`).join(', '),
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'pods',
            seen.pod.metadata.name,
            '-n',
            service.metadata.namespace ?? '',
            '-o',
            'jsonpath={.spec.containers[*].ports}',
          ),
          `no port named ${targetPortOf(first.port)}`,
        ),
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            service.metadata.namespace ?? '',
            '-l',
            `kubernetes.io/service-name=${service.metadata.name}`,
          ),
          'PORTS is <unset> or lacks this port',
        ),
      ],
      fix: fixOf(service, first, seen.why),
    });
  },
});

function says(ports: readonly ResolvedPort[]): string {
  const numbers = (port: ResolvedPort) =>
    [...new Set(port.inPods.flatMap(({ number }) => (number === undefined ? [] : [number])))].join(' or ');
  return ports
    .map(
      (port) =>
        `${formatServicePort(port.port)} leads to ${numbers(port) || 'nothing'}${isNamedPort(targetPortOf(port.port)) ? ` by the name ${targetPortOf(port.port)}` : ''}`,
    )
    .join(', ');
}

function summaryOf(service: Service, { port, inPods }: ResolvedPort, why: Unresolved): string {
  const name = String(targetPortOf(port));
  const asked = `service/${service.metadata.name} forwards ${formatServicePort(port)} to the port named ${name}`;
  switch (why.reason) {
    case 'misspelt':
      return `${asked}; in its Pods it is called ${why.found.port.name} (${why.found.port.containerPort})`;
    case 'unnamed':
      return `${asked}; container port ${why.found[0].port.containerPort} of its Pods has no name`;
    case 'other-names':
      return `${asked}; its Pods declare ${why.found
        .map(({ port: found }) => `${found.name ?? 'an unnamed'} (${found.containerPort})`)
        .slice(0, 4)
        .join(', ')}`;
    case 'init':
      return `${asked}; only init container ${why.container.name} declares it, which has ended when the Pod runs`;
    case 'undeclared':
    case 'digits':
    case 'protocol':
    case 'sidecar':
      return `${asked}; the containers of its ${inPods.length === 1 ? 'Pod declare' : `${inPods.length} Pods declare`} no port at all`;
  }
}

const declaredIn = ({ pod, why }: PortInPod): readonly Evidence[] => {
  if (why?.reason === 'misspelt')
    return [evidence(pod, `spec.${pathOfDeclared(pod.spec, why.found)}.name`, formatDeclared(why.found))];
  if (why?.reason === 'unnamed' || why?.reason === 'other-names')
    return why.found
      .slice(0, 4)
      .map((found) => evidence(pod, `spec.${pathOfDeclared(pod.spec, found)}`, formatDeclared(found)));
  if (why?.reason === 'init')
    return [
      evidence(pod, `spec.initContainers[${(pod.spec.initContainers ?? []).indexOf(why.container)}].ports`, why.port),
    ];
  return [evidence(pod, 'spec.containers[*].ports', 'none')];
};

function fixOf(service: Service, { port, index, inPods }: ResolvedPort, why: Unresolved): Fix {
  const name = String(targetPortOf(port));
  const target =
    why.reason === 'misspelt'
      ? why.found.port.name
      : why.reason === 'unnamed' || why.reason === 'other-names'
        ? (why.found[0].port.name ?? why.found[0].port.containerPort)
        : probedPortOf(inPods);
  if (target === undefined)
    return {
      explain: `Give the container port that serves ${formatServicePort(port)} the name ${name}, or write its number as targetPort.`,
    };
  return {
    explain: `Let targetPort be ${target}, which its Pods declare; or name that container port ${name} in their template.`,
    patch: {
      object: service,
      type: 'json',
      body: [{ op: 'replace', path: `/spec/ports/${index}/targetPort`, value: target }],
    },
  };
}

/** The number that the kubelet probes with success: the one port that the app is known to serve. */
const probedPortOf = (inPods: readonly PortInPod[]): number | undefined =>
  inPods
    .flatMap(({ pod }) => pod.spec.containers)
    .map(
      ({ readinessProbe }) =>
        readinessProbe?.httpGet?.port ?? readinessProbe?.tcpSocket?.port ?? readinessProbe?.grpc?.port,
    )
    .find((port) => typeof port === 'number');
