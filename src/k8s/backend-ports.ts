import { nearestName } from './nearest-name.ts';
import type { IntOrString, Pod, Service, ServicePort } from './objects.ts';
import { declaredPortsOf, formatServicePort, resolveTargetPort, targetPortOf } from './ports.ts';

/** The Service port that a route means, and the slip that led to another value. */
export interface MeantPort {
  readonly port: ServicePort;
  /** `8080 is the container's port`: what the wrong value is instead; empty where nothing explains it. */
  readonly slip: string;
}

/** The Service port that a route's reference finds: by number, or by the port's own name. Never by container port or node port. */
export const servicePortFor = (service: Service, wanted: IntOrString): ServicePort | undefined =>
  (service.spec.ports ?? []).find((port) => (typeof wanted === 'number' ? port.port === wanted : port.name === wanted));

/** The port somebody meant who wrote a number or name that the Service does not have. */
export function meantPort(service: Service, wanted: IntOrString, pods: readonly Pod[]): MeantPort | undefined {
  const ports = service.spec.ports ?? [];
  const [only] = ports.length === 1 ? ports : [];
  const digits = typeof wanted === 'string' && /^\d+$/.test(wanted) ? Number(wanted) : undefined;
  const byNumber = digits === undefined ? undefined : ports.find((port) => port.port === digits);
  if (byNumber) return { port: byNumber, slip: `"${wanted}" is a number written as a name` };
  const behind = ports.find((port) => targetPortOf(port) === wanted);
  if (behind) return { port: behind, slip: `${wanted} is the targetPort, the port of the container` };
  const declared = portOfPods(ports, wanted, pods);
  if (declared)
    return {
      port: declared,
      slip: `${wanted} is the port of the container${typeof wanted === 'string' && !declared.name ? ', and that of the Service has no name' : ''}`,
    };
  const node = ports.find((port) => port.nodePort !== undefined && port.nodePort === wanted);
  if (node) return { port: node, slip: `${wanted} is the nodePort` };
  const near =
    typeof wanted === 'string'
      ? nearestName(
          wanted,
          ports.flatMap((port) => (port.name ? [port.name] : [])),
        )
      : undefined;
  const alike = near === undefined ? only : ports.find((port) => port.name === near);
  return alike
    ? { port: alike, slip: typeof wanted === 'string' && !alike.name ? 'the port of the Service has no name' : '' }
    : undefined;
}

/** The Service port that leads to the container port with this number or name. */
function portOfPods(ports: readonly ServicePort[], wanted: IntOrString, pods: readonly Pod[]): ServicePort | undefined {
  return ports.find((port) =>
    pods.some((pod) => {
      const number = resolveTargetPort(pod, port);
      return (
        number !== undefined &&
        (number === wanted ||
          declaredPortsOf(pod.spec).some(
            ({ port: declared }) => declared.containerPort === number && declared.name === wanted,
          ))
      );
    }),
  );
}

/** `http-redmine 80/TCP, metrics 9100/TCP`. */
export const formatServicePorts = (service: Service): string =>
  (service.spec.ports ?? []).map(formatServicePort).join(', ') || 'no port at all';
