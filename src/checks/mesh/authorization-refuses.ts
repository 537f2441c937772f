import {
  actionOf,
  authorizationPoliciesFor,
  decide,
  principalOf,
  rulesOf,
  type Caller,
} from '../../k8s/istio-authorization.ts';
import { membershipOf } from '../../k8s/istio.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import { declaredProtocolOf } from '../../k8s/service-protocol.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/authorization-refuses',
  title: 'An Istio AuthorizationPolicy refuses the client',
  why: 'Where any ALLOW policy is in force for a workload, everything is refused that no rule of one allows; a policy without rules allows nothing. Principals and namespaces are read from the client certificate: a client without a sidecar has none, and never matches.',
  impact: 'breaks',
  needs: ['service', 'pods', 'istioAuthorizationPolicies'],
  uses: ['client', 'namespaces'],
  evaluate({ service, pods, istioAuthorizationPolicies, client, namespaces }) {
    const members = podsSelectedBy(service, pods).filter((pod) => membershipOf(pod, namespaces) !== undefined);
    if (members.length === 0) return notApplicable('the Pods of the Service are not in an Istio mesh');
    const inMesh =
      client &&
      (client.pods.length > 0
        ? client.pods.some((pod) => membershipOf(pod, namespaces) !== undefined)
        : membershipOf(
            {
              metadata: { name: client.name.name, namespace: client.namespace, labels: client.labels },
              spec: client.spec,
            },
            namespaces,
          ) !== undefined);
    const identity: Caller['identity'] = !client
      ? 'unknown'
      : inMesh
        ? { namespace: client.namespace, serviceAccount: client.spec.serviceAccountName ?? 'default' }
        : 'none';
    const judged = members.flatMap((pod) => {
      const policies = authorizationPoliciesFor(pod, service.metadata.name, istioAuthorizationPolicies);
      return (service.spec.ports ?? []).map((port) => {
        const number = resolveTargetPort(pod, port);
        const readsRequests =
          ['http', 'auto'].includes(declaredProtocolOf(port).family) && membershipOf(pod, namespaces) === 'sidecar';
        return { pod, port, number, decision: decide(policies, { identity, port: number, readsRequests }) };
      });
    });
    const refused = judged.flatMap(({ decision, ...rest }) =>
      decision.kind === 'refused' ? [{ ...rest, ...decision }] : [],
    );
    const [first] = refused;
    if (!first) return passed('no AuthorizationPolicy of Istio refuses it for certain');
    const { by, denied, number, port, pod } = first;
    const who =
      identity === 'unknown'
        ? 'anybody'
        : identity === 'none'
          ? `${client?.name.kind} ${client?.namespace}/${client?.name.name}, which has no sidecar and so no identity`
          : principalOf(identity);
    const named = by.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
    const allowsNothing = by.every((policy) => rulesOf(policy).length === 0);
    return problem({
      certainty: 'certain',
      ...(refused.length < judged.length ? { impact: 'degrades' as const } : {}),
      summary: denied
        ? `AuthorizationPolicy ${named} has action DENY for ${who}`
        : allowsNothing
          ? `AuthorizationPolicy ${named} has no rules, so it allows nothing, and no other one allows ${who}`
          : `AuthorizationPolicy ${named} allows others, but not ${who}${identity === 'unknown' ? '' : ` on port ${number}`}`,
      evidence: allOf([
        ...by
          .slice(0, 4)
          .map((policy) =>
            evidence(
              policy,
              'spec',
              `action ${actionOf(policy)}, rules ${JSON.stringify(policy.spec?.['rules'] ?? 'none')}`,
            ),
          ),
        evidence(pod, 'metadata.labels', `port ${number ?? '?'} behind ${service.metadata.name}:${port.port}`),
        ...(client
          ? [evidence(client.object, 'metadata.namespace', `${who}; a refusal is 403, RBAC: access denied`)]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'authorizationpolicies.security.istio.io',
            '-n',
            by[0]?.metadata.namespace ?? '',
            '-o',
            'yaml',
          ),
          denied ? 'action: DENY' : allowsNothing ? 'spec: {}' : 'rules that name others',
        ),
      ],
      fix: {
        explain: denied
          ? `Take the client out of the rules of the DENY policy ${named}.`
          : identity === 'none'
            ? 'Bring the client into the mesh, so that it has an identity; then allow that in a rule.'
            : `Allow the client in a rule: from source.principals ${identity === 'unknown' ? 'of the clients that are meant' : principalOf(identity)}, on port ${number ?? port.port}, the port of the Pod.`,
        commands: [kubectl('get', 'authorizationpolicies.security.istio.io', '-n', service.metadata.namespace ?? '')],
      },
    });
  },
});
