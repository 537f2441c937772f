import type { BaselineReports } from '../diagnosis/baseline.ts';
import type { Impact } from '../checks/define.ts';
import type { MinReady } from '../k8s/readiness.ts';

/** What the person wants of a Service before it passes. */
export interface GatePolicy {
  readonly minReady: MinReady;
  /** The mildest finding that fails a target; absent: findings only tell the cause of missing endpoints. */
  readonly failOn?: Impact;
  readonly allowScaledToZero: boolean;
  readonly headless: 'judge' | 'exempt';
  readonly baseline?: BaselineReports;
}
