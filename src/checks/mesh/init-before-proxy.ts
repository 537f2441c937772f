import type { Container } from '../../k8s/objects.ts';
import { isSidecar } from '../../k8s/pods.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** Init containers of meshes that turn the traffic of the Pod to a proxy, and the container which that is. */
const redirects = {
  'istio-init': 'istio-proxy',
  'istio-validation': 'istio-proxy',
  'linkerd-init': 'linkerd-proxy',
} as const;

export default defineCheck({
  id: 'mesh/init-before-proxy',
  title: 'An init container calls before the mesh proxy runs',
  why: 'The init container of a mesh turns all traffic of the Pod to its proxy, which starts only after the last init container. An init container that comes in between and calls another Service reaches nobody, so the Pod never starts.',
  impact: 'breaks',
  needs: ['service', 'client'],
  evaluate({ service, client }) {
    const inits = client.spec.initContainers ?? [];
    const at = inits.findIndex(({ name }) => Object.hasOwn(redirects, name));
    if (at === -1) return notApplicable('no init container of a mesh redirects the traffic of the client');
    if (
      inits.some(
        (container) => isSidecar(container) && Object.values(redirects).some((name) => name === container.name),
      )
    )
      return passed('the proxy is a native sidecar, and runs before the init containers after it');
    const { name, namespace = '' } = service.metadata;
    const calling = inits.slice(at + 1).filter((container) => mentions(container, name));
    const stuck = calling.flatMap((container) =>
      client.pods.flatMap((pod) => {
        const status = (pod.status?.initContainerStatuses ?? []).find((each) => each.name === container.name);
        const failed = status?.state?.waiting ?? status?.state?.terminated;
        const unfinished = status !== undefined && status.ready !== true && status.state?.terminated?.exitCode !== 0;
        return unfinished ? [{ pod, container, status, failed }] : [];
      }),
    );
    const [first] = stuck;
    if (!first) return passed('no init container that names the Service is stuck behind the redirection');
    const { pod, container, status } = first;
    const reason =
      status.state?.waiting?.reason ??
      (status.state?.terminated ? `exit code ${status.state.terminated.exitCode}` : 'running');
    const redirect = inits[at]?.name ?? '';
    return problem({
      certainty: 'likely',
      summary: `Init container ${container.name} of ${client.name.kind} ${client.name.name} calls ${name}, but ${redirect} already sends its traffic to a proxy that does not run yet`,
      evidence: allOf([
        evidence(
          pod,
          `status.initContainerStatuses[${container.name}]`,
          `${reason}, ${status.restartCount ?? 0} restarts`,
        ),
        evidence(pod, 'spec.initContainers', inits.map((each) => each.name).join(', ')),
        evidence(
          pod,
          `spec.initContainers[${container.name}]`,
          [
            ...(container.command ?? []),
            ...(container.args ?? []),
            ...(container.env ?? []).map((each) => `${each.name}=${each.value ?? ''}`),
          ]
            .join(' ')
            .slice(0, 200),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('logs', pod.metadata.name, '-n', pod.metadata.namespace ?? '', '-c', container.name),
          `connection refused, or a time-out, for ${name}`,
        ),
      ],
      fix: {
        explain: `Move the wait into the application, run the proxy as a native sidecar, or let the container run as user 1337, which ${redirect} leaves alone; excludeOutboundPorts for the ports of ${name}.${namespace} helps too.`,
        commands: [
          kubectl('get', refTo(client.object).kind, client.object.metadata.name, '-n', client.namespace, '-o', 'yaml'),
        ],
      },
    });
  },
});

/** Whether a container's words name the Service as a host. */
const mentions = (container: Container, name: string): boolean => {
  const host = new RegExp(`(^|[^\\w.-])${name.replaceAll('-', '\\-')}(\\.|:|$|[^\\w-])`);
  return [
    ...(container.command ?? []),
    ...(container.args ?? []),
    ...(container.env ?? []).map(({ value = '' }) => value),
  ].some((text) => host.test(text));
};
