import type { Namespace } from './objects.ts';

/** Made by the API server itself: no cluster is without them. */
const builtIn: readonly string[] = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** Whether a namespace surely does not exist. A list without kube-system is a part of the cluster's, and tells nothing of what it lacks. */
export const isNamespaceMissing = (name: string, namespaces: readonly Namespace[] | undefined): boolean =>
  !builtIn.includes(name) &&
  namespaces?.some(({ metadata }) => metadata.name === 'kube-system') === true &&
  !namespaces.some(({ metadata }) => metadata.name === name);
