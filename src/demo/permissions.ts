import { ruled, type Permission } from '../k8s/permissions.ts';

interface DemoPermissions {
  /** In the demo's own namespace. */
  readonly namespace: readonly Permission[];
  /** In kube-system, whose DNS is asked for the demo's name. */
  readonly system: readonly Permission[];
  /** Of no namespace. */
  readonly cluster: readonly Permission[];
}

const opened = ['get', 'create'] as const;

/**
 * What `svcdoctor deploy-demo` and `svcdoctor lab` do in a namespace that exists already, and that they leave as it is. To make one is for those
 * who may do more. Secrets are written, and never read.
 */
export const demoPermissions = (namespace: string): DemoPermissions => ({
  namespace: [
    {
      why: 'the demo’s objects',
      resources: ruled('configmaps', 'services', 'apps/deployments'),
      verbs: ['get', 'list', 'create', 'patch', 'update', 'delete'],
    },
    {
      why: 'and those that the lab adds',
      resources: ruled('networking.k8s.io/networkpolicies'),
      verbs: ['get', 'list', 'create', 'patch', 'delete'],
    },
    {
      why: 'its Secret, which is written and never read',
      resources: ruled('secrets'),
      verbs: ['create', 'patch', 'update', 'delete'],
    },
    { why: 'its Pods, of which the lab deletes one', resources: ruled('pods'), verbs: ['list', 'delete'] },
    { why: 'what they say', resources: ruled('pods/log'), verbs: ['get'] },
    { why: 'what they answer', resources: ruled('pods/portforward'), verbs: opened },
    {
      why: 'which of them stand behind its Services',
      resources: ruled('discovery.k8s.io/endpointslices'),
      verbs: ['list'],
    },
  ],
  system: [
    { why: 'the cluster’s DNS', resources: ruled('services'), verbs: ['get'], names: ['kube-dns'] },
    { why: 'what it serves', resources: ruled('configmaps'), verbs: ['get'], names: ['coredns'] },
    { why: 'its Pods', resources: ruled('discovery.k8s.io/endpointslices'), verbs: ['list'] },
    { why: 'which are asked for the demo’s name', resources: ruled('pods/portforward'), verbs: opened },
  ],
  cluster: [
    { why: 'whether the namespace is there', resources: ruled('namespaces'), verbs: ['get'], names: [namespace] },
  ],
});
