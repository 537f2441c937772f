import { resources } from '../k8s/resources.ts';
import type { Missing } from './report.ts';

/** A permission as RBAC knows it: `list networkpolicies.networking.k8s.io in demo`, `list pods in all namespaces`, `list nodes`. */
export function formatMissing({ verb, group, resource, namespace }: Missing): string {
  const what = `${verb} ${resource}${group === '' ? '' : `.${group}`}`;
  if (namespace !== undefined) return `${what} in ${namespace}`;
  const ofNone = resources.some((each) => each.group === group && each.resource === resource && !each.namespaced);
  return ofNone ? what : `${what} in all namespaces`;
}
