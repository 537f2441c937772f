import { matchesLabelSelector } from './labels.ts';
import type { CustomObject, LabelSelector, Labels, Namespace, Pod, PodSpec } from './objects.ts';
import { declaredPortsOf } from './ports.ts';

export const hasLinkerdProxy = (spec: PodSpec): boolean =>
  [...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === 'linkerd-proxy');

const policyAnnotation = 'config.linkerd.io/default-inbound-policy';
const opaqueAnnotation = 'config.linkerd.io/opaque-ports';

/** Ports that Linkerd copies byte by byte unless told otherwise. Source: linkerd2 charts/linkerd-control-plane, proxy.opaquePorts. */
export const defaultOpaquePorts: readonly number[] = [25, 587, 3306, 4444, 5432, 6379, 9300, 11211];

interface Annotated {
  readonly metadata: { readonly annotations?: Labels };
}

/** Ports that some object declares opaque, or undefined where it says nothing: `3306,8000-8100`. */
function opaquePortsOf(object: Annotated | undefined): readonly (readonly [number, number])[] | undefined {
  const said = object?.metadata.annotations?.[opaqueAnnotation];
  if (said === undefined) return undefined;
  return said
    .split(',')
    .map((each) => each.trim())
    .filter((each) => /^\d+(-\d+)?$/.test(each))
    .map((each) => {
      const [from = '0', to = from] = each.split('-');
      return [Number(from), Number(to)];
    });
}

/** Whether a port is opaque for an object, which takes what its namespace says where it says nothing itself. */
export function isOpaque(object: Annotated | undefined, namespace: Namespace | undefined, port: number): boolean {
  const ranges = opaquePortsOf(object) ?? opaquePortsOf(namespace);
  return ranges ? ranges.some(([from, to]) => port >= from && port <= to) : defaultOpaquePorts.includes(port);
}

/** What applies where no Server selects the port; undefined where only the installation says. */
export function defaultPolicyOf(
  pod: Pod,
  namespace: Namespace | undefined,
): { readonly policy: string; readonly object: Pod | Namespace; readonly field: string } | undefined {
  for (const object of [pod, namespace]) {
    const policy = object?.metadata.annotations?.[policyAnnotation];
    if (object && policy) return { policy, object, field: `metadata.annotations["${policyAnnotation}"]` };
  }
  return undefined;
}

const specOf = <T>(object: CustomObject): T => (object.spec ?? {}) as T;

interface ServerSpec {
  readonly podSelector?: LabelSelector;
  readonly port?: number | string;
  readonly accessPolicy?: string;
}

export const serverSpec = (server: CustomObject): ServerSpec => specOf<ServerSpec>(server);

/** The Server that judges a port of a Pod; a Server names the Pod's port, by number or name. */
export function serverFor(
  pod: Pod,
  port: number | undefined,
  policies: readonly CustomObject[],
): CustomObject | undefined {
  const names = declaredPortsOf(pod.spec)
    .filter((declared) => declared.port.containerPort === port)
    .map((declared) => declared.port.name);
  return policies.find((policy) => {
    if (policy.kind !== 'Server') return false;
    const { podSelector, port: own } = serverSpec(policy);
    return (
      matchesLabelSelector(pod.metadata.labels, podSelector) && (own === port || names.some((name) => name === own))
    );
  });
}

/** Who asks: with an identity of the mesh, without one, or not known. */
export type LinkerdCaller = { readonly namespace: string; readonly serviceAccount: string } | 'outside' | 'unknown';

interface Ref {
  readonly group?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
}

interface AuthorizationSpec {
  readonly targetRef?: Ref;
  readonly requiredAuthenticationRefs?: readonly Ref[];
}

interface ServerAuthorizationSpec {
  readonly server?: { readonly name?: string; readonly selector?: LabelSelector };
  readonly client?: {
    readonly unauthenticated?: boolean;
    readonly networks?: readonly unknown[];
    readonly meshTLS?: {
      readonly unauthenticatedTLS?: boolean;
      readonly identities?: readonly string[];
      readonly serviceAccounts?: readonly Ref[];
    };
  };
}

interface MeshAuthenticationSpec {
  readonly identities?: readonly string[];
  readonly identityRefs?: readonly Ref[];
}

