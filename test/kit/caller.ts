import type { Container, EnvVar, KubeObject, PodSpec, Service } from '../../src/k8s/objects.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from './cluster.ts';

/** Service `demo/billing`: 80 → 8080, with its Deployment. */
export const billing = (over: Partial<Service['spec']> = {}): readonly KubeObject[] => [
  ...workload({ name: 'billing' }),
  service({ name: 'billing', spec: over }),
];

/** Service `demo/postgres`: 5432, with its StatefulSet. */
export const postgres: readonly KubeObject[] = [
  ...workload({ name: 'postgres', container: { ports: [{ name: 'pg', containerPort: 5432 }] } }),
  service({ name: 'postgres', ports: [{ name: 'pg', port: 5432, targetPort: 5432 }] }),
];

/** Deployment `demo/gateway` with this environment, beside the objects given. */
export const caller = (
  env: Readonly<Record<string, string>> | readonly EnvVar[],
  others: readonly KubeObject[] = billing(),
  container: Partial<Container> = {},
  spec: Partial<PodSpec> = {},
): { readonly given: Snapshot; readonly target: string; readonly from: string } => ({
  given: cluster([
    ...others,
    ...workload({
      name: 'gateway',
      container: {
        ports: [],
        env: Array.isArray(env)
          ? (env as readonly EnvVar[])
          : Object.entries(env as Readonly<Record<string, string>>).map(([name, value]) => ({ name, value })),
        ...container,
      },
      spec,
    }),
  ]),
  target: 'demo/billing',
  from: 'demo/deploy/gateway',
});
