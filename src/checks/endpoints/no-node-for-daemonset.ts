import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import { podTemplateOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { absentPods } from './absent-pods.ts';

export default defineCheck({
  id: 'endpoints/no-node-for-daemonset',
  title: 'The DaemonSet fits no node',
  why: 'A DaemonSet runs one Pod on each node that its nodeSelector, affinity and tolerations admit. Where no node is left, it wants 0 Pods and reports no error.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/controller-idle'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['nodes'],
  evaluate({ service, pods, workloads, nodes = [] }) {
    const found = absentPods(service, pods, workloads);
    if (found.outcome !== 'absent') return found;
    const set = found.workloads.find(({ kind }) => kind === 'DaemonSet');
    if (!set) return notApplicable('no DaemonSet is selected');
    const wanted = podTemplateOf(set)?.spec.nodeSelector ?? {};
    const fitting = nodes.filter((node) => includesLabels(node.metadata.labels, wanted));
    if (set.status?.desiredNumberScheduled !== 0 && (fitting.length > 0 || nodes.length === 0))
      return passed('some node fits');
    const taints = fitting.flatMap((node) => (node.spec?.taints ?? []).map((taint) => ({ node, taint })));
    const asks = Object.keys(wanted).length > 0 && fitting.length === 0;
    return problem({
      certainty: 'certain',
      summary: asks
        ? `DaemonSet ${set.metadata.name} runs on nodes with ${formatLabels(wanted)}, and no node has that`
        : `DaemonSet ${set.metadata.name} wants 0 Pods: no node admits them${taints[0] ? ` (taint ${taints[0].taint.key}:${taints[0].taint.effect})` : ''}`,
      evidence: allOf([
        evidence(set, 'status.desiredNumberScheduled', `${set.status?.desiredNumberScheduled ?? 0}`),
        evidence(set, 'spec.template.spec.nodeSelector', formatLabels(wanted) || 'none'),
        ...(asks
          ? nodes.slice(0, 4).map((node) =>
              evidence(
                node,
                'metadata.labels',
                Object.keys(wanted)
                  .map((key) => `${key}=${ownValue(node.metadata.labels, key) ?? '(absent)'}`)
                  .join(','),
              ),
            )
          : taints
              .slice(0, 4)
              .map(({ node, taint }) =>
                evidence(node, 'spec.taints', `${taint.key}${taint.value ? `=${taint.value}` : ''}:${taint.effect}`),
              )),
      ]),
      confirm: [
        confirm(kubectl('get', 'daemonset', set.metadata.name, '-n', set.metadata.namespace ?? ''), 'DESIRED 0'),
        confirm(
          kubectl('get', 'nodes', ...(asks ? ['-l', formatLabels(wanted)] : [])),
          asks ? 'No resources found' : 'the nodes there are',
        ),
      ],
      fix: asks
        ? {
            explain: `Label a node with ${formatLabels(wanted)}, or correct the nodeSelector of DaemonSet ${set.metadata.name}.`,
            commands: nodes[0]
              ? [
                  kubectl(
                    'label',
                    'node',
                    nodes[0].metadata.name,
                    ...Object.entries(wanted).map(([key, value]) => `${key}=${value}`),
                  ),
                ]
              : [],
          }
        : {
            explain: `Add a toleration for the taint, or correct nodeAffinity, in the template of DaemonSet ${set.metadata.name}.`,
          },
    });
  },
});
