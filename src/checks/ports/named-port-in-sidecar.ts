import { hasSelector } from '../../k8s/pods.ts';
import { formatServicePort, targetPortOf } from '../../k8s/ports.ts';
import { formatDeclared, isLostBecause, pathOfDeclared, resolvePorts } from '../../k8s/port-resolution.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/named-port-in-sidecar',
  title: 'The named targetPort stands only in a native sidecar',
  why: 'Before Kubernetes 1.32 the endpoint controller looks for named ports in containers only, not in init containers with restartPolicy: Always. A number needs no looking up and works in every version.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['slices', 'serverVersion'],
  evaluate({ service, pods, slices, serverVersion }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const ports = resolvePorts(service, pods, slices, serverVersion);
    const lost = ports.filter((port) => isLostBecause(port, ['sidecar']));
    const [first] = lost;
    const seen = first?.inPods[0];
    if (!first || seen?.why?.reason !== 'sidecar')
      return passed('no named port is in a native sidecar only, or this control plane finds it there');
    const { pod, why } = seen;
    const { name, namespace = '' } = service.metadata;
    const { containerPort } = why.found.port;
    return problem({
      certainty: 'certain',
      impact: lost.length < ports.length ? 'degrades' : 'breaks',
      summary: `service/${name} forwards ${formatServicePort(first.port)} to ${targetPortOf(first.port)}, a port of native sidecar ${why.found.container.name}: ${serverVersion ? `Kubernetes ${serverVersion}` : 'this control plane'} resolves no names there (1.32 does)`,
      evidence: allOf([
        evidence(service, `spec.ports[${first.index}].targetPort`, targetPortOf(first.port)),
        evidence(pod, `spec.${pathOfDeclared(pod.spec, why.found)}`, formatDeclared(why.found)),
        evidence(
          pod,
          `spec.initContainers[${(pod.spec.initContainers ?? []).indexOf(why.found.container)}].restartPolicy`,
          'Always: a native sidecar',
        ),
        ...(slices ?? [])
          .filter(({ ports: opened }) => (opened ?? []).length < ports.length)
          .slice(0, 1)
          .map((slice) => evidence(slice, 'ports', 'none (<unset>), though it lists addresses')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          'PORTS is <unset>',
        ),
        confirm(kubectl('version'), 'Server Version below v1.32'),
      ],
      fix: {
        explain: `Write targetPort ${containerPort} as a number, which needs no looking up; or upgrade the control plane to 1.32 or later.`,
        patch: {
          object: service,
          type: 'json',
          body: [{ op: 'replace', path: `/spec/ports/${first.index}/targetPort`, value: containerPort }],
        },
      },
    });
  },
});
