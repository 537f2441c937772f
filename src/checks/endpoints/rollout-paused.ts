import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { refTo } from '../../k8s/references.ts';
import { lineageOf, templateLabelsOf } from '../../k8s/workloads.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { absentPods, livingPodsOf, wantPods } from './absent-pods.ts';

export default defineCheck({
  id: 'endpoints/rollout-paused',
  title: 'The Deployment is paused before its first Pod',
  why: 'A paused Deployment makes no ReplicaSet for a new template. One that was created with paused: true, or whose ReplicaSets are gone, therefore makes no Pods, and reports no error.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/controller-idle'],
  needs: ['service', 'pods', 'workloads'],
  evaluate({ service, pods, workloads }) {
    const found = absentPods(service, pods, workloads);
    if (found.outcome !== 'absent') return found;
    const paused = wantPods(found.workloads).find(({ spec }) => spec.paused === true);
    if (!paused) return notApplicable('no rollout is paused');
    if (livingPodsOf(paused, pods, workloads).length > 0) return passed('its previous Pods are there');
    const { kind, metadata } = paused;
    const selector = service.spec.selector ?? {};
    const sets = lineageOf(paused, workloads).filter(
      (each) => each !== paused && includesLabels(templateLabelsOf(each), selector),
    );
    return problem({
      certainty: 'certain',
      summary: `${kind} ${metadata.name} is paused and has made no Pod: it wants ${paused.spec.replicas ?? 1} replicas`,
      evidence: [
        evidence(paused, 'spec.paused', 'true'),
        evidence(paused, 'spec.replicas', `${paused.spec.replicas ?? 1}`),
        evidence(paused, 'ReplicaSets of its template', sets.map((set) => set.metadata.name).join(', ') || 'none'),
        evidence(paused, 'spec.template.metadata.labels', formatLabels(templateLabelsOf(paused))),
      ],
      confirm: [
        confirm(
          kubectl('describe', refTo(paused).kind, metadata.name, '-n', metadata.namespace ?? ''),
          'Progressing Unknown DeploymentPaused, NewReplicaSet: <none>',
        ),
      ],
      fix: {
        explain: `Resume the rollout of ${kind} ${metadata.name}.`,
        patch: { object: paused, type: 'merge', body: { spec: { paused: false } } },
      },
    });
  },
});
