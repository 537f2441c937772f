import { ruled, type Permission } from '../k8s/permissions.ts';

interface ProbePermissions {
  /** In the namespaces of the Services looked at and of the client. */
  readonly namespace: readonly Permission[];
  /** In kube-system, whose DNS Pods are asked. */
  readonly system: readonly Permission[];
}

// Over WebSockets the server asks for `get`, and since Kubernetes 1.35 for `create` as well.
const opened = ['get', 'create'] as const;

const forward: Permission = {
  why: 'asking Pods through a port-forward: --probe forward',
  resources: ruled('pods/portforward'),
  verbs: opened,
};
const exec: Permission = {
  why: 'running read-only commands in Pods: --probe exec',
  resources: ruled('pods/exec'),
  verbs: opened,
};
const debug: readonly Permission[] = [
  {
    why: 'adding a container to the client’s Pod: --probe debug',
    resources: ruled('pods/ephemeralcontainers'),
    verbs: ['patch'],
  },
  { why: 'waiting for that container', resources: ruled('pods'), verbs: ['get'] },
  { why: 'and what it printed', resources: ruled('pods/log'), verbs: ['get'] },
];

/** What each level of --probe may do besides reading; each includes those before it. */
export const probePermissions = {
  none: { namespace: [], system: [] },
  forward: { namespace: [forward], system: [forward] },
  exec: { namespace: [forward, exec], system: [forward] },
  debug: { namespace: [forward, exec, ...debug], system: [forward] },
} as const satisfies Readonly<Record<string, ProbePermissions>>;
