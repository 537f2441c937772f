import type { Pod } from '../../k8s/objects.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { hasSelector, unfinishedPodsOf } from '../../k8s/pods.ts';
import { namesakesElsewhere, targetsElsewhere } from '../../k8s/port-hints.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/declared-elsewhere',
  title: 'Everything in the Pods points to another port than targetPort',
  why: 'A numeric targetPort needs no declaration, so a container that declares another number is no fault in itself. Where declaration, probe, settings or image agree on another number, the targetPort is most likely the wrong one. So it is where the port leads to an exporter beside the program, and the program declares the name and number of the Service port itself.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['slices', 'listeners', 'connects', 'execs'],
  evaluate({ service, pods, slices = [], listeners, connects, execs }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const members = unfinishedPodsOf(service, pods);
    const [pod] = members;
    if (!pod) return notApplicable('it selects no running Pod');
    const heard = receptionsOf(service, slices, pods, { listeners, connects, execs });
    const elsewhereIn = (member: Pod) => [...targetsElsewhere(service, member), ...namesakesElsewhere(service, member)];
    const found = elsewhereIn(pod).filter(
      ({ port, target, another }) =>
        members.every((member) => elsewhereIn(member).some((other) => other.target === target)) &&
        // Where somebody looked, only a port that answers for something else is still a question.
        !heard.some(
          ({ servicePort, reception }) =>
            servicePort === port && reception !== undefined && !(another && reception.state === 'open'),
        ),
    );
    const [first] = found;
    if (!first) return passed('what the Pods declare does not speak against targetPort');
    const sure = first.hints.length >= 2;
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: sure ? 'likely' : 'possible',
      impact: sure ? (found.length < (service.spec.ports ?? []).length ? 'degrades' : 'breaks') : 'risks',
      summary: `${formatServicePort(first.port)} of ${name} forwards to ${first.target}${first.another ? ', the wrong one: ' : ', while '}${first.hints
        .map(({ says }) => says)
        .slice(0, 3)
        .join(', ')}`,
      evidence: allOf([
        ...found.map(({ index, target }) => evidence(service, `spec.ports[${index}].targetPort`, String(target))),
        ...first.hints.map(({ says }) => evidence(pod, 'spec.containers', says)),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            namespace,
            pod.metadata.name,
            '--',
            'sh',
            '-c',
            'ss -lnt 2>/dev/null || netstat -lnt 2>/dev/null || cat /proc/net/tcp /proc/net/tcp6',
          ),
          `a line with ${first.instead}, none with ${first.target}`,
        ),
      ],
      fix: {
        explain: `Let targetPort be ${first.instead}, if that is where the process listens; a declared port alone is no proof.`,
        patch: {
          object: service,
          type: 'json',
          body: found.map(({ index, instead, port }) => ({
            op: port.targetPort === undefined ? 'add' : 'replace',
            path: `/spec/ports/${index}/targetPort`,
            value: instead,
          })),
        },
      },
    });
  },
});
