import { formatLabels } from '../../k8s/labels.ts';
import { refArgs, refTo } from '../../k8s/references.ts';
import { formatFound, lastingLabels, nearestMisses, selectorFor, selectorPatch } from '../../k8s/selector-miss.ts';
import { templateLabelsOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';
import { absentPods } from './absent-pods.ts';

export default defineCheck({
  id: 'endpoints/only-a-job',
  title: 'Only a Job makes Pods for the Service',
  why: 'The Pods of a Job run to an end, and a CronJob has some only while a run lasts. A Service in front of them answers now and then at best.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/all-finished'],
  needs: ['service', 'pods', 'workloads'],
  evaluate({ service, pods, workloads }) {
    const found = absentPods(service, pods, workloads);
    if (found.outcome !== 'absent') return found;
    const [job] = found.workloads;
    if (!found.workloads.every(({ kind }) => kind === 'Job' || kind === 'CronJob'))
      return passed('a workload that keeps running is selected');
    const { kind, metadata, spec } = job;
    const suspended = spec.suspend === true;
    // What runs beside the task, and nearly has the labels, may be the server that is meant.
    const server = nearestMisses(service, pods, workloads).find(
      ({ close, group }) => close && !group.finite && group.pods.length > 0,
    );
    const wanted = server && selectorFor(server, pods, workloads);
    return problem({
      certainty: 'certain',
      summary: `${kind} ${metadata.name} is all that makes Pods here, and ${suspended ? 'it is suspended' : kind === 'CronJob' ? 'no run of it is under way' : 'it has ended'}${server ? `; the Pods of ${server.group.name} carry ${server.gaps.map(formatFound).join(', ')}` : ''}`,
      evidence: allOf([
        evidence(
          job,
          kind === 'CronJob' ? 'spec.jobTemplate.spec.template.metadata.labels' : 'spec.template.metadata.labels',
          formatLabels(templateLabelsOf(job)),
        ),
        evidence(job, 'spec.suspend', `${suspended}`),
        evidence(service, 'spec.selector', formatLabels(service.spec.selector)),
        ...(server
          ? [evidence(server.group.object, 'labels of its Pods', formatLabels(lastingLabels(server.group.labels)))]
          : []),
      ]),
      confirm: [
        confirm(kubectl('get', ...refArgs(refTo(job))), suspended ? 'SUSPEND True, STATUS Suspended' : 'no active run'),
      ],
      fix: suspended
        ? {
            explain: `Resume ${kind} ${metadata.name}; a server that is to stay belongs into a Deployment.`,
            commands: [kubectl('patch', ...refArgs(refTo(job)), '--type=merge', '-p', '{"spec":{"suspend":false}}')],
          }
        : server && wanted && Object.keys(wanted).length > 0
          ? {
              explain: `Let the Service select ${formatLabels(wanted)}, which the Pods of ${server.group.name} carry; a task that ends needs no Service.`,
              patch: { object: service, type: 'merge', body: selectorPatch(service, wanted) },
            }
          : {
              explain:
                'Run the server in a Deployment and let the Service select that; a task that ends needs no Service.',
            },
    });
  },
});
