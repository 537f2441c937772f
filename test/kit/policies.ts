import { parse } from 'yaml';
import type { NetworkPolicy } from '../../src/k8s/objects.ts';

/** A NetworkPolicy from its path (`demo/allow-api`) and its spec in YAML. */
export function policy(path: string, spec: string): NetworkPolicy {
  const [namespace = 'demo', name = ''] = path.includes('/') ? path.split('/') : ['demo', path];
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: parse(spec) as NetworkPolicy['spec'],
  };
}

export const denyIngress = policy('demo/default-deny-ingress', 'podSelector: {}\npolicyTypes: [Ingress]');
export const denyEgress = policy('demo/default-deny-egress', 'podSelector: {}\npolicyTypes: [Egress]');
