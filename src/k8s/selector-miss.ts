import { distance } from 'fastest-levenshtein';
import { isExternalName } from './endpoints.ts';
import { includesLabels, ownValue } from './labels.ts';
import type { Labels, Pod, Service, Workload } from './objects.ts';
import { hasSelector, isFinished, podsSelectedBy } from './pods.ts';
import { groupByOwner, groupToCome, type PodGroup } from './pod-groups.ts';
import { declaredPortsOf, targetPortOf } from './ports.ts';
import { demandedLabelsOf, podTemplateOf, topWorkloads, workloadsReachedBy } from './workloads.ts';

/** Labels that a controller writes anew for each revision or Pod: a selector that copies one goes stale with the next rollout. */
export const revisionLabels: readonly string[] = [
  'pod-template-hash',
  'rollouts-pod-template-hash',
  'controller-revision-hash',
  'pod-template-generation',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
];

const versionKeys =
  /(^|[/._-])(chart|version|ver|revision|rev|heritage|managed-by|timestamp|time|date|deployed|deploy(ed)?-?at|build|build-?(id|number)|sha|git-?(sha|hash|commit)|commit|checksum|hash|digest|image-?tag|tag|operator-version|pgo-version)$/;
const timestampKey = /timestamp|deploytime|buildnumber|commitsha/i;

/**
 * Labels whose value people and charts change with each release: app.kubernetes.io/version, helm.sh/chart, a commit, a timestamp.
 * A version that the workload's own selector demands is an identity: its Pods keep it for good.
 */
export const changesWithReleases = (key: string, workload: Workload | undefined): boolean =>
  !revisionLabels.includes(key) &&
  (versionKeys.test(key) || timestampKey.test(key)) &&
  (/chart|heritage|managed-by/.test(key) || !workload || ownValue(demandedLabelsOf(workload), key) === undefined);

/** Labels that say which program a Pod runs. The others say where, whose, or how, and alone make no Pod the one that is meant. */
const identifies = (key: string): boolean =>
  /(^|[/._-])(app|name|k8s-app|run|component|service|svc|workload|deployment|instance|io\.kompose\.service|workloadselector|cluster|cluster-name|role)$/i.test(
    key,
  ) && key !== 'app.kubernetes.io/instance';

/** The workloads that would make Pods for this Service if they could: a Job that has run to its end makes none. */
export const workloadsToCome = (service: Service, workloads: readonly Workload[]): readonly Workload[] =>
  workloadsReachedBy(service, workloads).filter((workload) => !isOver(workload));

const isOver = ({ kind, status }: Workload): boolean =>
  kind === 'Job' &&
  (status?.conditions ?? []).some(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );

/** Whether a selector is there, and neither a running Pod nor a template has its labels. */
export const selectsNothing = (service: Service, pods: readonly Pod[], workloads: readonly Workload[]): boolean =>
  hasSelector(service) &&
  !isExternalName(service) &&
  podsSelectedBy(service, pods).every(isFinished) &&
  workloadsToCome(service, workloads).length === 0;

/** How one pair of a selector fails on some labels. */
export type LabelGap = { readonly key: string; readonly wanted: string } & (
  | {
      /** The key is there with another value: other case, a slip of the pen, a prefix or suffix, or simply another one. */
      readonly kind: 'case' | 'typo' | 'affix' | 'value';
      readonly found: string;
    }
  | { readonly kind: 'key'; readonly foundKey: string; readonly found: string }
  | { readonly kind: 'missing' }
);

const cost = { case: 0.1, typo: 0.2, key: 0.3, affix: 0.45, value: 1, missing: 0.9 } as const;

/** The pairs of a selector that some labels lack, each with what comes closest to it. */
export const gapsBetween = (labels: Labels, selector: Labels): readonly LabelGap[] =>
  Object.entries(selector)
    .filter(([key, value]) => ownValue(labels, key) !== value)
    .map(([key, wanted]) => gapAt(key, wanted, labels, selector));

function gapAt(key: string, wanted: string, labels: Labels, selector: Labels): LabelGap {
  const found = ownValue(labels, key);
  const likeness = found === undefined ? undefined : likenessOf(wanted, found);
  if (found !== undefined && likeness !== undefined) return { key, wanted, kind: likeness, found };
  const others = Object.entries(labels).filter(
    ([other, value]) => other !== key && !revisionLabels.includes(other) && ownValue(selector, other) !== value,
  );
  const sameKey = others.find(
    ([other, value]) => isSameKey(key, other) && (value === wanted || likenessOf(wanted, value) !== undefined),
  );
  const sameValue = others
    .filter(([, value]) => value === wanted)
    .sort(([a], [b]) => distance(key, a) - distance(key, b))[0];
  const moved = sameKey ?? sameValue;
  if (moved) return { key, wanted, kind: 'key', foundKey: moved[0], found: moved[1] };
  return found === undefined ? { key, wanted, kind: 'missing' } : { key, wanted, kind: 'value', found };
}

