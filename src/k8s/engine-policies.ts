import { judgeAdmin } from './admin-policies.ts';
import { judgeCalico } from './calico-policies.ts';
import { judgeCilium } from './cilium-policies.ts';
import type { EngineVerdict, PodConnection } from './engine-verdict.ts';
import type { Judgement, PolicyConnection } from './network-policy.ts';
import type { CustomObject, KubeObject } from './objects.ts';

/**
 * Judges the common forms of the policies of Cilium, Calico and the admin policies of Kubernetes. Whatever it cannot read, and every Pod on the
 * host's network, is left unjudged. `plain` is what NetworkPolicies say to the same connection: engines enforce both kinds together.
 */
export function judgeEngines(
  { from, to, port, protocol }: PolicyConnection,
  policies: readonly KubeObject[],
  plain: Judgement,
): EngineVerdict {
  if (!from.pod || !to.pod || from.pod.spec.hostNetwork === true || to.pod.spec.hostNetwork === true)
    return { verdict: 'unjudged' };
  // What NetworkPolicies deny is told by them; and nothing governs a Pod's connections to itself.
  if (plain.because === 'denied' || plain.because === 'exempt') return { verdict: 'unjudged' };
  const connection: PodConnection = { from: from.pod, to: to.pod, port, protocol };
  const of = (group: string): readonly CustomObject[] =>
    policies.filter(({ apiVersion }) => apiVersion.startsWith(`${group}/`));
  const { direction } = plain;
  const verdicts = [
    judgeCilium(direction, connection, of('cilium.io'), plain.because === 'admitted'),
    judgeCalico(direction, connection, of('crd.projectcalico.org'), plain.because),
    judgeAdmin(direction, connection, of('policy.networking.k8s.io'), plain.because),
  ];
  return (
    verdicts.find(({ verdict }) => verdict === 'unjudged') ??
    verdicts.find(({ verdict }) => verdict === 'denied') ?? { verdict: 'open' }
  );
}

/** `CiliumNetworkPolicy shop/db`, and `GlobalNetworkPolicy default-deny` for one of the whole cluster. */
export const nameOfPolicy = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;
