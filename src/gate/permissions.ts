import { ruled, type Permission } from '../k8s/permissions.ts';

/** What `gate` reads and, with --wait, watches besides what a diagnosis reads; a topic of any other kind is never followed. */
export const watchPermissions: readonly Permission[] = [
  {
    why: 'what decides: Services, their endpoints, and how many Pods are asked for (gate)',
    resources: ruled(
      'services',
      'discovery.k8s.io/endpointslices',
      'apps/daemonsets',
      'apps/deployments',
      'apps/statefulsets',
    ),
    verbs: ['list', 'watch'],
  },
  {
    why: 'what tells early why they do not come (gate --wait)',
    resources: ruled('pods', 'events', 'apps/replicasets'),
    verbs: ['list', 'watch'],
  },
];
