import { endpointsIn, isReadyEndpoint, servesPort, serviceNameLabel } from '../k8s/endpoints.ts';
import type { EndpointSlice, Service } from '../k8s/objects.ts';
import type { DemoCluster, PodPort } from './cluster.ts';

const slice = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };

/** The Pods to which a Service sends what comes to one of its ports, as its EndpointSlices say; where a port-forward to it may lead. */
export async function podsBehind(
  cluster: DemoCluster,
  namespace: string,
  name: string,
  portName: string,
  signal: AbortSignal,
): Promise<readonly PodPort[]> {
  const [service, slices] = await Promise.all([
    cluster.get<Service>({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } }, signal),
    cluster.list<EndpointSlice>(slice, namespace, `${serviceNameLabel}=${name}`, signal),
  ]);
  const port = (service?.spec.ports ?? []).find((each) => each.name === portName);
  if (!port) return [];
  return endpointsIn(slices)
    .filter(({ endpoint }) => isReadyEndpoint(endpoint))
    .flatMap(({ slice: of, endpoint: { targetRef } }) => {
      const number = servesPort(of, port)?.port;
      return targetRef?.kind === 'Pod' && targetRef.name !== undefined && number
        ? [{ namespace, pod: targetRef.name, port: number }]
        : [];
    });
}
