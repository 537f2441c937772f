import type { Service } from '../../k8s/objects.ts';
import { groupByOwner, type PodGroup } from '../../k8s/pod-groups.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort, resolveTargetPort, targetPortOf } from '../../k8s/ports.ts';
import {
  formatDeclared,
  pathOfDeclared,
  resolvePorts,
  type PortInPod,
  type ResolvedPort,
  type Unresolved,
} from '../../k8s/port-resolution.ts';
import { podTemplateOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

export default defineCheck({
  id: 'ports/named-port-missing-in-some-pods',
  title: 'Some Pods lack the named targetPort',
  why: 'A named targetPort is looked up in each Pod on its own. Pods that do not declare the name are listed without a port: they look ready, and get no connection, so the others carry all the load.',
  impact: 'degrades',
  needs: ['service', 'pods'],
  uses: ['workloads', 'slices', 'serverVersion'],
  evaluate({ service, pods, workloads = [], slices, serverVersion }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const ports = resolvePorts(service, pods, slices, serverVersion);
    const mixed = ports.find(({ inPods }) => inPods.some(({ why }) => why) && inPods.some(({ why }) => !why));
    if (!mixed) return passed('each port fares alike in all Pods');
    const lost = mixed.inPods.filter((each): each is PortInPod & { why: Unresolved } => each.why !== undefined);
    const groups = groupByOwner(
      lost.map(({ pod }) => pod),
      workloads,
    );
    const name = String(targetPortOf(mixed.port));
    const [group] = groups;
    const [seen] = lost;
    if (!group || !seen) return passed('each port fares alike in all Pods');
    const healed =
      group.workload && podTemplateOf(group.workload)
        ? resolveTargetPort(
            { spec: podTemplateOf(group.workload)?.spec ?? seen.pod.spec },
            mixed.port,
            serverVersion,
          ) !== undefined
        : false;
    return problem({
      certainty: 'certain',
      impact: healed ? 'risks' : 'degrades',
      summary: `${lost.length} of ${mixed.inPods.length} Pods, those of ${groups.map(({ name: of }) => of).join(', ')}, declare no ${seen.why.reason === 'protocol' ? `${mixed.port.protocol ?? 'TCP'} ` : ''}port named ${name}${insteadOf(seen.why)}: they get nothing from ${formatServicePort(mixed.port)}`,
      evidence: allOf([
        evidence(service, `spec.ports[${mixed.index}].targetPort`, name),
        ...lost.slice(0, 3).flatMap(({ pod }) =>
          declaredPortsOf(pod.spec)
            .slice(0, 2)
            .map((found) => evidence(pod, `spec.${pathOfDeclared(pod.spec, found)}.name`, formatDeclared(found))),
        ),
        ...mixed.inPods
          .filter(({ why }) => !why)
          .slice(0, 1)
          .map(({ pod, number }) => evidence(pod, 'spec.containers[*].ports', `${name} ${number}`)),
        ...(slices ?? [])
          .slice(0, 3)
          .map((slice) =>
            evidence(
              slice,
              'ports',
              (slice.ports ?? []).length === 0
                ? `none, for ${(slice.endpoints ?? []).length} addresses`
                : (slice.ports ?? []).map((port) => `${port.name ?? ''} ${port.port ?? ''}`).join(', '),
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            service.metadata.namespace ?? '',
            '-l',
            `kubernetes.io/service-name=${service.metadata.name}`,
          ),
          'one slice with the port, one whose PORTS is <unset>',
        ),
      ],
      fix: fixOf(service, mixed, seen, group, healed),
    });
  },
});

const insteadOf = (why: Unresolved): string => {
  if (why.reason === 'misspelt') return ` but ${why.found.port.name}`;
  if (why.reason === 'other-names') return ` but ${why.found[0].port.name ?? 'an unnamed one'}`;
  if (why.reason === 'unnamed') return ` (${why.found[0].port.containerPort} has no name)`;
  return '';
};

function fixOf(
  service: Service,
  { port, index, inPods }: ResolvedPort,
  seen: PortInPod & { why: Unresolved },
  group: PodGroup,
  healed: boolean,
): Fix {
  const name = String(targetPortOf(port));
  if (healed)
    return {
      explain: `Wait for the rollout of ${group.name}: its template declares ${name}, only Pods from before do not.`,
    };
  const { why, pod } = seen;
  const found =
    why.reason === 'misspelt'
      ? why.found
      : why.reason === 'other-names' || why.reason === 'unnamed'
        ? why.found[0]
        : undefined;
  const numbers = new Set(inPods.flatMap(({ number }) => (number === undefined ? [] : [number])));
  const same = found && numbers.size === 1 && numbers.has(found.port.containerPort);
  if (found && group.workload && group.workload.kind !== 'CronJob')
    return {
      explain: `Name container port ${found.port.containerPort} of ${group.name} ${name}, as the other Pods do${same ? `; or let targetPort be ${found.port.containerPort}, the number that all of them use` : ''}.`,
      patch: {
        object: group.workload,
        type: 'json',
        body: [
          {
            op: 'add',
            path: `/spec/template/spec/${pathOfDeclared(pod.spec, found).replaceAll('[', '/').replaceAll(']', '').replaceAll('.', '/')}/name`,
            value: name,
          },
        ],
      },
    };
  return {
    explain: `Declare a port named ${name} in the Pods of ${group.name}, or write targetPort ${[...numbers][0] ?? ''} of spec.ports[${index}] of service/${service.metadata.name} as a number.`,
  };
}
