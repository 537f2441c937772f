import type { AnyCheck } from './define.ts';
import noneReady from './endpoints/none-ready.ts';
import pinnedToARollout from './selector/pinned-to-a-rollout.ts';

/** The catalogue, in the order in which a packet travels. The first check of a layer that passes speaks for the layer. */
export const catalogue: readonly AnyCheck[] = [
  // client
  // name
  // dns
  // service
  // selector
  pinnedToARollout,
  // endpoints
  noneReady,
  // ports
  // policy
  // dataplane
  // mesh
  // routes
];
