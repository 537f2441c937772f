import { podsOnNode } from './shape.ts';

/** Where the Pod with this number runs, and under which address. */
export function placeOf(pod: number): { readonly node: string; readonly hostIP: string; readonly podIP: string } {
  const node = Math.floor(pod / podsOnNode);
  return { ...nodeAddress(node), podIP: `10.${128 + (node >> 8)}.${node & 255}.${10 + (pod % podsOnNode)}` };
}

export const nodeAddress = (node: number): { readonly node: string; readonly hostIP: string } => ({
  node: `worker-${String(node).padStart(4, '0')}`,
  hostIP: `172.20.${node >> 8}.${node & 255}`,
});

/** Above those that a cluster hands out first, and below 10.96.255.255. */
export const clusterIPOf = (service: number): string => `10.96.${16 + (service >> 8)}.${service & 255}`;
