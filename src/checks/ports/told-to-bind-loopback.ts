import { bindHintsOf, loopbackBindsOn } from '../../k8s/bind-hints.ts';
import { ownersOf } from '../../k8s/pod-groups.ts';
import { hasSelector, isReady, unfinishedPodsOf } from '../../k8s/pods.ts';
import { programsIn } from '../../k8s/port-hints.ts';
import { formatServicePort, resolveTargetPort } from '../../k8s/ports.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import type { Container, Pod } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/told-to-bind-loopback',
  title: 'The container is told to listen on localhost only',
  why: 'Many programs take the address to bind from an option or a variable, and servers for development bind 127.0.0.1 by default. Inside a Pod that shuts out everybody but the Pod itself.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['slices', 'listeners', 'connects', 'execs', 'workloads', 'serverVersion'],
  evaluate({ service, pods, slices = [], listeners, connects, execs, workloads = [], serverVersion }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const heard = receptionsOf(service, slices, pods, { listeners, connects, execs });
    if (heard.some(({ reception }) => reception)) return notApplicable('it was looked at where the Pods listen');
    const told = unfinishedPodsOf(service, pods).flatMap((pod) =>
      (service.spec.ports ?? []).flatMap((port) => {
        const number = resolveTargetPort(pod, port, serverVersion);
        const container = number === undefined ? undefined : servingContainer(pod, number);
        if (number === undefined || !container || isProbedFromOutside(pod, container, number)) return [];
        const known = bindHintsOf(container).filter((hint) => hint.port === undefined || hint.port === number);
        return (known.length > 0 ? known : loopbackBindsOn(number, container)).map((hint) => ({
          pod,
          port,
          number,
          container,
          hint,
        }));
      }),
    );
    const [first] = told;
    if (!first) return passed('no container is told to bind localhost on a port of the Service');
    const { hint, number, container } = first;
    const front = proxyBefore(first.pod, number);
    const of = ownersOf(
      told.map(({ pod }) => pod),
      workloads,
    );
    return problem({
      certainty: 'likely',
      summary:
        `Container ${container.name} of ${of} ${hint.byDefault ? `is started as "${hint.says}", which binds ${hint.address}:${number} unless told otherwise` : `is told ${hint.says}: it binds ${hint.address}:${number} only`}, where nobody outside the Pod gets in`.slice(
          0,
          238,
        ),
      evidence: allOf([
        ...told
          .slice(0, 3)
          .map(({ pod, hint: each }) => evidence(pod, `spec.containers[${container.name}]`, each.says)),
        evidence(
          service,
          `spec.ports[${(service.spec.ports ?? []).indexOf(first.port)}]`,
          `${formatServicePort(first.port)} → ${number}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            service.metadata.namespace ?? '',
            first.pod.metadata.name,
            '-c',
            container.name,
            '--',
            'sh',
            '-c',
            'ss -lnt 2>/dev/null || netstat -lnt 2>/dev/null || cat /proc/net/tcp',
          ),
          `${hint.address}:${number} (0100007F in /proc/net/tcp), not 0.0.0.0:${number}`,
        ),
      ],
      fix: {
        explain: front
          ? `Let targetPort of ${formatServicePort(first.port)} be ${front.port}, where container ${front.container} takes connections and passes them on to ${hint.address}:${number}; clients then speak as it does, mostly https.`
          : `Let it bind 0.0.0.0:${number}: ${hint.instead} in container ${container.name} of ${of}.`,
      },
    });
  },
});

/** The container that declares the number, or the only one there is. */
function servingContainer(pod: Pod, number: number): Container | undefined {
  const programs = programsIn(pod.spec);
  return (
    programs.find(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === number)) ??
    (programs.length === 1 ? programs[0] : programs.find((program) => loopbackBindsOn(number, program).length > 0))
  );
}

/** The proxy beside it that passes on to this port, as kube-rbac-proxy does with `--upstream`, and the port it declares. */
function proxyBefore(pod: Pod, number: number): { readonly container: string; readonly port: number } | undefined {
  const upstream = new RegExp(`--upstream(=|\\s+)\\S*:${number}(/|\\s|$)`);
  return programsIn(pod.spec).flatMap(({ name, command = [], args = [], ports = [] }) => {
    const port = ports.find(({ containerPort }) => containerPort !== number)?.containerPort;
    return port !== undefined && upstream.test([...command, ...args].join(' ')) ? [{ container: name, port }] : [];
  })[0];
}

/** The kubelet probes a Pod's own address: where such a probe succeeds on the port, the process is not bound to localhost. */
const isProbedFromOutside = (pod: Pod, { readinessProbe, ports = [] }: Container, number: number): boolean => {
  const target = readinessProbe?.httpGet?.port ?? readinessProbe?.tcpSocket?.port ?? readinessProbe?.grpc?.port;
  const probed = typeof target === 'string' ? ports.find(({ name }) => name === target)?.containerPort : target;
  return isReady(pod) && probed === number;
};