/** `App` for app, `app.kubernetes.io/Name` or plain `name` for app.kubernetes.io/name, `compnent` for component. */
const isSameKey = (key: string, other: string): boolean =>
  plain(key) === plain(other) ||
  plain(lastPart(key)) === plain(lastPart(other)) ||
  (key.length > 3 && distance(key.toLowerCase(), other.toLowerCase()) <= slips(key));

const lastPart = (key: string): string => key.slice(key.lastIndexOf('/') + 1);
const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_.]/g, '');
const slips = (text: string): number => (text.length <= 3 ? 1 : text.length <= 8 ? 2 : 3);

const leaders = ['master', 'primary', 'leader', 'main', 'writer', 'active'];

function likenessOf(wanted: string, found: string): 'case' | 'typo' | 'affix' | undefined {
  if (wanted.toLowerCase() === found.toLowerCase()) return 'case';
  if (plain(wanted) === plain(found)) return 'typo';
  if (leaders.includes(wanted) && leaders.includes(found)) return 'typo';
  const unlike = /^v?\d+([.-]\d+)*$/; // 1.2 is not a slip for 1.3
  if (!unlike.test(wanted) && Math.min(wanted.length, found.length) >= (wanted.length === found.length ? 3 : 2)) {
    const near = Math.min(slips(wanted), Math.floor(Math.max(wanted.length, found.length) / 3));
    if (distance(wanted.toLowerCase(), found.toLowerCase()) <= near) return 'typo';
  }
  const [short, long] = wanted.length < found.length ? [wanted, found] : [found, wanted];
  return short.length >= 2 && parted(long).includes(parted(short)) ? 'affix' : undefined;
}

/** `-my-db-`: so that db is found as a part of my_db, and not in dbx. */
const parted = (text: string): string => `-${text.replaceAll(/[_.]/g, '-')}-`;

/** The Pods or template that come closest to what a Service asks for. */
export interface NearestMiss {
  readonly group: PodGroup;
  readonly gaps: readonly LabelGap[];
  /** The pairs of the selector that it does carry. */
  readonly kept: Labels;
  /** Whether it is plausible that this is what was meant. */
  readonly close: boolean;
  /** Whether nothing else comes to mind: only the case, the key or a letter differs, or it has the very name that is asked for. */
  readonly unmistakable: boolean;
}

/** Ranks everything in the namespace by how far its labels are from the selector; the nearest first. */
export function nearestMisses(
  service: Service,
  pods: readonly Pod[],
  workloads: readonly Workload[],
  services: readonly Service[] = [],
): readonly NearestMiss[] {
  const groups = groupByOwner(
    pods.filter((pod) => !isFinished(pod)),
    workloads,
  );
  const withoutPods = topWorkloads(workloads)
    .filter((workload) => workload.metadata.namespace === service.metadata.namespace)
    .filter((workload) => !groups.some((group) => group.workload === workload))
    .map(groupToCome);
  return [...groups, ...withoutPods]
    .filter((group) => !includesLabels(group.labels, service.spec.selector ?? {})) // the Job that has ended misses nothing
    .map((group) => ({ ...missOf(service, group), distance: distanceOf(service, group, services) }))
    .sort((a, b) => a.distance - b.distance);
}

function missOf(service: Service, group: PodGroup): NearestMiss {
  const selector = service.spec.selector ?? {};
  const gaps = gapsBetween(group.labels, selector);
  const kept = Object.fromEntries(Object.entries(selector).filter(([key]) => !gaps.some((gap) => gap.key === key)));
  const likely = gaps.every(({ kind }) => cost[kind] < 0.4);
  const named = isNamedLike(service, group);
  const rewritten = gaps.every(({ kind }) => kind === 'case' || kind === 'key');
  const partly = gaps.some(({ kind }) => cost[kind] < 0.5) || Object.keys(kept).some(identifies);
  return {
    group,
    gaps,
    kept,
    close: likely || partly || named || isNamedAfter(service, group),
    unmistakable: named || rewritten || (likely && Object.keys(kept).some(identifies)),
  };
}

