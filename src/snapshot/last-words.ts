import type { Pod } from '../k8s/objects.ts';
import type { Log } from './snapshot.ts';

/** The last thing a container wrote before it ended, where its log was read: the last line that looks like an error, else the last. */
export function lastWords(logs: readonly Log[] | undefined, pod: Pod, container: string): string {
  const own = (logs ?? []).filter(
    (log) =>
      log.pod.name === pod.metadata.name &&
      log.pod.namespace === pod.metadata.namespace &&
      (log.container === undefined || log.container === container),
  );
  const log = own.find(({ previous }) => previous) ?? own[0];
  const lines = (log?.text ?? '').split('\n').filter((line) => line.trim() !== '');
  return (
    lines.findLast((line) => /error|fatal|panic|exception|cannot|could not|failed|refused|denied/i.test(line)) ??
    lines.at(-1) ??
    ''
  );
}
