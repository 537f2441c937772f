import { formatLabels } from '../../k8s/labels.ts';
import { hasSelector, isFinished, isTerminating, podsSelectedBy } from '../../k8s/pods.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { gapsBetween } from '../../k8s/selector-miss.ts';
import { podsOf, templateLabelsOf, workloadsReachedBy } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/pods-older-than-template',
  title: 'The Pods are older than the labels in their template',
  why: 'A change of the template reaches Pods only as they are replaced. While a rollout is paused, or with the update strategy OnDelete, the old Pods stay, with their old labels.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'workloads'],
  evaluate({ service, pods, workloads }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { namespace = '' } = service.metadata;
    if (podsSelectedBy(service, pods).some((pod) => !isFinished(pod))) return passed('Pods match the selector');
    const held = workloadsReachedBy(service, workloads).find(
      ({ spec }) => spec.paused === true || spec.updateStrategy?.type === 'OnDelete',
    );
    const old = held ? podsOf(held, pods, workloads).filter((pod) => !isFinished(pod) && !isTerminating(pod)) : [];
    const [pod] = old;
    if (!held || !pod) return passed('no rollout that would bring the labels is held back');
    const paused = held.spec.paused === true;
    const of = formatRef(refTo(held), namespace);
    const selector = service.spec.selector ?? {};
    const missing = Object.fromEntries(
      gapsBetween(pod.metadata.labels ?? {}, selector).map(({ key, wanted }) => [key, wanted]),
    );
    return problem({
      certainty: 'certain',
      summary: `The template of ${of} has ${formatLabels(missing)}, its ${old.length} running Pods do not: ${paused ? 'the rollout is paused (spec.paused: true)' : 'with updateStrategy OnDelete they stay until somebody deletes them'}`,
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(selector)),
        evidence(held, paused ? 'spec.paused' : 'spec.updateStrategy.type', paused ? 'true' : 'OnDelete'),
        evidence(held, 'spec.template.metadata.labels', formatLabels(templateLabelsOf(held))),
        ...old.slice(0, 3).map((each) => evidence(each, 'metadata.labels', formatLabels(each.metadata.labels))),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-n', namespace, '-L', Object.keys(missing).join(',')),
          `no ${formatLabels(missing)}`,
        ),
      ],
      fix: paused
        ? {
            explain: `Resume the rollout of ${of}, so that its Pods are replaced by ones with the labels of the template.`,
            patch: { object: held, type: 'merge', body: { spec: { paused: false } } },
          }
        : {
            explain: `Delete the Pods of ${of} one by one: each comes back with the labels of the template.`,
            commands: old.map(({ metadata }) => kubectl('delete', 'pod', metadata.name, '-n', namespace)),
          },
    });
  },
});
