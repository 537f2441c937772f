import type { KubeObject } from '../../src/k8s/objects.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { change, cluster, service, workload } from './cluster.ts';

export const postgresPorts = [{ name: 'postgres', port: 5432, targetPort: 5432 }];
export const database = (namespace: string, name: string): readonly KubeObject[] => [
  ...workload({ namespace, name, container: { ports: [{ name: 'postgres', containerPort: 5432 }] } }),
  service({ namespace, name, ports: postgresPorts }),
];
export const ordersDb = database('demo', 'orders-db');

/** `shop/cart`, which is told one host for its database; the Service is `demo/orders-db`. */
export const told = (
  host: string,
  others: readonly KubeObject[] = ordersDb,
  namespace = 'shop',
): { readonly given: Snapshot; readonly target: string; readonly from: string } => ({
  given: cluster([
    ...others,
    ...workload({
      namespace,
      name: 'cart',
      container: {
        env: [
          { name: 'ORDERS_DB_HOST', value: host },
          { name: 'ORDERS_DB_PORT', value: '5432' },
        ],
      },
    }),
  ]),
  target: 'demo/orders-db',
  from: `${namespace}/deploy/cart`,
});

/** The same cluster under another domain. */
export const called = (domain: string, given: Snapshot): Snapshot =>
  change(given, (draft) => {
    for (const object of draft.objects as { metadata: { name: string }; data?: Record<string, string> }[])
      if (object.metadata.name === 'coredns' && object.data)
        object.data['Corefile'] = (object.data['Corefile'] ?? '').replace('cluster.local', domain);
  });
