import type { Endpoint, EndpointPort, Endpoints, EndpointSlice, Labels } from '../../src/k8s/objects.ts';

export interface SliceShape {
  readonly namespace?: string;
  readonly name: string;
  /** The Service whose name it carries; `db` unless said otherwise, none with null. */
  readonly of?: string | null;
  readonly labels?: Labels;
  readonly manager?: string;
  readonly addressType?: EndpointSlice['addressType'];
  readonly addresses?: readonly string[];
  readonly ready?: boolean;
  readonly targetRef?: Endpoint['targetRef'];
  readonly ports?: readonly EndpointPort[];
}

/** An EndpointSlice as a person writes it by hand. */
export const slice = ({
  namespace = 'demo',
  name,
  of = 'db',
  labels = {},
  manager,
  addressType = 'IPv4',
  addresses = ['192.168.40.7'],
  ready = true,
  targetRef,
  ports = [{ name: 'http', port: 80, protocol: 'TCP' }],
}: SliceShape): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name,
    namespace,
    labels: {
      ...(of === null ? {} : { 'kubernetes.io/service-name': of }),
      ...(manager ? { 'endpointslice.kubernetes.io/managed-by': manager } : {}),
      ...labels,
    },
  },
  addressType,
  endpoints: addresses.map((address) => ({
    addresses: [address],
    conditions: { ready },
    ...(targetRef ? { targetRef } : {}),
  })),
  ports,
});

export const mirroring = 'endpointslicemirroring-controller.k8s.io';

/** An Endpoints object as a person writes it by hand. */
export const endpoints = (
  name: string,
  addresses: readonly string[] = ['192.168.40.7'],
  labels: Labels = {},
): Endpoints => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name, namespace: 'demo', labels },
  subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
});
