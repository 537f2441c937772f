import type { Certainty, CheckId, Impact } from '../checks/define.ts';

export const reportVersion = 'svcdoctor/v1';

export type Verdict = 'broken' | 'degraded' | 'at-risk' | 'healthy' | 'unknown';

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
  /** Every check of the catalogue, in packet order. */
  readonly checks: readonly CheckResult[];
}

export interface ReportList {
  readonly apiVersion: typeof reportVersion;
  readonly kind: 'ReportList';
  readonly items: readonly Report[];
}

export interface ServiceSummary {
  readonly type: string;
  /** Its cluster addresses, `None` for a headless Service, or the external name. */
  readonly address: string;
  /** `5432/TCP → 5432`, one for each port. */
  readonly ports: readonly string[];
}

export interface Finding {
  readonly id: CheckId;
  readonly title: string;
  readonly summary: string;
  readonly impact: Impact;
  readonly certainty: Certainty;
  readonly evidence: readonly { readonly object: string; readonly path: string; readonly saw: string }[];
  readonly confirm: readonly { readonly command: readonly string[]; readonly expect: string }[];
  readonly fix: {
    readonly explain: string;
    readonly commands: readonly (readonly string[])[];
    readonly patch?: { readonly object: string; readonly type: 'merge' | 'json' | 'strategic'; readonly body: unknown };
  };
  /** Findings that this one explains. */
  readonly consequences: readonly Finding[];
}

/** Why a check could not run: `blind` ones make a healthy verdict impossible, `not-asked` ones wait for a probe. */
export type SkipReason = 'blind' | 'not-asked' | 'crashed';

export interface CheckResult {
  readonly id: CheckId;
  readonly outcome: 'passed' | 'problem' | 'skipped' | 'not-applicable';
  readonly detail: string;
  readonly because?: SkipReason;
  /** The permission or part of the file that was missing. */
  readonly missing?: readonly Missing[];
}

export interface Missing {
  readonly verb: 'list';
  readonly group: string;
  readonly resource: string;
  /** Absent: in all namespaces. */
  readonly namespace?: string;
}
