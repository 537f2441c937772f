import { eventsAbout, textOf } from './events.ts';
import type { Event, PersistentVolumeClaim, Pod } from './objects.ts';

/** The PersistentVolumeClaims that a Pod mounts, by name. */
export const claimNamesOf = (pod: Pod): readonly string[] =>
  (pod.spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);

/** Why a claim has no volume, as the controllers and provisioners say it in events. */
export interface UnboundClaim {
  readonly claim: PersistentVolumeClaim;
  /** `fast-ssd`; undefined where the claim names none, so that the default class is meant. */
  readonly className: string | undefined;
  readonly reason: string;
  readonly message: string;
  readonly kind:
    | 'no such class'
    /** No class is named, none is the default, and no volume lies ready. */
    | 'no class at all'
    /** Somebody outside the control plane is to make it, and does not answer. */
    | 'provisioner silent'
    | 'provisioning failed'
    | 'unsaid';
}

/** Source: pkg/controller/volume/persistentvolume, and the events of external provisioners. */
export function unboundClaimsOf(
  pod: Pod,
  claims: readonly PersistentVolumeClaim[],
  events: readonly Event[],
): readonly UnboundClaim[] {
  const names = claimNamesOf(pod);
  return claims
    .filter(({ metadata }) => metadata.namespace === pod.metadata.namespace && names.includes(metadata.name))
    .filter(({ status }) => status?.phase !== 'Bound')
    .flatMap((claim): readonly UnboundClaim[] => {
      const own = eventsAbout(claim, events);
      const told = own.find(({ type }) => type === 'Warning') ?? own[0];
      const { reason = '' } = told ?? {};
      const message = told ? textOf(told) : '';
      const className = claim.spec?.storageClassName ?? undefined;
      return waitsForItsPod(reason) ? [] : [{ claim, className, reason, message, kind: kindOf(reason, message) }];
    });
}

/** Its volume is made as soon as the Pod has a node: nothing is wrong with the claim. */
const waitsForItsPod = (reason: string): boolean =>
  reason === 'WaitForFirstConsumer' || reason === 'WaitForPodScheduled';

function kindOf(reason: string, message: string): UnboundClaim['kind'] {
  if (/storageclass\S* "[^"]*" not found/i.test(message)) return 'no such class';
  if (/no storage class is set/i.test(message)) return 'no class at all';
  if (reason === 'ExternalProvisioning') return 'provisioner silent';
  if (reason === 'ProvisioningFailed' || reason === 'FailedBinding' || reason === 'ProvisioningCleanupFailed')
    return 'provisioning failed';
  return 'unsaid';
}
