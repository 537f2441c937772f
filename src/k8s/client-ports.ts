import { portOf, type Reference } from './client-references.ts';
import { isExternalName, isHeadless } from './endpoints.ts';
import type { Call } from './leads.ts';
import { arrivesAt } from './leads.ts';
import type { Pod, Service, ServicePort } from './objects.ts';
import { declaredPortsOf, resolveTargetPort } from './ports.ts';

/** A call that names the right Service and a port that this Service does not offer. */
export interface PortMiss {
  readonly reference: Reference;
  readonly port: number;
  /** Nothing wrote the port: the scheme means it. */
  readonly implied: boolean;
  /** Whose port it is instead: the containers', the nodes', or nobody's. */
  readonly kind: 'container' | 'node' | 'other';
  /** The port to use, where there is no doubt. */
  readonly right: ServicePort | undefined;
}

/** How a call's port misses those of the Service. Headless Services translate nothing: there the Pods' own ports are right as well. */
export function portMissOf(
  call: Call,
  service: Service,
  pods: readonly Pod[],
  serverVersion?: string,
): PortMiss | undefined {
  const { reference } = call;
  const ports = service.spec.ports ?? [];
  const port = portOf(reference);
  if (!arrivesAt(call, service) || isExternalName(service) || ports.length === 0 || port === undefined)
    return undefined;
  if (ports.some((own) => own.port === port)) return undefined;
  const reaches = (own: ServicePort) =>
    own.targetPort === port || pods.some((pod) => resolveTargetPort(pod, own, serverVersion) === port);
  const behind = ports.find(reaches);
  const declared = pods.some(({ spec }) => declaredPortsOf(spec).some((own) => own.port.containerPort === port));
  if (isHeadless(service) && (behind || declared)) return undefined;
  const miss = { reference, port, implied: reference.port === undefined };
  if (behind) return { ...miss, kind: 'container', right: behind };
  const opened = ports.find((own) => own.nodePort === port);
  if (opened) return { ...miss, kind: 'node', right: opened };
  return { ...miss, kind: 'other', right: likeliest(ports, reference) };
}

/** The only port, or the one whose name is the scheme's. */
function likeliest(ports: readonly ServicePort[], { scheme }: Reference): ServicePort | undefined {
  const [only] = ports;
  if (ports.length === 1) return only;
  return ports.find(({ name, appProtocol }) => scheme !== undefined && (name === scheme || appProtocol === scheme));
}
