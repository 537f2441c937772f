import type {
  Gateway,
  GatewayRoute,
  Ingress,
  IngressClass,
  KubeObject,
  Labels,
  ReferenceGrant,
} from '../../src/k8s/objects.ts';

/** Builders of what stands at the edge: Ingresses and their classes, Gateways, routes and grants, all of them in order. */

type Path = NonNullable<NonNullable<NonNullable<Ingress['spec']['rules']>[number]['http']>['paths']>[number];

export const ingressClass = (
  name = 'nginx',
  controller = 'k8s.io/ingress-nginx',
  annotations: Labels = {},
): IngressClass => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name, annotations },
  spec: { controller },
});

export interface IngressShape {
  readonly name?: string;
  readonly namespace?: string;
  readonly service?: string;
  readonly port?: { readonly name?: string; readonly number?: number };
  readonly host?: string;
  readonly path?: Partial<Path>;
  readonly annotations?: Labels;
  readonly createdAt?: string;
  readonly address?: string | null;
  readonly spec?: Partial<Ingress['spec']>;
}

export const ingress = ({
  name = 'web',
  namespace = 'demo',
  service = 'web',
  port = { number: 80 },
  host = 'shop.example.com',
  path = {},
  annotations = {},
  createdAt = '2026-03-02T09:00:00Z',
  address = '192.0.2.7',
  spec = {},
}: IngressShape = {}): Ingress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, namespace, annotations, creationTimestamp: createdAt },
  spec: {
    ingressClassName: 'nginx',
    rules: [
      {
        host,
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: service, port } }, ...path }] },
      },
    ],
    ...spec,
  },
  status: { loadBalancer: address === null ? {} : { ingress: [{ ip: address }] } },
});

const condition = (type: string) => ({ type, status: 'True' as const, reason: type });

export const gatewayClass = (name = 'envoy', accepted: 'True' | 'False' | 'Unknown' = 'True'): KubeObject =>
  ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name },
    spec: { controllerName: 'gateway.envoyproxy.io/gatewayclass-controller' },
    status: {
      conditions: [{ type: 'Accepted', status: accepted, reason: accepted === 'True' ? 'Accepted' : 'Pending' }],
    },
  }) as KubeObject;

type Listener = NonNullable<Gateway['spec']['listeners']>[number];

export const gateway = (
  listener: Partial<Listener> = {},
  status: Gateway['status'] | null = {
    addresses: [{ type: 'IPAddress', value: '192.0.2.20' }],
    conditions: [condition('Accepted'), condition('Programmed')],
  },
): Gateway => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'infra' },
  spec: {
    gatewayClassName: 'envoy',
    listeners: [
      { name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } }, ...listener },
    ],
  },
  ...(status ? { status } : {}),
});

export interface RouteShape {
  readonly kind?: GatewayRoute['kind'];
  readonly name?: string;
  readonly namespace?: string;
  readonly backend?: Partial<NonNullable<NonNullable<GatewayRoute['spec']['rules']>[number]['backendRefs']>[number]>;
  readonly parent?: Partial<NonNullable<GatewayRoute['spec']['parentRefs']>[number]>;
  readonly hostnames?: readonly string[];
  /** Conditions under the parent; null for no status at all. */
  readonly conditions?: NonNullable<NonNullable<GatewayRoute['status']>['parents']>[number]['conditions'] | null;
}

export const route = ({
  kind = 'HTTPRoute',
  name = 'web',
  namespace = 'demo',
  backend = {},
  parent = {},
  hostnames = ['shop.example.com'],
  conditions = [condition('Accepted'), condition('ResolvedRefs')],
}: RouteShape = {}): GatewayRoute => {
  const parentRef = { name: 'edge', namespace: 'infra', ...parent };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name, namespace, generation: 2 },
    spec: { parentRefs: [parentRef], hostnames, rules: [{ backendRefs: [{ name: 'web', port: 80, ...backend }] }] },
    ...(conditions
      ? {
          status: {
            parents: [
              {
                parentRef: { ...parentRef },
                controllerName: 'gateway.envoyproxy.io/gatewayclass-controller',
                conditions,
              },
            ],
          },
        }
      : {}),
  };
};

export const grant = (
  from: Partial<ReferenceGrant['spec']['from'][number]> = {},
  to: Partial<ReferenceGrant['spec']['to'][number]> = {},
  namespace = 'demo',
): ReferenceGrant => ({
  apiVersion: 'gateway.networking.k8s.io/v1beta1',
  kind: 'ReferenceGrant',
  metadata: { name: 'let-routes-in', namespace },
  spec: {
    from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'routes', ...from }],
    to: [{ group: '', kind: 'Service', ...to }],
  },
});
