import type { ClusterRole } from './objects.ts';

/** `endpointslices` of group `discovery.k8s.io`, as rules write them. */
export interface Readable {
  readonly group: string;
  readonly resource: string;
}

/** Whether a role lets its holder list and watch a resource. */
export const mayListAndWatch = ({ rules }: ClusterRole, { group, resource }: Readable): boolean =>
  ['list', 'watch'].every((verb) =>
    (rules ?? []).some(
      ({ apiGroups = [], resources = [], verbs }) =>
        (apiGroups.includes(group) || apiGroups.includes('*')) &&
        (resources.includes(resource) || resources.includes('*')) &&
        (verbs.includes(verb) || verbs.includes('*')),
    ),
  );

/** What CoreDNS must list and watch before it is ready. Source: coredns plugin/kubernetes/controller.go. */
export const readByCoreDns: readonly Readable[] = [
  { group: '', resource: 'services' },
  { group: '', resource: 'namespaces' },
  { group: 'discovery.k8s.io', resource: 'endpointslices' },
];

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Something that is done with some kinds of objects, and why: one rule of a Role. */
export interface Permission {
  readonly why: string;
  /** As `group/resource`, with subresources as RBAC writes them: `pods/log`. */
  readonly resources: readonly Readable[];
  readonly verbs: readonly Verb[];
  /** Only objects of these names. */
  readonly names?: readonly string[];
}

/** `pods`, `pods/log` and `apps/deployments` as rules write them: a group of its own has a dot in it, or is one of the few without. */
export const ruled = (...keys: readonly string[]): readonly Readable[] =>
  keys.map((key) => {
    const slash = key.indexOf('/');
    const head = key.slice(0, Math.max(0, slash));
    return head.includes('.') || groupsWithoutDot.has(head)
      ? { group: head, resource: key.slice(slash + 1) }
      : { group: '', resource: key };
  });

const groupsWithoutDot: ReadonlySet<string> = new Set(['apps', 'batch', 'autoscaling']);

/** Whether one of the permissions allows a verb on a resource; `name`: of the one object, undefined for a list. */
export const isPermitted = (
  permissions: readonly Permission[],
  verb: Verb,
  { group, resource }: Readable,
  name: string | undefined,
): boolean =>
  permissions.some(
    ({ resources, verbs, names }) =>
      verbs.includes(verb) &&
      (names === undefined || (name !== undefined && names.includes(name))) &&
      resources.some((each) => each.group === group && each.resource === resource),
  );
