import type { Container, ContainerPort, IntOrString, Pod, PodSpec, Protocol, ServicePort } from './objects.ts';
import { oncePer } from './once-per.ts';
import { isSidecar } from './pods.ts';

export const protocolOf = (port: { readonly protocol?: Protocol }): Protocol => port.protocol ?? 'TCP';

/** The API server fills targetPort in with `port`; manifests that never met it may lack it. */
export const targetPortOf = (port: ServicePort): IntOrString => port.targetPort ?? port.port;

/** A string of digits is a *name* to Kubernetes, and no container port may be called so: it resolves nowhere. */
export const isNamedPort = (port: IntOrString): port is string => typeof port === 'string';

export interface DeclaredPort {
  readonly container: Container;
  readonly port: ContainerPort;
  readonly sidecar: boolean;
}

/** Every containerPort that a Pod declares, in the order in which names are looked up: containers, then native sidecars. */
export const declaredPortsOf: (spec: PodSpec) => readonly DeclaredPort[] = oncePer((spec: PodSpec) => [
  ...spec.containers.flatMap((container) =>
    (container.ports ?? []).map((port) => ({ container, port, sidecar: false })),
  ),
  ...(spec.initContainers ?? [])
    .filter(isSidecar)
    .flatMap((container) => (container.ports ?? []).map((port) => ({ container, port, sidecar: true }))),
]);

/** Control planes before 1.32 do not look for named ports in native sidecars. Source: kubernetes/kubernetes PR 127976. */
const sidecarPortsCount = (serverVersion: string | undefined): boolean => {
  const minor = /^v?1\.(\d+)/.exec(serverVersion ?? '')?.[1];
  return minor === undefined || Number(minor) >= 32;
};

/**
 * The number a Service port reaches in this Pod, or undefined where its named targetPort resolves to nothing.
 * A number needs no declaration; a name must match in name *and* protocol. Source: endpointslice/util/endpointslice... FindPort.
 */
export function resolveTargetPort(
  pod: Pick<Pod, 'spec'>,
  port: ServicePort,
  serverVersion?: string,
): number | undefined {
  const target = targetPortOf(port);
  if (!isNamedPort(target)) return target;
  return declaredPortsOf(pod.spec).find(
    (declared) =>
      declared.port.name === target &&
      protocolOf(declared.port) === protocolOf(port) &&
      (!declared.sidecar || sidecarPortsCount(serverVersion)),
  )?.port.containerPort;
}

/** `5432/TCP`, with the name in front where there is one: `postgres 5432/TCP`. */
export const formatServicePort = (port: ServicePort): string =>
  `${port.name ? `${port.name} ` : ''}${port.port}/${protocolOf(port)}`;
