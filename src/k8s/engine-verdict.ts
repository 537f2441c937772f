import type { Direction, PolicyConnection } from './network-policy.ts';
import type { CustomObject } from './objects.ts';

/** What the policies of one engine say to a connection: one of them denies it, none does, or a form is used that is not judged. */
export type EngineVerdict =
  | { readonly verdict: 'denied'; readonly by: CustomObject; readonly field: string; readonly because: string }
  | { readonly verdict: 'open' | 'unjudged' };

/** A Pod at one end of a connection. */
export type PolicyPod = NonNullable<PolicyConnection['from']['pod']>;

/** A connection whose both ends are Pods. */
export interface PodConnection {
  readonly from: PolicyPod;
  readonly to: PolicyPod;
  /** The Pod's, after the Service has translated it. */
  readonly port: number;
  readonly protocol: string;
}

/** Whose policies decide, and who is at the other end. */
export const sidesOf = (direction: Direction, { from, to }: PodConnection) =>
  direction === 'Ingress' ? { governed: to, peer: from } : { governed: from, peer: to };
