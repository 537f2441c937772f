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
