import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import { hasSelector, podsSelectedBy } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** Labels that a controller writes anew for each revision or Pod: a selector that copies one goes stale with the next rollout. */
const revisionLabels = [
  'pod-template-hash',
  'rollouts-pod-template-hash',
  'controller-revision-hash',
  'statefulset.kubernetes.io/pod-name',
] as const;

export default defineCheck({
  id: 'selector/pinned-to-a-rollout',
  title: 'The selector is pinned to one rollout',
  why: 'Controllers stamp Pods with labels such as pod-template-hash that change with every rollout. A selector copied from a Pod keeps the old value and matches nothing once that Pod is replaced.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  evaluate({ service, pods }) {
    const selector = service.spec.selector ?? {};
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const pinned = revisionLabels.filter((label) => ownValue(selector, label) !== undefined);
    if (pinned.length === 0) return passed('the selector names no label of a single rollout');
    if (podsSelectedBy(service, pods).length > 0)
      return passed(`${pinned.join(' and ')} still matches the running Pods`);
    const rest = Object.fromEntries(Object.entries(selector).filter(([key]) => !pinned.some((label) => label === key)));
    const successors = pods.filter((pod) => includesLabels(pod.metadata.labels, rest));
    if (successors.length === 0) return passed('no Pod matches the rest of the selector either');
    const [label = ''] = pinned;
    const current =
      [...new Set(successors.map((pod) => ownValue(pod.metadata.labels, label)).filter(Boolean))].join(', ') ||
      'no such label';
    return problem({
      certainty: 'certain',
      summary: `The selector asks for ${label}=${selector[label]}, which a rollout has replaced: the Pods now carry ${current}`,
      evidence: allOf([
        evidence(service, `spec.selector.${label}`, selector[label]),
        ...successors
          .slice(0, 3)
          .map((pod) => evidence(pod, `metadata.labels.${label}`, ownValue(pod.metadata.labels, label) ?? 'absent')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', service.metadata.namespace ?? '', '-l', formatLabels(selector)),
          'No resources found',
        ),
      ],
      fix: {
        explain: `Remove ${pinned.join(' and ')} from the Service's selector; the other labels stay the same across rollouts.`,
        patch: {
          object: service,
          type: 'merge',
          body: { spec: { selector: Object.fromEntries(pinned.map((key) => [key, null])) } },
        },
      },
    });
  },
});
