import { named } from '../../k8s/named.ts';
import {
  authorizationsOf,
  defaultPolicyOf,
  hasLinkerdProxy,
  letsIn,
  serverFor,
  serverSpec,
  wordLetsIn,
  type LinkerdCaller,
} from '../../k8s/linkerd.ts';
import { matchesLabelSelector } from '../../k8s/labels.ts';
import type { CustomObject, KubeObject, Namespace, Pod, ServicePort } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
} from '../define.ts';

export default defineCheck({
  id: 'mesh/linkerd-refuses',
  title: 'The policy of Linkerd refuses the client',
  why: 'The proxy of the server takes what its default inbound policy allows. Once a Server selects a port, that port is closed to all but whom an AuthorizationPolicy or ServerAuthorization lets in; a client without a proxy has no identity.',
  impact: 'breaks',
  needs: ['service', 'pods', 'linkerdPolicies'],
  uses: ['client', 'namespaces'],
  evaluate({ service, pods, linkerdPolicies, client, namespaces = [] }) {
    const members = podsSelectedBy(service, pods).filter((pod) => hasLinkerdProxy(pod.spec));
    if (members.length === 0) return notApplicable('the Pods of the Service have no proxy of Linkerd');
    const caller: LinkerdCaller = !client
      ? 'unknown'
      : hasLinkerdProxy(client.spec)
        ? { namespace: client.namespace, serviceAccount: client.spec.serviceAccountName ?? 'default' }
        : 'outside';
    const home = named(namespaces, service.metadata.namespace);
    const judged = members.flatMap((pod) =>
      (service.spec.ports ?? []).map((port) => {
        const number = resolveTargetPort(pod, port);
        const refusal = refusalOf(pod, number, caller, linkerdPolicies, home);
        const aside = refusal && refusal.object.kind !== 'Server' ? serverAside(pod, port, linkerdPolicies) : undefined;
        return { pod, number, refusal, aside };
      }),
    );
    const refused = judged.flatMap(({ refusal, ...rest }) => (refusal ? [{ ...refusal, ...rest }] : []));
    const [first] = refused;
    if (!first) return passed('no policy of Linkerd refuses it for certain');
    const { pod, number, object, because, seen, aside } = first;
    const who =
      caller === 'unknown'
        ? 'anybody'
        : `${client?.name.kind} ${client?.namespace}/${client?.name.name}, which ${caller === 'outside' ? 'is not meshed: it has no linkerd-proxy' : `has the identity ${caller.serviceAccount}.${caller.namespace}`}`;
    const { name, namespace = '' } = object.metadata;
    return problem({
      certainty: 'certain',
      ...(refused.length < judged.length ? { impact: 'degrades' as const } : {}),
      summary: aside
        ? `Server ${aside.metadata.name} is for port ${serverSpec(aside).port}, the Service’s; its Pods listen on ${number ?? '?'}, which stays under ${because}`
        : `${object.kind} ${namespace === '' || namespace === service.metadata.namespace ? name : `${namespace}/${name}`} closes port ${number ?? '?'} to ${who}: ${because}`,
      evidence: allOf([
        ...(aside ? [evidence(aside, 'spec.port', String(serverSpec(aside).port))] : []),
        ...seen,
        evidence(pod, 'spec.containers', `linkerd-proxy beside the others, port ${number ?? '?'}`),
        ...(client
          ? [
              evidence(
                client.object,
                'spec.template.spec.containers',
                `${client.spec.containers.map((each) => each.name).join(', ')}${caller === 'outside' ? ': no linkerd-proxy' : ''}`,
              ),
            ]
          : []),
      ]),
      confirm: [
        confirm(
          [
            'linkerd',
            'diagnostics',
            'policy',
            '-n',
            service.metadata.namespace ?? '',
            `pod/${pod.metadata.name}`,
            String(number ?? ''),
          ],
          'the policy of the port, without the client among the allowed',
        ),
        confirm(
          kubectl(
            'get',
            'servers.policy.linkerd.io,authorizationpolicies.policy.linkerd.io',
            '-n',
            service.metadata.namespace ?? '',
          ),
          object.kind === 'Server' ? name : 'No resources found',
        ),
      ],
      fix: aside
        ? {
            explain: `A Server names the port of the container: change ${serverSpec(aside).port} to ${number ?? '?'} in Server ${aside.metadata.name}.`,
            patch: { object: aside, type: 'merge', body: { spec: { port: number } } },
          }
        : {
            explain:
              caller === 'outside'
                ? `Mesh the client: annotate namespace ${client?.namespace} with linkerd.io/inject=enabled and restart it. Or let in clients without an identity, by an AuthorizationPolicy that needs only a NetworkAuthentication.`
                : 'Let the client in: an AuthorizationPolicy for the Server that needs a MeshTLSAuthentication of its ServiceAccount.',
            ...(caller === 'outside' && client
              ? { commands: [kubectl('annotate', 'namespace', client.namespace, 'linkerd.io/inject=enabled')] }
              : {}),
          },
    });
  },
});

/** A Server for these Pods that names the port of the Service, where it should name the one of the container. */
const serverAside = (pod: Pod, port: ServicePort, policies: readonly CustomObject[]): CustomObject | undefined =>
  policies.find((policy) => {
    const { podSelector, port: own } = serverSpec(policy);
    return (
      policy.kind === 'Server' &&
      policy.metadata.namespace === pod.metadata.namespace &&
      matchesLabelSelector(pod.metadata.labels, podSelector) &&
      (own === port.port || (own !== undefined && own === port.name))
    );
  });

interface Refusal {
  readonly object: KubeObject;
  readonly because: string;
  readonly seen: readonly Evidence[];
}

/** What closes a port of a Pod to a caller; undefined where nothing does, or only the installation's own settings could tell. */
function refusalOf(
  pod: Pod,
  port: number | undefined,
  caller: LinkerdCaller,
  policies: readonly CustomObject[],
  home: Namespace | undefined,
): Refusal | undefined {
  const server = serverFor(pod, port, policies);
  if (server) {
    const { accessPolicy = 'deny' } = serverSpec(server);
    const authorizations = authorizationsOf(server, policies);
    if (wordLetsIn(accessPolicy, caller) || authorizations.some((each) => letsIn(each, caller, policies)))
      return undefined;
    return {
      object: server,
      because:
        authorizations.length === 0
          ? 'no authorization lets anybody in'
          : `${authorizations.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')} does not let it in`,
      seen: [
        evidence(server, 'spec', `port ${serverSpec(server).port ?? '?'}, accessPolicy ${accessPolicy}`),
        ...authorizations.map((each) => evidence(each, 'spec', JSON.stringify(each.spec))),
      ],
    };
  }
  const standard = defaultPolicyOf(pod, home);
  if (!standard || wordLetsIn(standard.policy, caller)) return undefined;
  return {
    object: standard.object,
    because: `default-inbound-policy is ${standard.policy}`,
    seen: [evidence(standard.object, standard.field, standard.policy)],
  };
}