/** How far a group is from the selector: the gaps, less what speaks for it, more what speaks against it. */
function distanceOf(service: Service, group: PodGroup, services: readonly Service[]): number {
  const gaps = gapsBetween(group.labels, service.spec.selector ?? {});
  const spoken = services.some(
    (other) =>
      other.metadata.name !== service.metadata.name &&
      Object.keys(other.spec.selector ?? {}).length > 0 &&
      includesLabels(group.labels, other.spec.selector ?? {}),
  );
  return (
    gaps.reduce((sum, { kind }) => sum + cost[kind], 0) -
    (isNamedLike(service, group) ? 0.6 : isNamedAfter(service, group) ? 0.3 : 0) -
    (declaresTargetOf(service, group) ? 0.2 : 0) +
    (spoken ? 0.25 : 0) +
    (group.finite ? 0.5 : 0)
  );
}

/** The Deployment `payments` for the Service `payments`, or for a selector that asks for payments. */
const isNamedLike = (service: Service, { name }: PodGroup): boolean => {
  const own = name.slice(name.indexOf('/') + 1);
  return (
    own === service.metadata.name ||
    Object.entries(service.spec.selector ?? {}).some(([key, value]) => identifies(key) && value === own)
  );
};

/** The Deployment `web` for the Service `web-service`, `my-db` for `db`. */
const isNamedAfter = ({ metadata }: Service, { name }: PodGroup): boolean => {
  const own = name.slice(name.indexOf('/') + 1);
  return own.length > 1 && (parted(metadata.name).includes(parted(own)) || parted(own).includes(parted(metadata.name)));
};

function declaresTargetOf(service: Service, group: PodGroup): boolean {
  const spec = group.pods[0]?.spec ?? (group.workload && podTemplateOf(group.workload)?.spec);
  const declared = spec ? declaredPortsOf(spec) : [];
  return (service.spec.ports ?? []).some((port) =>
    declared.some((found) => [found.port.name, found.port.containerPort].includes(targetPortOf(port))),
  );
}

/**
 * A selector that reaches the group and nobody else: what fits of the old one, with the wrong pairs corrected.
 * Where the right pairs are not those that the owner itself relies on, or would catch others too, the owner's own selector.
 */
export function selectorFor(
  { group, gaps, kept }: NearestMiss,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): Labels {
  const demanded = group.workload ? demandedLabelsOf(group.workload) : {};
  const corrected = Object.fromEntries(
    gaps.flatMap((gap): [string, string][] =>
      gap.kind === 'missing' || changesWithReleases(gap.key, group.workload)
        ? []
        : [[gap.kind === 'key' ? gap.foundKey : gap.key, gap.found]],
    ),
  );
  const minimal = { ...kept, ...corrected };
  const hasIdentity = Object.keys(demanded).length > 0;
  const relied = Object.entries(corrected).every(([key, value]) => ownValue(demanded, key) === value);
  const catches = groupByOwner(
    pods.filter((pod) => !isFinished(pod) && includesLabels(pod.metadata.labels, minimal)),
    workloads,
  ).some(({ name }) => name !== group.name);
  if (Object.keys(minimal).length > 0 && !catches && (relied || !hasIdentity)) return minimal;
  if (!hasIdentity) return { ...kept, ...stableLabelsOf(group) };
  return catches && relied ? { ...minimal, ...demanded } : { ...demanded };
}

const stableLabelsOf = ({ labels, workload }: PodGroup): Labels =>
  Object.fromEntries(Object.entries(lastingLabels(labels)).filter(([key]) => !changesWithReleases(key, workload)));

/** A JSON merge patch turns the old selector into the new one: keys that are no longer wanted must be nulled. */
export const selectorPatch = (service: Service, wanted: Labels) => ({
  spec: {
    selector: {
      ...Object.fromEntries(
        Object.keys(service.spec.selector ?? {})
          .filter((key) => ownValue(wanted, key) === undefined)
          .map((key) => [key, null]),
      ),
      ...Object.fromEntries(
        Object.entries(wanted).filter(([key, value]) => ownValue(service.spec.selector ?? {}, key) !== value),
      ),
    },
  },
});

/** What is carried in place of a pair: `app=nginx-ingress` where name=nginx-ingress is asked for, `no tier` where there is nothing. */
export const formatFound = (gap: LabelGap): string =>
  gap.kind === 'missing' ? `no ${gap.key}` : `${gap.kind === 'key' ? gap.foundKey : gap.key}=${gap.found}`;

/** The same of a whole group: where its Pods differ, every value among them. */
export const formatCarried = (gap: LabelGap, { pods }: PodGroup): string => {
  const values = [...new Set(pods.flatMap(({ metadata }) => ownValue(metadata.labels, gap.key) ?? []))];
  return gap.kind === 'missing' && values.length > 0
    ? values.map((value) => `${gap.key}=${value}`).join(' or ')
    : formatFound(gap);
};

/** The labels that stay from rollout to rollout. */
export const lastingLabels = (labels: Labels | undefined): Labels =>
  Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !revisionLabels.includes(key)));
