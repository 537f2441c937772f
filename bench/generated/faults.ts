/** The ways in which generated Services are broken, and the cause that the diagnosis has to name for each. */
export const faults = {
  'label-typo': 'selector/no-matching-pods',
  'readiness-probe': 'endpoints/readiness-probe',
  'crash-loop': 'endpoints/crash-looping',
  'image-pull': 'endpoints/image-pull',
  'named-port': 'ports/named-port-unresolved',
  'scaled-to-zero': 'endpoints/scaled-to-zero',
  unschedulable: 'endpoints/pending',
} as const;

export type Fault = keyof typeof faults;

const kinds = Object.keys(faults) as readonly Fault[];

/** Spreads the faults evenly, so that every part of the cluster has its share. */
export function faultOf(service: number, share: number, seed: number): Fault | undefined {
  const before = Math.floor((service + seed) * share);
  const after = Math.floor((service + seed + 1) * share);
  return after > before ? kinds[after % kinds.length] : undefined;
}
