import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { Pod, Workload } from '../../k8s/objects.ts';
import { hasSelector, isFinished } from '../../k8s/pods.ts';
import { targetPortOf } from '../../k8s/ports.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { nearestMisses, selectsNothing } from '../../k8s/selector-miss.ts';
import { topOwnerOf, topWorkloadsWith } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'selector/pods-in-another-namespace',
  title: 'The Pods are in another namespace than the Service',
  why: 'A Service selects Pods of its own namespace only. Pods of another namespace are reached by a Service there, under a name with that namespace in it.',
  impact: 'breaks',
  explains: [
    'selector/no-matching-pods',
    'endpoints/none-ready',
    'name/wrong-namespace',
    'name/short-name-from-another-namespace',
  ],
  needs: ['service', 'pods', 'podsElsewhere'],
  uses: ['workloads', 'workloadsEverywhere', 'slices'],
  evaluate({ service, pods, podsElsewhere, workloads = [], workloadsEverywhere = [], slices = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { name, namespace = '' } = service.metadata;
    if (!selectsNothing(service, pods, workloads)) return passed(`what it selects is in ${namespace} itself`);
    const selector = service.spec.selector ?? {};
    const running = podsElsewhere.filter((pod) => !isFinished(pod));
    const templates = topWorkloadsWith(selector, workloadsEverywhere).filter(
      ({ metadata }) => metadata.namespace !== namespace,
    );
    const found: readonly (Pod | Workload)[] = running.length > 0 ? running : templates;
    const [first] = found;
    if (!first) return passed('no Pod of another namespace has these labels either');
    const [near] = nearestMisses(service, pods, workloads);
    if (near?.unmistakable) return passed(`${near.group.name} in ${namespace} comes close: look there first`);
    const places = [...new Set(found.map(({ metadata }) => metadata.namespace ?? ''))];
    const place = places[0] ?? '';
    const owner = first.kind === 'Pod' ? topOwnerOf(first, workloadsEverywhere) : first;
    const of = formatRef(refTo(owner ?? first), place);
    const [port] = service.spec.ports ?? [];
    return problem({
      certainty: places.length > 2 ? 'likely' : 'certain',
      ...(servedByOthers(service, slices).length > 0 ? { impact: 'risks' } : {}),
      summary: `${running.length > 0 ? 'The Pods' : 'The workload'} with ${formatLabels(selector)} ${running.length > 0 ? 'are' : 'is'} in namespace ${places.slice(0, 3).join(', ')}; service/${name} is in ${namespace}, and no Service reaches across`,
      evidence: allOf([
        evidence(service, 'metadata.namespace', namespace),
        evidence(service, 'spec.selector', formatLabels(selector)),
        ...found.slice(0, 3).map((object) => evidence(object, 'metadata.namespace', object.metadata.namespace)),
        ...(owner && owner !== first ? [evidence(owner, 'metadata.namespace', place)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pods', '-A', '-l', formatLabels(selector)),
          `Pods in ${places.slice(0, 3).join(', ')}, none in ${namespace}`,
        ),
      ],
      fix: {
        explain: `Create the Service in namespace ${place}, where ${of} is, and let clients call ${name}.${place}. Or deploy ${of} into ${namespace}; or make ${name} in ${namespace} an ExternalName for ${name}.${place}.svc.cluster.local.`,
        commands: owner
          ? [
              kubectl(
                'expose',
                refTo(owner).kind,
                owner.metadata.name,
                '-n',
                place,
                `--name=${name}`,
                ...(port ? [`--port=${port.port}`, `--target-port=${targetPortOf(port)}`] : []),
              ),
            ]
          : [],
      },
    });
  },
});
