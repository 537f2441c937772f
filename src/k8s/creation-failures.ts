import { eventsAbout, textOf } from './events.ts';
import type { Event, KubeObject, LimitRange, PodTemplate, ResourceQuota, Workload } from './objects.ts';
import { conditionOf } from './pods.ts';
import { lineageOf } from './workloads.ts';

/** Who refused the Pods of a workload. Read from the API server's message to the controller that tried to create them. */
export type Refusal =
  | { readonly by: 'quota'; readonly name: string; readonly demands: string | undefined }
  | { readonly by: 'limit range'; readonly rule: string }
  | { readonly by: 'pod security'; readonly level: string }
  | { readonly by: 'webhook'; readonly name: string; readonly answers: boolean }
  | { readonly by: 'admission policy'; readonly name: string }
  | { readonly by: 'service account'; readonly name: string }
  | { readonly by: 'priority class'; readonly name: string }
  | { readonly by: 'security context constraint' }
  | { readonly by: 'namespace' }
  | { readonly by: 'API server' };

export interface CreationFailure {
  /** The object that tells of it: a ReplicaSet, StatefulSet, DaemonSet, Job. */
  readonly object: KubeObject;
  /** Where it says so: `status.conditions[ReplicaFailure]` or `events[FailedCreate]`. */
  readonly path: string;
  readonly reason: string;
  readonly message: string;
  readonly refusal: Refusal;
}

/** Why the API server refuses this workload's Pods, by its own conditions or those of its ReplicaSets, else by events. */
export function creationFailureOf(
  workload: Workload,
  workloads: readonly Workload[],
  events: readonly Event[],
): CreationFailure | undefined {
  const lineage = lineageOf(workload, workloads).filter((each) => each.spec.replicas !== 0);
  for (const each of lineage.toReversed()) {
    const condition = conditionOf(each, 'ReplicaFailure');
    if (condition?.status !== 'True') continue;
    const { reason = 'FailedCreate', message = '' } = condition;
    return { object: each, path: 'status.conditions[ReplicaFailure]', reason, message, refusal: refusalIn(message) };
  }
  for (const each of lineage.toReversed()) {
    const event = eventsAbout(each, events).find(({ reason }) => reason === 'FailedCreate');
    if (!event) continue;
    return {
      object: each,
      path: 'events[FailedCreate]',
      reason: 'FailedCreate',
      message: textOf(event),
      refusal: refusalIn(textOf(event)),
    };
  }
  return undefined;
}

/** Sources: the admission plugins of the API server (resourcequota, limitranger, podsecurity, serviceaccount, priority, webhook). */
export function refusalIn(message: string): Refusal {
  const quota = /(?:exceeded|failed) quota: ([^,:\s]+)(?:[,:] ?(.*))?/s.exec(message);
  if (quota) {
    const demands = /failed quota: [^,:\s]+: must specify (.*)/s.exec(message)?.[1];
    return { by: 'quota', name: quota[1] ?? '', demands };
  }
  const rule = /((?:maximum|minimum) .* usage per (?:Container|Pod) is .*|.* max limit to request ratio per .*)/s.exec(
    message,
  );
  if (rule) return { by: 'limit range', rule: rule[1] ?? '' };
  const level = /violates PodSecurity "([^"]+)"/.exec(message);
  if (level) return { by: 'pod security', level: level[1] ?? '' };
  const denied = /admission webhook "([^"]+)" denied/.exec(message);
  if (denied) return { by: 'webhook', name: denied[1] ?? '', answers: true };
  const failed = /failed calling webhook "([^"]+)"/.exec(message);
  if (failed) return { by: 'webhook', name: failed[1] ?? '', answers: false };
  const policy = /ValidatingAdmissionPolicy ['"]([^'"]+)['"]/.exec(message);
  if (policy) return { by: 'admission policy', name: policy[1] ?? '' };
  const account = /serviceaccount "([^"]+)" not found/i.exec(message);
  if (account) return { by: 'service account', name: account[1] ?? '' };
  const priority = /no PriorityClass with name (\S+) was found/.exec(message);
  if (priority) return { by: 'priority class', name: priority[1] ?? '' };
  if (/security context constraint/i.test(message)) return { by: 'security context constraint' };
  if (/because it is being terminated/.test(message)) return { by: 'namespace' };
  return { by: 'API server' };
}

/** Compute resources that a quota counts, and that therefore every container must ask for: `requests.cpu`, `limits.memory`. */
const counted = /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$/;

/** What a quota demands of a template that asks for nothing, unless a LimitRange fills defaults in. */
export function missingRequests(
  template: PodTemplate,
  quota: ResourceQuota,
  limitRanges: readonly LimitRange[],
): readonly string[] {
  const defaulted = limitRanges.some((range) => (range.spec?.limits ?? []).some(({ type }) => type === 'Container'));
  if (defaulted) return [];
  const hard = Object.keys(quota.spec?.hard ?? quota.status?.hard ?? {}).filter((key) => counted.test(key));
  return hard.filter((key) => {
    const [kind, name = ''] = key.includes('.') ? key.split('.', 2) : ['requests', key];
    return template.spec.containers.some(({ resources }) => {
      const asked =
        kind === 'limits' ? resources?.limits?.[name] : (resources?.requests?.[name] ?? resources?.limits?.[name]);
      return asked === undefined;
    });
  });
}

/** A quota that by its own numbers cannot take another Pod of this template. */
export const fullFor = (quota: ResourceQuota): string | undefined => {
  const { hard = {}, used = {} } = quota.status ?? {};
  const key = ['pods', 'count/pods'].find(
    (name) => hard[name] !== undefined && Number(used[name]) >= Number(hard[name]),
  );
  return key && `${key} ${used[key]} of ${hard[key]}`;
};
