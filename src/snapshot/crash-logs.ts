import type { ContainerStatus, Pod, Service } from '../k8s/objects.ts';
import { containerStatusesOf, podsSelectedBy } from '../k8s/pods.ts';
import { findClusterDns } from './cluster-dns.ts';
import type { ClusterView } from './cluster-view.ts';
import type { TargetName } from './facts.ts';
import type { Reader } from './reader.ts';
import type { Log } from './snapshot.ts';

const maxLogs = 8;

/** The last words of containers that crash, of Pods behind the Services looked at and of the cluster DNS. Where they cannot be read, nothing is said. */
export async function crashLogs(
  reader: Reader,
  view: ClusterView,
  targets: readonly TargetName[],
  signal: AbortSignal,
): Promise<readonly Log[]> {
  const behind = targets.flatMap(({ namespace, name }) => {
    const service = view.object<Service>('services', namespace, name);
    return service ? podsSelectedBy(service, view.objects<Pod>('pods', namespace)) : [];
  });
  const crashing = [...new Set([...behind, ...findClusterDns(view).pods])].flatMap((pod) =>
    containerStatusesOf(pod)
      .filter(crashes)
      .map(({ name }) => ({ namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: name })),
  );
  const logs = await Promise.all(
    crashing.slice(0, maxLogs).map(async (container): Promise<readonly Log[]> => {
      const text = await reader.previousLog(container, signal);
      if (text === undefined) return [];
      const { namespace, pod: name } = container;
      return [{ kind: 'Log', pod: { namespace, name }, container: container.container, previous: true, text }];
    }),
  );
  return logs.flat();
}

const crashes = ({ restartCount = 0, state, lastState, ready }: ContainerStatus): boolean =>
  state?.waiting?.reason === 'CrashLoopBackOff' ||
  (restartCount > 0 && ready !== true && (lastState?.terminated?.exitCode ?? 0) !== 0);
