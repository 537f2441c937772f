import { hasSelector } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort, targetPortOf } from '../../k8s/ports.ts';
import { formatDeclared, isLostBecause, resolvePorts } from '../../k8s/port-resolution.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/digits-as-a-name',
  title: 'The targetPort is a number in quotes, which Kubernetes takes for a name',
  why: 'targetPort: "8080" is a string, and strings are names of container ports. No container port can be called so, since a name needs a letter; the port resolves to nothing.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['slices', 'serverVersion'],
  evaluate({ service, pods, slices, serverVersion }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const ports = resolvePorts(service, pods, slices, serverVersion);
    const quoted = ports.filter((port) => isLostBecause(port, ['digits']));
    const [first] = quoted;
    if (!first) return passed('no targetPort is a string of digits');
    const { name, namespace = '' } = service.metadata;
    const target = String(targetPortOf(first.port));
    return problem({
      certainty: 'certain',
      impact: quoted.length < ports.length ? 'degrades' : 'breaks',
      summary: `service/${name} forwards ${formatServicePort(first.port)} to "${target}" as a string: Kubernetes looks for a container port named ${target} and finds none`,
      evidence: allOf([
        ...quoted.map(({ port, index }) =>
          evidence(service, `spec.ports[${index}].targetPort`, `"${targetPortOf(port)}" (a string, so a name)`),
        ),
        ...first.inPods
          .slice(0, 1)
          .flatMap(({ pod }) =>
            declaredPortsOf(pod.spec).map((found) => evidence(pod, `spec.containers[*].ports`, formatDeclared(found))),
          ),
        ...(slices ?? [])
          .filter(({ ports: opened }) => (opened ?? []).length < ports.length)
          .slice(0, 1)
          .map((slice) => evidence(slice, 'ports', (slice.ports ?? []).length === 0 ? 'none (<unset>)' : slice.ports)),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            name,
            '-n',
            namespace,
            '-o',
            'jsonpath={.spec.ports[*].targetPort}{"\\n"}{.spec.ports}',
          ),
          `"targetPort":"${target}", in quotes`,
        ),
      ],
      fix: {
        explain: `Write targetPort ${target} as a number, without quotes.`,
        patch: {
          object: service,
          type: 'json',
          body: quoted.map(({ port, index }) => ({
            op: 'replace',
            path: `/spec/ports/${index}/targetPort`,
            value: Number(targetPortOf(port)),
          })),
        },
      },
    });
  },
});
