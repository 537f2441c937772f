import type { FailurePolicy } from '../diagnosis/failure.ts';
import type { Report } from '../diagnosis/report.ts';

/** What one run has to tell, before anybody decided how it looks. Every renderer takes it and a Style, and gives back a text. */
export interface Edition {
  /** A gate decides about each target; `check` leaves it at the verdict. */
  readonly command: 'check' | 'gate';
  readonly reports: readonly Report[];
  /** One Service that was asked for by its name: JSON and YAML are a Report then, and a ReportList otherwise. */
  readonly single: boolean;
  /** What makes the run fail: where a format knows red and green, red is what the exit code counts. */
  readonly policy: FailurePolicy;
  /** Of svcdoctor. */
  readonly version: string;
  /** When the cluster was looked at, in RFC 3339; absent where the file does not say. */
  readonly takenAt?: string;
  /** `0/4`: the part of the cluster that this run was given. */
  readonly shard?: string;
}
