import type { Pod, Service, Workload } from '../../k8s/objects.ts';
import { whyNotReady } from '../../k8s/pod-troubles.ts';
import { podIndexLabel, podNameLabel } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { absentPods } from './absent-pods.ts';
import { brief, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/earlier-ordinal-not-ready',
  title: 'An earlier Pod of the StatefulSet holds this one back',
  why: 'With podManagementPolicy OrderedReady, the default, a StatefulSet makes its Pods in order: the next one comes only when all before it run and are Ready. A Service of one single Pod waits with it.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/controller-idle'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['events', 'nodes'],
  evaluate({ service, pods, workloads, events, nodes }) {
    const found = absentPods(service, pods, workloads);
    if (found.outcome !== 'absent') return found;
    const set = found.workloads.find(({ kind }) => kind === 'StatefulSet');
    const wanted = set && ordinalAskedFor(service, set);
    if (!set || wanted === undefined) return notApplicable('the Service asks for no single Pod of a StatefulSet');
    if (set.spec.podManagementPolicy === 'Parallel') return passed('the Pods are made all at once');
    const { name, namespace = '' } = set.metadata;
    const start = set.spec.ordinals?.start ?? 0;
    const earlier = Array.from({ length: Math.max(0, wanted - start) }, (_, index) =>
      podCalled(`${name}-${start + index}`, pods, set),
    );
    const first = earlier.flatMap((pod) => {
      const trouble = pod && whyNotReady(pod, { events, nodes });
      return pod && trouble ? [{ pod, trouble }] : [];
    })[0];
    if (!first) return passed('every Pod before it is Ready');
    const { pod, trouble } = first;
    const says = trouble.message ? `${trouble.reason}: ${brief(trouble.message, 110)}` : trouble.reason;
    return problem({
      certainty: 'certain',
      summary:
        `${name}-${wanted} is not created: StatefulSet ${name} makes its Pods in order, and ${pod.metadata.name} is not Ready (${says})`.slice(
          0,
          238,
        ),
      evidence: allOf([
        evidence(set, 'spec.podManagementPolicy', set.spec.podManagementPolicy ?? 'absent: OrderedReady'),
        evidence(set, 'spec.replicas', `${set.spec.replicas ?? 1}`),
        evidence(service, 'spec.selector', `${name}-${wanted}, a Pod that does not exist yet`),
        evidence(
          pod,
          'container' in trouble ? `${statusPath(trouble.container, trouble.init)}.state` : 'status.conditions[Ready]',
          says,
        ),
      ]),
      confirm: [
        confirm(kubectl('get', 'pods', '-n', namespace), `${pod.metadata.name} not ready, and no ${name}-${wanted}`),
      ],
      fix: {
        explain: `Mend ${pod.metadata.name} first (${trouble.reason}): ${name}-${wanted} is created when every Pod before it is Ready.`,
        commands: [
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          kubectl('logs', pod.metadata.name, '-n', namespace, '--all-containers', '--previous'),
        ],
      },
    });
  },
});

/** The one Pod of the StatefulSet that the selector names, by its name or its index. */
function ordinalAskedFor({ spec }: Service, { metadata }: Workload): number | undefined {
  const name = spec.selector?.[podNameLabel];
  const index = name?.startsWith(`${metadata.name}-`)
    ? name.slice(metadata.name.length + 1)
    : spec.selector?.[podIndexLabel];
  return index !== undefined && /^\d+$/.test(index) ? Number(index) : undefined;
}

const podCalled = (name: string, pods: readonly Pod[], { metadata }: Workload): Pod | undefined =>
  pods.find((pod) => pod.metadata.name === name && pod.metadata.namespace === metadata.namespace);
