import type { KubeObject, Pod, Service } from '../../src/k8s/objects.ts';
import type { Lookup, Log, ResolvConf, Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, slicesFor, workload } from './cluster.ts';

/** A database and the API that calls it, both in `demo`. */
export const stack = [
  ...workload({ name: 'db' }),
  service({ name: 'db' }),
  ...workload({ name: 'api', container: { env: [{ name: 'DB_HOST', value: 'db' }] } }),
];

/** What a test may write to: all fields of the kinds that make up the DNS. */
type Editable = {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; uid?: string };
  spec: Record<string, never> & {
    selector?: unknown;
    ports?: { name?: string; port: number; protocol?: string; targetPort?: number | string }[];
    clusterIP?: string;
    clusterIPs?: string[];
    replicas?: number;
    template?: Record<string, never>;
    nodeName?: string;
  };
  status: Record<string, unknown>;
  data: Record<string, string>;
};

/** The cluster after a change to its kube-system: `edit` writes to each object there, or says that it is gone. Slices follow. */
export function withDns(given: Snapshot, edit: (object: Editable) => 'gone' | void): Snapshot {
  const inSystem = ({ metadata }: KubeObject) => metadata.namespace === 'kube-system';
  const objects = given.objects
    .filter((object) => !(object.kind === 'EndpointSlice' && inSystem(object)))
    .flatMap((object) => {
      if (!inSystem(object)) return [object];
      const copy = structuredClone(object);
      return edit(copy as unknown as Editable) === 'gone' ? [] : [copy];
    });
  const pods = objects.filter((object): object is Pod => object.kind === 'Pod');
  const slices = objects
    .filter((object): object is Service => object.kind === 'Service' && inSystem(object))
    .flatMap((object) => slicesFor(object, pods));
  return { ...given, objects: [...objects, ...slices] };
}

/** Every DNS Pod in this state instead of running and ready. */
export const withDnsPods = (
  given: Snapshot,
  status: NonNullable<Pod['status']>,
  spec: Partial<Pod['spec']> = {},
): Snapshot =>
  withDns(given, (object) => {
    if (object.kind !== 'Pod') return;
    const conditions = [
      { type: 'PodScheduled', status: 'True' },
      {
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [coredns]',
      },
    ];
    object.status = { ...object.status, conditions, ...status };
    Object.assign(object.spec, spec);
  });

export const crashed = (exitCode: number, reason = 'Error', message?: string): NonNullable<Pod['status']> => ({
  containerStatuses: [
    {
      name: 'coredns',
      ready: false,
      restartCount: 9,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
      lastState: { terminated: { exitCode, reason, ...(message ? { message } : {}) } },
    },
  ],
});

/** The Corefile of the healthy cluster after a replacement. */
export const withCorefile = (given: Snapshot, edit: (text: string) => string): Snapshot =>
  withDns(given, (object) => {
    if (object.data?.['Corefile'] !== undefined) object.data['Corefile'] = edit(object.data['Corefile']);
  });

export const withObservations = (
  given: Snapshot,
  ...observations: readonly (Lookup | Log | ResolvConf)[]
): Snapshot => ({
  ...given,
  observations: [...given.observations, ...observations],
});

const podsCalled = (given: Snapshot, start: string) =>
  given.objects
    .filter(({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith(start))
    .map(({ metadata }) => metadata.name);

export const dnsPodsIn = (given: Snapshot): readonly string[] => podsCalled(given, 'coredns');

export const podIn = (given: Snapshot, start: string): string => podsCalled(given, start)[0] ?? '';

export const logOf = (given: Snapshot, text: string, previous = true): Log => ({
  kind: 'Log',
  pod: { namespace: 'kube-system', name: dnsPodsIn(given)[0] ?? '' },
  previous,
  text,
});

export const resolvConf = (given: Snapshot, text: string, start = 'api-', namespace = 'demo'): ResolvConf => ({
  kind: 'ResolvConf',
  pod: { namespace, name: podIn(given, start) },
  text,
});

export const healthy = (objects: readonly KubeObject[] = stack): Snapshot => cluster(objects);

/** The client `api` with another Pod spec. */
export const client = (
  spec: Partial<Pod['spec']>,
  env: readonly { readonly name: string; readonly value: string }[] = [{ name: 'DB_HOST', value: 'db' }],
  image = 'registry.example.com/api:1.4.2',
): readonly KubeObject[] => [
  ...workload({ name: 'db' }),
  service({ name: 'db' }),
  ...workload({ name: 'api', spec, container: { env, image } }),
];

export const kubeletConfig = (text: string): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kubelet-config', namespace: 'kube-system' },
    data: { kubelet: text },
  }) as KubeObject;
