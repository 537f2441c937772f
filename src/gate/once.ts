import type { Report } from '../diagnosis/report.ts';
import type { ClientName, TargetName } from '../snapshot/facts.ts';
import { listing, refusedTopic } from './follow.ts';
import { glance } from './judge.ts';
import type { GatePolicy } from './policy.ts';
import { decidingTopics, sceneOf, targetsOf, type GateSelection } from './scene.ts';
import type { Watcher } from './watcher.ts';

/** A target with its causes, and why it is in vain to wait for it. */
export interface Explained {
  readonly report: Report;
  readonly hopeless?: string;
}

/** What a gate looks at, and how. */
export interface GateRun {
  readonly watcher: Watcher;
  readonly selection: GateSelection;
  readonly policy: GatePolicy;
  readonly client?: ClientName;
  /** Reads what the whole catalogue needs and judges these targets with it; by `namespace/name`. */
  explain(targets: readonly TargetName[], signal: AbortSignal): Promise<ReadonlyMap<string, Explained>>;
}

export const nameOf = ({ namespace, name }: TargetName): string => `${namespace}/${name}`;

export const isThrough = ({ gate }: Report): boolean => gate?.result === 'pass' || gate?.result === 'exempt';

/** Findings decide as well: then every target is judged by the whole catalogue, not only what lacks endpoints. */
export const judgesAll = ({ policy, client }: Pick<GateRun, 'policy' | 'client'>): boolean =>
  policy.failOn !== undefined || client !== undefined;

/** Services and slices are read; what else there is only where they do not pass. Throws a UserError where that may not be read. */
export async function gateOnce(run: GateRun, signal: AbortSignal): Promise<readonly Report[]> {
  const { watcher, selection, policy, client } = run;
  const scene = sceneOf();
  await Promise.all(
    decidingTopics(selection, { workloads: 'percent' in policy.minReady }).map(async (topic) => {
      const answer = await listing(watcher, topic, signal);
      if (answer.state !== 'read') throw refusedTopic(answer);
      scene.listed(topic, answer.objects);
    }),
  );
  const view = scene.view();
  const targets = targetsOf(view, selection);
  const glances = targets.map((target) => glance(view, { target, ...(client ? { client } : {}) }, policy));
  const open = targets.filter((_, index) => judgesAll(run) || !isThrough(glances[index] as Report));
  const explained = open.length > 0 ? await run.explain(open, signal) : new Map<string, Explained>();
  return glances.map((report) => explained.get(report.target)?.report ?? report);
}
