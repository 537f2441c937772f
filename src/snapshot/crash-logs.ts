import type { ContainerStatus, Pod, Service } from '../k8s/objects.ts';
import { containerStatusesOf, podsSelectedBy } from '../k8s/pods.ts';
import { findClusterDns } from './cluster-dns.ts';
import type { ClusterView } from './cluster-view.ts';
import type { TargetName } from './facts.ts';
import type { Reader } from './reader.ts';
import type { Coverage, Log } from './snapshot.ts';

/**
 * Logs asked for in one namespace: more where it is the only one. Counted for each by itself, so that what a report quotes does not hang on
 * which other namespaces the run looks at.
 */
export const maxLogs = { alone: 8, amongOthers: 2 } as const;

/** Last words, and where they were not given. */
interface LastWords {
  readonly logs: readonly Log[];
  readonly coverage: readonly Coverage[];
}

/**
 * The last words of containers that crash, and the last lines of those that run without being ready: of Pods behind the Services looked at and of the
 * cluster DNS.
 */
export async function crashLogs(
  reader: Reader,
  view: ClusterView,
  targets: readonly TargetName[],
  maxInNamespace: number,
  signal: AbortSignal,
): Promise<LastWords> {
  const behind = targets.flatMap(({ namespace, name }) => {
    const service = view.object<Service>('services', namespace, name);
    return service ? podsSelectedBy(service, view.objects<Pod>('pods', namespace)) : [];
  });
  const named = [...new Set([...behind, ...findClusterDns(view).pods])].flatMap((pod) =>
    containerStatusesOf(pod).flatMap((status) => {
      const run = crashes(status) ? 'previous' : isRefusedTraffic(pod, status) ? 'current' : undefined;
      const container = { namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, container: status.name };
      return run ? [{ container, run } as const] : [];
    }),
  );
  const answers = await Promise.all(
    // Last words first: they tell more.
    [...Map.groupBy(named, ({ container }) => container.namespace).values()]
      .flatMap((inNamespace) =>
        inNamespace
          .toSorted((a, b) => Number(b.run === 'previous') - Number(a.run === 'previous'))
          .slice(0, maxInNamespace),
      )
      .map(async ({ container, run }) => ({ container, run, answer: await reader.log(container, run, signal) })),
  );
  const logs = answers.flatMap(({ container: { namespace, pod: name, container }, run, answer }): readonly Log[] =>
    answer.state === 'read' && answer.text.trim() !== ''
      ? [{ kind: 'Log', pod: { namespace, name }, container, previous: run === 'previous', text: answer.text }]
      : [],
  );
  // What a running container says is a help, and no more: that it was not read leaves nothing open.
  const refused = answers.flatMap(({ container: { namespace }, run, answer }) =>
    answer.state === 'read' || run === 'current' ? [] : [{ namespace, ...answer }],
  );
  const coverage = [...new Map(refused.map((each) => [`${each.namespace} ${each.state}`, each])).values()].map(
    ({ namespace, state, detail }): Coverage => ({
      group: '',
      resource: 'pods/log',
      namespaces: [namespace],
      state,
      detail,
    }),
  );
  return { logs, coverage };
}

const crashes = ({ restartCount = 0, state, lastState, ready }: ContainerStatus): boolean =>
  state?.waiting?.reason === 'CrashLoopBackOff' ||
  (restartCount > 0 && ready !== true && (lastState?.terminated?.exitCode ?? 0) !== 0);

/** It runs, and its readiness probe keeps traffic away: its own log may say why. */
const isRefusedTraffic = (pod: Pod, { name, ready, state }: ContainerStatus): boolean =>
  ready !== true &&
  state?.running !== undefined &&
  pod.spec.containers.some((container) => container.name === name && container.readinessProbe !== undefined);
