import type { Certainty, CheckId, Impact } from '../checks/define.ts';
import type { IPFamily } from '../k8s/objects.ts';

export const reportVersion = 'svcdoctor/v1';

/** `not-diagnosed`: the gate counted endpoints, found enough, and had no reason to run any check. */
export type Verdict = 'broken' | 'degraded' | 'at-risk' | 'healthy' | 'unknown' | 'not-diagnosed';

/** What is said about one target. The contract of `-o json`; its schema is `src/report/report.schema.json`. */
export interface Report {
  readonly apiVersion: typeof reportVersion;
  readonly kind: 'Report';
  /** `namespace/name` of the Service. */
  readonly target: string;
  /** `namespace/Kind/name` of the client, where one was named. */
  readonly from?: string;
  /** What the Service is, for the heading; absent where it does not exist. */
  readonly service?: ServiceSummary;
  readonly verdict: Verdict;
  /** Causes first, most harmful and most certain on top; what they merely cause is folded under them. */
  readonly findings: readonly Finding[];
  /** Every check of the catalogue, in packet order; none where the verdict is `not-diagnosed`. */
  readonly checks: readonly CheckResult[];
  /** What only probes tell and nobody asked; absent where nothing is. */
  readonly unasked?: readonly Unasked[];
  /** What was asked for and not given, also where it only makes an answer better; absent where everything was. */
  readonly unread?: readonly Unread[];
  /** What `svcdoctor gate` decided; absent in the reports of `check`. */
  readonly gate?: GateDecision;
}

/** `unknown`: what the gate must see could not be looked at, which is no pass. */
export type GateResult = 'pass' | 'fail' | 'exempt' | 'unknown';

export interface GateDecision {
  readonly result: GateResult;
  /** Why, in a clause: `0 of 1 endpoint ready on http 80/TCP`, `scaled to 0 by ScaledObject shop (KEDA)`. */
  readonly why: string;
  /** Where something was compared with: `new`, at least one thing that fails it was not there; `known`, all of it was, and it passes. */
  readonly baseline?: Baseline;
  /** What was counted, for each port and each IP family; empty where nothing is: judged from files, or exempt. */
  readonly endpoints: readonly EndpointCount[];
  /** The identities of all that makes it fail: of findings and of endpoint counts. */
  readonly failedBy: readonly string[];
  /** What the comparison has and this report lacks. Absent where nothing was compared. */
  readonly fixed?: readonly { readonly identity: string; readonly id: CheckId; readonly title: string }[];
  /** What the person should know besides: an annotation that counts for nothing, an address nobody here declares. */
  readonly notes: readonly string[];
}

/** Whether the baseline, or the live cluster, has it too. */
export type Baseline = 'known' | 'new';

export interface EndpointCount {
  readonly identity: string;
  /** `http 80/TCP`; absent for a headless Service, whose clients choose the port themselves. */
  readonly port?: string;
  readonly family: IPFamily;
  readonly ready: number;
  readonly wanted: number;
  readonly baseline?: Baseline;
}

export interface ReportList {
  readonly apiVersion: typeof reportVersion;
  readonly kind: 'ReportList';
  /** `0/4`: of the namespaces that belong to this part of the cluster, counted from 0; absent where nothing was shared out. */
  readonly shard?: string;
  readonly items: readonly Report[];
}

export interface Unasked {
  /** `what each DNS Pod answers`. */
  readonly question: string;
  /** The least of `--probe` that answers it. */
  readonly probe: 'forward' | 'exec' | 'debug';
}

export interface ServiceSummary {
  readonly type: string;
  /** Its cluster addresses, `None` for a headless Service, or the external name. */
  readonly address: string;
  /** `5432/TCP → 5432`, one for each port. */
  readonly ports: readonly string[];
  /** Where it stands, if it came from a file. */
  readonly source?: SourceLine;
}

/** A line of a file given with -f, counted from 1; the path as the person wrote it, `-` for standard input. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
}

export interface Finding {
  readonly id: CheckId;
  /** The same in every run that finds the same: the check, the Service and the client. No Pod name, no order, no time. */
  readonly identity: string;
  readonly title: string;
  readonly summary: string;
  readonly impact: Impact;
  readonly certainty: Certainty;
  readonly evidence: readonly {
    readonly object: string;
    readonly path: string;
    readonly saw: string;
    /** Where the field stands, for objects that came from files. */
    readonly source?: SourceLine;
  }[];
  readonly confirm: readonly { readonly command: readonly string[]; readonly expect: string }[];
  readonly fix: {
    readonly explain: string;
    readonly commands: readonly (readonly string[])[];
    readonly patch?: { readonly object: string; readonly type: 'merge' | 'json' | 'strategic'; readonly body: unknown };
  };
  /** Findings that this one explains. */
  readonly consequences: readonly Finding[];
  readonly baseline?: Baseline;
  /** The reason given with the annotation that tells the gate to ignore it. */
  readonly ignored?: string;
}

/**
 * Why a check could not run: `blind` ones make a healthy verdict impossible, `not-asked` ones wait for a probe, and what `immaterial` ones could
 * not see has no way to keep this Service from being reached.
 */
export type SkipReason = 'blind' | 'immaterial' | 'not-asked' | 'crashed';

export interface CheckResult {
  readonly id: CheckId;
  readonly outcome: 'passed' | 'problem' | 'skipped' | 'not-applicable';
  readonly detail: string;
  readonly because?: SkipReason;
  /** The permission or part of the file that was missing. */
  readonly missing?: readonly Missing[];
}

export interface Missing {
  readonly verb: 'get' | 'list';
  readonly group: string;
  readonly resource: string;
  /** Absent: in all namespaces. */
  readonly namespace?: string;
}

export interface Unread extends Missing {
  readonly because: 'forbidden' | 'failed';
  /** The server's own words. */
  readonly detail: string;
}
