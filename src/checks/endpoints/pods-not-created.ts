import {
  creationFailureOf,
  fullFor,
  missingRequests,
  type CreationFailure,
  type Refusal,
} from '../../k8s/creation-failures.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { LimitRange, ResourceQuota, Workload } from '../../k8s/objects.ts';
import { hasSelector, isReady, isTerminating, unfinishedPodsOf } from '../../k8s/pods.ts';
import { refTo } from '../../k8s/references.ts';
import { desiredReplicasOf, podTemplateOf, workloadsReachedBy } from '../../k8s/workloads.ts';
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
import { livingPodsOf, wantPods } from './absent-pods.ts';
import { brief } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/pods-not-created',
  title: 'The API server refuses to create the Pods',
  why: 'A controller creates Pods with ordinary API requests. Quotas, limit ranges, Pod Security, webhooks and missing accounts can refuse them; then there is no Pod to look at, and the reason stands on the ReplicaSet (ReplicaFailure) or in FailedCreate events.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'workloads'],
  uses: ['events', 'quotas', 'limitRanges'],
  evaluate(facts) {
    const { service, pods, workloads } = facts;
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const reached = workloadsReachedBy(service, workloads);
    if (reached.length === 0) return notApplicable('no workload makes Pods for it');
    const selected = unfinishedPodsOf(service, pods).filter((pod) => !isTerminating(pod));
    for (const workload of wantPods(reached)) {
      const living = livingPodsOf(workload, pods, workloads).length;
      const wanted = desiredReplicasOf(workload) ?? workload.status?.desiredNumberScheduled ?? 1;
      if (living >= wanted) continue;
      const failure =
        creationFailureOf(workload, workloads, facts.events ?? []) ??
        (living === 0 ? foreseen(workload, facts) : undefined);
      if (!failure) continue;
      const { refusal } = failure;
      const quota =
        refusal.by === 'quota' ? facts.quotas?.find(({ metadata }) => metadata.name === refusal.name) : undefined;
      const namespace = service.metadata.namespace ?? '';
      const what = `${living === 0 ? 'every Pod' : `${wanted - living} of ${wanted} Pods`} of ${workload.kind} ${workload.metadata.name}`;
      return problem({
        certainty: failure.path === 'spec' ? 'likely' : 'certain',
        impact: selected.some(isReady) ? 'risks' : 'breaks',
        summary: summaryOf(refusal, what, failure.message),
        evidence: allOf([
          evidence(failure.object, failure.path, `${failure.reason}: ${brief(failure.message, 400)}`),
          evidence(workload, 'spec.replicas', `${wanted} wanted, ${living} there`),
          ...(quota ? quotaEvidence(quota) : []),
          ...(refusal.by === 'limit range'
            ? (facts.limitRanges ?? []).map((range) => evidence(range, 'spec.limits', range.spec?.limits ?? []))
            : []),
          ...requestsOf(workload, refusal),
        ]),
        confirm: [
          confirm(
            kubectl('describe', refTo(failure.object).kind, failure.object.metadata.name, '-n', namespace),
            `FailedCreate: ${brief(failure.message, 140)}`,
          ),
          ...(quota
            ? [confirm(kubectl('describe', 'resourcequota', quota.metadata.name, '-n', namespace), 'Used beside Hard')]
            : []),
        ],
        fix: { explain: remedyOf(refusal, workload, namespace), commands: commandsOf(refusal, workload, namespace) },
      });
    }
    return passed(reached.length > 0 ? 'the API server takes every Pod' : 'no Pod is refused');
  },
});

/** Where the message is lost (events live for an hour): a quota that by its own numbers refuses these Pods. */
function foreseen(
  workload: Workload,
  {
    quotas = [],
    limitRanges = [],
  }: {
    readonly quotas?: readonly ResourceQuota[] | undefined;
    readonly limitRanges?: readonly LimitRange[] | undefined;
  },
): CreationFailure | undefined {
  const template = podTemplateOf(workload);
  if (!template) return undefined;
  for (const quota of quotas) {
    const demands = missingRequests(template, quota, limitRanges).join(', ') || undefined;
    const full = fullFor(quota);
    if (!demands && !full) continue;
    return {
      object: workload,
      path: 'spec',
      reason: 'FailedCreate',
      message: demands
        ? `failed quota: ${quota.metadata.name}: must specify ${demands}`
        : `exceeded quota: ${quota.metadata.name}, ${full}`,
      refusal: { by: 'quota', name: quota.metadata.name, demands },
    };
  }
  return undefined;
}

