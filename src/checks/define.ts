import type { KubeObject } from '../k8s/objects.ts';
import { oncePer } from '../k8s/once-per.ts';
import { refTo, type ObjectRef } from '../k8s/references.ts';
import type { FactName, Facts } from '../snapshot/facts.ts';

/** The stations of a packet, in its order: folder order, output order and the tie-break in ranking. */
export const layers = [
  'client',
  'name',
  'dns',
  'service',
  'selector',
  'endpoints',
  'ports',
  'policy',
  'dataplane',
  'mesh',
  'routes',
] as const;
export type Layer = (typeof layers)[number];

export type CheckId = `${Layer}/${string}`;

/** What the fault does: no connection at all; some, or some of the time; none yet. */
export type Impact = 'breaks' | 'degrades' | 'risks';

/** `certain`: the snapshot proves it. `likely`: nothing else fits what was seen. `possible`: worth looking at. */
export type Certainty = 'certain' | 'likely' | 'possible';

export type NonEmpty<T> = readonly [T, ...T[]];

/** Where something was seen: the object, the field in it, and what it says. */
export interface Evidence {
  readonly object: ObjectRef;
  readonly path: string;
  readonly saw: string;
}

/** A read-only command that shows the fault, and what it will print. */
export interface Confirm {
  readonly command: readonly string[];
  readonly expect: string;
}

export interface Patch {
  readonly object: KubeObject;
  readonly type: 'merge' | 'json' | 'strategic';
  readonly body: unknown;
}

export interface Fix {
  /** What to change, and on which side, in a sentence. */
  readonly explain: string;
  /** The change itself. Its kubectl command is printed, and a test applies it to the snapshot. */
  readonly patch?: Patch;
  /** Commands for changes that are no patch. */
  readonly commands?: readonly (readonly string[])[];
}

export interface Problem {
  readonly outcome: 'problem';
  readonly certainty: Certainty;
  /** Overrides the check's impact where this instance of the fault is milder. */
  readonly impact?: Impact;
  readonly summary: string;
  readonly evidence: NonEmpty<Evidence>;
  readonly confirm: NonEmpty<Confirm>;
  readonly fix: Fix;
}

export type Outcome =
  | Problem
  | { readonly outcome: 'passed'; readonly detail: string }
  | { readonly outcome: 'not-applicable'; readonly detail: string };

/** One possible cause: its name, its words, what it needs to know and how it decides. */
export interface Check<Need extends FactName = FactName, Use extends FactName = FactName> {
  /** Its path in this folder: `selector/no-matching-pods`. Ids name the illness and never change. */
  readonly id: CheckId;
  /** The illness in a few words, as a heading. */
  readonly title: string;
  /** Why Kubernetes behaves so: two or three sentences for the page about this check. */
  readonly why: string;
  readonly impact: Impact;
  /** It sees that something is wrong, never why: any cause that explains it absorbs it, also a guess, and every other fault goes before it. */
  readonly symptom?: true;
  /** Causes that become mere consequences where this one is certain. */
  readonly explains?: readonly CheckId[];
  /** Facts without which the check is skipped, and said so. */
  readonly needs: readonly Need[];
  /** Facts that make the answer better; undefined where they could not be collected. */
  readonly uses?: readonly Use[];
  evaluate(facts: Pick<Facts, Need> & { readonly [Name in Use]?: Facts[Name] | undefined }): Outcome;
}

/** A check whose types are forgotten, as the runner sees it. */
export type AnyCheck = Omit<Check, 'evaluate'> & { evaluate(facts: never): Outcome };

/** The facts that some of these checks asks for, each once. */
export const factsOf: (checks: readonly AnyCheck[]) => readonly FactName[] = oncePer((checks: readonly AnyCheck[]) => [
  ...new Set(checks.flatMap(({ needs, uses = [] }) => [...needs, ...uses])),
]);

export const defineCheck = <const Need extends FactName, const Use extends FactName = never>(
  check: Check<Need, Use>,
): Check<Need, Use> => check;

export const passed = (detail: string): Outcome => ({ outcome: 'passed', detail });

export const notApplicable = (detail: string): Outcome => ({ outcome: 'not-applicable', detail });

export const problem = (found: Omit<Problem, 'outcome'>): Problem => ({ outcome: 'problem', ...found });

/** One piece of evidence on an object that was read. */
export const evidence = (object: KubeObject, path: string, saw: unknown): Evidence => ({
  object: refTo(object),
  path,
  saw: typeof saw === 'string' ? saw : (JSON.stringify(saw) ?? 'absent'),
});

/** Evidence that the compiler cannot see to be non-empty; throws where it is, which is a bug of the check. */
export function allOf<T>(items: readonly T[]): NonEmpty<T> {
  const [first, ...rest] = items;
  if (first === undefined) throw new Error('a problem without evidence');
  return [first, ...rest];
}

export const confirm = (command: readonly string[], expect: string): Confirm => ({ command, expect });

/** `svcdoctor check demo/db --probe exec`: where more power to ask decides. Source of the names: `--probe`. */
export const asking = (
  { metadata: { namespace = 'default', name } }: KubeObject,
  probe: 'forward' | 'exec' | 'debug',
): readonly string[] => ['svcdoctor', 'check', `${namespace}/${name}`, '--probe', probe];

/** Restarts each workload, as argument lists: configuration that is read at the start takes effect. */
export const restartOf = (workloads: readonly KubeObject[]): readonly (readonly string[])[] =>
  workloads.map((workload) => {
    const { kind, name, namespace } = refTo(workload);
    return kubectl('rollout', 'restart', `${kind}/${name}`, '-n', namespace ?? 'default');
  });

/** `spec.template.spec` and a value as the one object of a merge patch. */
export const nestedAt = (path: string, value: unknown): unknown =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

/** A command in the first Pod of a client: `kubectl exec -n demo api-7c9d -- cat /etc/resolv.conf`. */
export const inPodOf = ({ namespace, name, pods }: Facts['client'], ...command: readonly string[]): readonly string[] =>
  kubectl('exec', '-n', namespace, pods[0]?.metadata.name ?? name.name, '--', ...command);

/** `kubectl get pods -n demo …` as an argument list. */
export const kubectl = (...args: readonly string[]): readonly string[] => ['kubectl', ...args];
