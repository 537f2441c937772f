import { servedByOthers } from '../../k8s/endpoints.ts';
import { formatLabels, includesLabels, ownValue } from '../../k8s/labels.ts';
import type { Pod, Service, Workload } from '../../k8s/objects.ts';
import { oncePer } from '../../k8s/once-per.ts';
import { ownersOf } from '../../k8s/pod-groups.ts';
import { hasSelector, isFinished } from '../../k8s/pods.ts';
import { bothMeanLeader, isSetAtRunTime } from '../../k8s/run-time-labels.ts';
import { changesWithReleases, lastingLabels, revisionLabels, selectsNothing } from '../../k8s/selector-miss.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
} from '../define.ts';

export default defineCheck({
  id: 'selector/leader-label-missing',
  title: 'No Pod carries the label that is set at run time',
  why: 'Operators and leader elections label Pods while they run: role=master, spilo-role=master, cnpg.io/instanceRole=primary, vault-active=true. A Service that selects the leader has no Pod while nobody is elected, or while whoever sets the label is down or may not patch Pods.',
  impact: 'breaks',
  explains: ['selector/no-matching-pods', 'endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'workloadsEverywhere', 'slices'],
  evaluate({ service, pods, workloads = [], workloadsEverywhere = [], slices = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    if (!selectsNothing(service, pods, workloads)) return passed('Pods or templates carry all that it selects');
    const selector = service.spec.selector ?? {};
    const running = pods.filter((pod) => !isFinished(pod) && pod.metadata.namespace === service.metadata.namespace);
    const marks = Object.entries(selector).filter(([key, value]) => {
      const others = Object.fromEntries(Object.entries(selector).filter(([other]) => other !== key));
      const near = running.filter((pod) => includesLabels(pod.metadata.labels, others));
      const misplaced = workloads.some(({ metadata }) => ownValue(metadata.labels, key) === value);
      return (
        !revisionLabels.includes(key) &&
        !changesWithReleases(key, undefined) &&
        !misplaced &&
        near.length > 0 &&
        isSetAtRunTime(key, value, near, workloads)
      );
    });
    const rest = Object.fromEntries(Object.entries(selector).filter(([key]) => !marks.some(([mark]) => mark === key)));
    const candidates = running.filter((pod) => includesLabels(pod.metadata.labels, rest));
    const [mark] = marks;
    if (!mark || candidates.length === 0 || Object.keys(rest).length === 0)
      return passed('it asks for no label that is set at run time');
    const [key, wanted] = mark;
    const renamed = candidates.find((pod) => bothMeanLeader(wanted, ownValue(pod.metadata.labels, key) ?? ''));
    const of = ownersOf(candidates, workloads);
    const carried = [
      ...new Set(
        candidates
          .map((pod) => ownValue(pod.metadata.labels, key))
          .map((value) => (value === undefined ? `no ${key}` : `${key}=${value}`)),
      ),
    ].join(', ');
    return problem({
      certainty: 'certain',
      ...(servedByOthers(service, slices).length > 0 ? { impact: 'risks' } : {}),
      summary: renamed
        ? `The selector asks for ${key}=${wanted}; the leader ${renamed.metadata.name} carries ${key}=${ownValue(renamed.metadata.labels, key)}`
        : `None of the ${candidates.length} Pods of ${of} carries ${formatLabels(Object.fromEntries(marks))}, which an operator or leader election sets at run time; they carry ${carried}`.slice(
            0,
            235,
          ),
      evidence: allOf([
        evidence(service, 'spec.selector', formatLabels(selector)),
        ...candidates
          .slice(0, 4)
          .map((pod) => evidence(pod, 'metadata.labels', formatLabels(lastingLabels(pod.metadata.labels)))),
        ...operatorsDown([...new Set([...operatorsIn(workloads), ...operatorsIn(workloadsEverywhere)])]),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'pods',
            '-n',
            service.metadata.namespace ?? '',
            '-l',
            formatLabels(rest),
            '-L',
            marks.map(([name]) => name).join(','),
          ),
          carried,
        ),
      ],
      fix: renamed
        ? renameFix(service, key, wanted, renamed)
        : {
            explain: `Leave the selector as it is: find out why nobody sets ${key}=${wanted}. Look at the operator or the election that does: whether it runs, what its log says, and whether it may patch Pods in ${service.metadata.namespace}.`,
            commands: candidates
              .slice(0, 1)
              .map((pod) => kubectl('logs', '-n', service.metadata.namespace ?? '', pod.metadata.name, '--tail=50')),
          },
    });
  },
});

const renameFix = (service: Service, key: string, wanted: string, leader: Pod) => {
  const value = ownValue(leader.metadata.labels, key) ?? wanted;
  return {
    explain: `Let the Service select ${key}=${value}: that is what the leader is called now, as after an upgrade of Patroni to 4.`,
    patch: { object: service, type: 'merge' as const, body: { spec: { selector: { [key]: value } } } },
  };
};

/** Operators that do not run: whoever should set the label is likely among them. */
const operatorsIn = oncePer((workloads: readonly Workload[]): readonly Workload[] =>
  workloads.filter(
    ({ kind, metadata }) => kind === 'Deployment' && /operator|controller-manager|sentinel|patroni/.test(metadata.name),
  ),
);

const operatorsDown = (operators: readonly Workload[]): readonly Evidence[] =>
  operators
    .filter(({ spec, status }) => (status?.readyReplicas ?? 0) === 0 || spec.replicas === 0)
    .slice(0, 2)
    .map((operator) =>
      evidence(
        operator,
        'status.readyReplicas',
        `${operator.status?.readyReplicas ?? 0} of ${operator.spec.replicas ?? 1} ready`,
      ),
    );