function summaryOf(refusal: Refusal, what: string, message: string): string {
  switch (refusal.by) {
    case 'quota':
      return refusal.demands
        ? `ResourceQuota ${refusal.name} refuses ${what}: they must specify ${brief(refusal.demands, 90)}`
        : `ResourceQuota ${refusal.name} refuses ${what}: ${brief(message.replace(/^.*?(exceeded quota)/s, '$1'), 120)}`;
    case 'limit range':
      return `A LimitRange refuses ${what}: ${brief(refusal.rule, 120)}`;
    case 'pod security':
      return `Pod Security "${refusal.level}" refuses ${what}: ${brief(message.replace(/^.*?violates PodSecurity "[^"]+":\s*/s, ''), 110)}`;
    case 'webhook':
      return refusal.answers
        ? `Admission webhook ${refusal.name} denies ${what}: ${brief(message.replace(/^.*?denied the request:?\s*/s, ''), 100)}`
        : `Admission webhook ${refusal.name} does not answer, which blocks ${what}: ${brief(withoutUrl(message.replace(/^.*?failed calling webhook "[^"]+":\s*(failed to call webhook:\s*)?/s, '')), 110)}`;
    case 'admission policy':
      return `ValidatingAdmissionPolicy ${refusal.name} denies ${what}`;
    case 'service account':
      return `ServiceAccount ${refusal.name} does not exist, so ${what} is refused`;
    case 'priority class':
      return `PriorityClass ${refusal.name} does not exist, so ${what} is refused`;
    case 'security context constraint':
      return `No SecurityContextConstraint admits ${what}`;
    case 'namespace':
      return `The namespace is being terminated and takes no new content: ${what} is refused`;
    case 'API server':
      return `The API server refuses ${what}: ${brief(message, 120)}`;
  }
}

/** What went wrong, without the address that was called: `service "x" not found`. */
const withoutUrl = (said: string): string => said.replace(/^(Get|Post|Put) "[^"]*":\s*/, '');

function remedyOf(refusal: Refusal, { kind, metadata: { name } }: Workload, namespace: string): string {
  switch (refusal.by) {
    case 'quota':
      return refusal.demands
        ? `Set resource requests and limits in the template of ${kind} ${name}, or give the namespace a LimitRange with defaults.`
        : `Raise ResourceQuota ${refusal.name}, lower the requests of ${kind} ${name}, or delete what uses the quota up.`;
    case 'limit range':
      return `Bring the resources of ${kind} ${name} within the LimitRange of namespace ${namespace}.`;
    case 'pod security':
      return `Make the template of ${kind} ${name} fulfil level ${refusal.level} (securityContext), or lower the label pod-security.kubernetes.io/enforce of namespace ${namespace}.`;
    case 'webhook':
      return refusal.answers
        ? `Change the template of ${kind} ${name} to what the webhook asks for.`
        : 'Bring the webhook’s own Service back, or exclude this namespace in its WebhookConfiguration (failurePolicy: Fail blocks every Pod while it is down).';
    case 'admission policy':
      return `Change the template of ${kind} ${name} to what the policy asks for.`;
    case 'service account':
      return `Create ServiceAccount ${refusal.name} in namespace ${namespace}, or correct serviceAccountName in the template of ${kind} ${name}.`;
    case 'priority class':
      return `Create PriorityClass ${refusal.name}, or correct priorityClassName in the template of ${kind} ${name}.`;
    case 'security context constraint':
      return `Grant the Pods’ ServiceAccount an SCC that fits, or loosen the securityContext of ${kind} ${name}.`;
    case 'namespace':
      return `Namespace ${namespace} is going away: deploy into another, or wait until it is gone and create it anew.`;
    case 'API server':
      return `Correct what the message names in the template of ${kind} ${name}.`;
  }
}

const commandsOf = (refusal: Refusal, workload: Workload, namespace: string): readonly (readonly string[])[] => {
  if (refusal.by === 'quota' && refusal.demands) {
    const wants = (kind: string) =>
      ['cpu', 'memory'].filter((name) => new RegExp(`(^|[\\s;,])${kind}${name}`).test(refusal.demands ?? ''));
    const list = (names: readonly string[]) =>
      names.map((name) => `${name}=${name === 'cpu' ? '50m' : '64Mi'}`).join(',');
    const requests = [...new Set([...wants('requests\\.'), ...wants('')])];
    const limits = wants('limits\\.');
    return [
      kubectl(
        'set',
        'resources',
        refTo(workload).kind,
        workload.metadata.name,
        '-n',
        namespace,
        ...(requests.length > 0 ? [`--requests=${list(requests)}`] : []),
        ...(limits.length > 0 ? [`--limits=${list(limits)}`] : []),
      ),
    ];
  }
  if (refusal.by === 'service account') return [kubectl('create', 'serviceaccount', refusal.name, '-n', namespace)];
  return [];
};

const quotaEvidence = (quota: ResourceQuota): readonly Evidence[] => [
  evidence(quota, 'status.hard', formatLabels(quota.status?.hard ?? quota.spec?.hard)),
  ...(quota.status?.used ? [evidence(quota, 'status.used', formatLabels(quota.status.used))] : []),
];

const requestsOf = (workload: Workload, refusal: Refusal): readonly Evidence[] =>
  refusal.by !== 'quota' && refusal.by !== 'limit range'
    ? []
    : (podTemplateOf(workload)?.spec.containers ?? [])
        .slice(0, 3)
        .map(({ name, resources }) =>
          evidence(
            workload,
            `spec.template.spec.containers[${name}].resources`,
            resources ?? 'none: no requests, no limits',
          ),
        );