/** The authorizations that speak of a Server. */
export const authorizationsOf = (server: CustomObject, policies: readonly CustomObject[]): readonly CustomObject[] =>
  policies.filter((policy) => {
    if (policy.kind === 'ServerAuthorization') {
      const { server: of } = specOf<ServerAuthorizationSpec>(policy);
      return (
        of?.name === server.metadata.name ||
        (of?.selector !== undefined && matchesLabelSelector(server.metadata.labels, of.selector))
      );
    }
    if (policy.kind !== 'AuthorizationPolicy') return false;
    const { targetRef } = specOf<AuthorizationSpec>(policy);
    // A policy on a route of the Server opens some requests: what it says about the whole is not known here.
    if (targetRef?.kind === 'HTTPRoute' || targetRef?.kind === 'GRPCRoute') return true;
    return targetRef?.kind === 'Namespace' || (targetRef?.kind === 'Server' && targetRef.name === server.metadata.name);
  });

/** Whether an authorization lets a caller in; what only networks decide, or objects we do not read, counts in its favour. */
export function letsIn(authorization: CustomObject, caller: LinkerdCaller, policies: readonly CustomObject[]): boolean {
  if (authorization.kind === 'ServerAuthorization') return serverAuthorizationLetsIn(authorization, caller);
  const { targetRef, requiredAuthenticationRefs = [] } = specOf<AuthorizationSpec>(authorization);
  if (targetRef?.kind === 'HTTPRoute' || targetRef?.kind === 'GRPCRoute') return true;
  return requiredAuthenticationRefs.every((ref) => {
    if (ref.kind === 'NetworkAuthentication' || caller === 'unknown') return true;
    if (caller === 'outside') return false;
    const home = ref.namespace ?? authorization.metadata.namespace;
    if (ref.kind === 'ServiceAccount') return ref.name === caller.serviceAccount && home === caller.namespace;
    const authentication = policies.find(
      ({ kind, metadata }) =>
        kind === 'MeshTLSAuthentication' && metadata.name === ref.name && metadata.namespace === home,
    );
    return (
      authentication === undefined ||
      identified(specOf<MeshAuthenticationSpec>(authentication), authentication.metadata.namespace, caller)
    );
  });
}

function identified(
  { identities = [], identityRefs = [] }: MeshAuthenticationSpec,
  home: string | undefined,
  caller: { readonly namespace: string; readonly serviceAccount: string },
): boolean {
  return (
    identities.some((identity) => isIdentity(identity, caller)) ||
    identityRefs.some((ref) =>
      ref.kind === 'Namespace'
        ? ref.name === caller.namespace
        : ref.name === caller.serviceAccount && (ref.namespace ?? home) === caller.namespace,
    )
  );
}

/** `*`, `*.shop.serviceaccount.identity.linkerd.cluster.local`, or one whole identity. */
function isIdentity(
  pattern: string,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount: string },
): boolean {
  const identity = `${serviceAccount}.${namespace}.serviceaccount.identity.`;
  return (
    pattern === '*' ||
    pattern.startsWith(identity) ||
    (pattern.startsWith('*') && identity.includes(pattern.slice(1).split('identity.')[0] ?? ''))
  );
}

function serverAuthorizationLetsIn(authorization: CustomObject, caller: LinkerdCaller): boolean {
  const { client = {} } = specOf<ServerAuthorizationSpec>(authorization);
  if (client.unauthenticated || caller === 'unknown') return true;
  if (caller === 'outside') return false;
  const { meshTLS } = client;
  if (!meshTLS) return false;
  return (
    meshTLS.unauthenticatedTLS === true ||
    (meshTLS.identities ?? []).some((identity) => isIdentity(identity, caller)) ||
    (meshTLS.serviceAccounts ?? []).some(
      ({ name, namespace = authorization.metadata.namespace }) =>
        name === caller.serviceAccount && namespace === caller.namespace,
    )
  );
}

/** Whether a policy word lets a caller in without any authorization: `all-unauthenticated`, `cluster-authenticated`, `deny`, … */
export const wordLetsIn = (word: string, caller: LinkerdCaller): boolean =>
  caller === 'unknown'
    ? word !== 'deny'
    : word.endsWith('unauthenticated') || word === 'audit' || (word.endsWith('authenticated') && caller !== 'outside');
