import { describe, expect, test } from 'vitest';
import { parseClient } from '../../src/cli/targets.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { FactName } from '../../src/snapshot/facts.ts';
import { gather } from '../../src/snapshot/gather.ts';
import type { Selection } from '../../src/snapshot/selection.ts';
import { change, cluster, namespace, service, workload } from '../kit/cluster.ts';
import { networkPolicy } from '../generated/world.ts';
import { ingress } from '../kit/edge.ts';
import { memoryReader, type MemoryReaderOptions } from '../kit/reader.ts';

const { signal } = new AbortController();
const db: Selection = { kind: 'named', targets: [{ namespace: 'demo', name: 'db' }] };

async function gathered(
  objects: readonly KubeObject[],
  facts: readonly FactName[],
  { selection = db, from, ...options }: MemoryReaderOptions & { selection?: Selection; from?: string } = {},
) {
  const reader = memoryReader(objects, options);
  const client = from === undefined ? {} : { client: parseClient(from, 'demo') };
  const snapshot = await gather(reader, { selection, facts, ...client }, signal);
  return { snapshot, view: viewOf(snapshot), asked: reader.asked };
}

const ownAddress = service({ name: 'db' }).spec.clusterIP ?? '';
const healthy = cluster([...workload({ name: 'db' }), service({ name: 'db' }), service({ name: 'cache' })]).objects;

describe('one Service', () => {
  test('what the facts need is read, and nothing else', async () => {
    const { asked } = await gathered(healthy, ['service', 'slices', 'pods']);
    expect([...asked].sort()).toEqual([
      'discovery.k8s.io/endpointslices in demo where kubernetes.io/service-name=db',
      'namespaces/demo everywhere',
      'pods in demo',
      'services/db in demo',
    ]);
  });

  test('a list of all namespaces stands for the narrower ones', async () => {
    const { asked } = await gathered(healthy, ['ingresses', 'ingressesEverywhere', 'namespaces']);
    expect([...asked].sort()).toEqual([
      'namespaces everywhere',
      'networking.k8s.io/ingresses everywhere',
      'services/db in demo',
    ]);
  });

  test('of ten thousand Services it needs those with its ClusterIP, which the server finds', async () => {
    const { asked, view } = await gathered(
      [
        ...healthy,
        change(service({ name: 'twin', namespace: 'old' }), (draft) => {
          draft.spec.clusterIP = ownAddress;
        }),
      ],
      ['service', 'pods', 'slices', 'clusterDns', 'servicesEverywhere'],
    );
    expect(asked).toContain(`services everywhere where spec.clusterIP=${ownAddress}`);
    expect(asked).not.toContain('services everywhere');
    expect(view.objects('services').map(({ metadata }) => metadata.name)).toContain('twin');
  });

  test('one that names another may mean any of them', async () => {
    const alias = service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.data' } });
    const { asked } = await gathered(cluster([alias]).objects, ['service', 'clusterDns', 'servicesEverywhere']);
    expect(asked).toContain('services everywhere');
  });

  test('so may an Ingress that asks another Service for leave', async () => {
    const annotations = { 'nginx.ingress.kubernetes.io/auth-url': 'http://sso.auth.svc/check' };
    const asking = ingress({ service: 'db', annotations });
    const facts: readonly FactName[] = ['service', 'pods', 'slices', 'clusterDns', 'ingresses', 'servicesEverywhere'];
    const { asked } = await gathered([...healthy, asking], facts);
    expect(asked).toContain('services everywhere');
    const { asked: without } = await gathered([...healthy, ingress({ service: 'db' })], facts);
    expect(without).not.toContain('services everywhere');
  });

  test('the slices of a namesake are read where the client calls it, and no others of its namespace', async () => {
    const caller = (host: string) => workload({ name: 'api', container: { env: [{ name: 'DB_HOST', value: host }] } });
    const staging = [...workload({ namespace: 'staging', name: 'db' }), service({ namespace: 'staging', name: 'db' })];
    const facts: readonly FactName[] = ['service', 'client', 'clientCalls', 'slicesOfKin'];
    const ofNamesake = 'discovery.k8s.io/endpointslices in staging where kubernetes.io/service-name=db';
    const from = 'demo/Deployment/api';
    const called = await gathered([...healthy, ...staging, ...caller('db.staging')], facts, { from });
    expect(called.asked).toContain(ofNamesake);
    const own = await gathered([...healthy, ...staging, ...caller('db')], facts, { from });
    expect(own.asked).not.toContain(ofNamesake);
  });

  test('where a policy governs it, edge Pods of other namespaces are told by their labels, not all Pods read', async () => {
    const controller = workload({ name: 'web', namespace: 'edge', labels: { 'app.kubernetes.io/name': 'traefik' } });
    const objects = cluster([
      ...healthy,
      networkPolicy('demo', 'closed', { app: 'db' }, { ingress: [] }),
      ...controller,
    ]);
    const facts: readonly FactName[] = ['service', 'networkPolicies', 'ingresses', 'edgePods'];
    const { asked, view } = await gathered([...objects.objects, ingress({ service: 'db' })], facts);
    expect(asked).not.toContain('pods everywhere');
    expect(view.objects('pods').map(({ metadata }) => metadata.namespace)).toContain('edge');
    const inner = await gathered(objects.objects, facts);
    expect(inner.asked.filter((each) => each.startsWith('pods'))).toEqual([]);
  });

  test('network agents are looked for where there is a namespace for them; in all of theirs where nobody may list namespaces', async () => {
    const objects = [...healthy, namespace('kube-flannel')];
    const { asked } = await gathered(objects, ['service', 'networkAgents']);
    expect(asked.filter((each) => each.startsWith('pods')).sort()).toEqual([
      'pods in kube-flannel',
      'pods in kube-system',
    ]);
    const blind = await gathered(objects, ['service', 'networkAgents'], { forbidden: ['namespaces everywhere'] });
    expect(blind.asked).toContain('pods in calico-system');
  });

  test('Pods of other namespaces are looked for only where the selector matches none at home', async () => {
    const facts: FactName[] = ['service', 'pods', 'podsElsewhere'];
    const { asked: atHome } = await gathered(healthy, facts);
    expect(atHome).not.toContain('pods everywhere where app=db');
    const lost = cluster([
      service({ name: 'db' }),
      ...workload({ name: 'db', namespace: 'data' }),
      ...workload({ name: 'batch', namespace: 'data' }),
    ]);
    const { asked, view } = await gathered(lost.objects, facts);
    expect(asked.at(-1)).toBe('pods everywhere where app=db');
    expect(view.objects('pods', 'data').map(({ metadata }) => metadata.labels?.['app'])).toEqual(['db']);
  });

  test('a missing Service is known to be missing', async () => {
    const { view } = await gathered(cluster([namespace('demo')]).objects, ['service']);
    expect(view.object('services', 'demo', 'db')).toBeUndefined();
    expect(view.sight({ resource: 'services', namespaces: ['demo'], names: ['db'] })).toEqual({ state: 'read' });
  });

  test('the server tells the time and its version', async () => {
    const { snapshot } = await gathered(healthy, ['service']);
    expect(snapshot).toMatchObject({ takenAt: '2026-03-02T10:00:00Z', serverVersion: 'v1.35.1' });
  });
});

describe('what may not be read', () => {
  test('is covered as forbidden, with the server’s words', async () => {
    const { snapshot, view } = await gathered(healthy, ['service', 'pods'], { forbidden: ['pods'] });
    expect(snapshot.coverage).toContainEqual({
      group: '',
      resource: 'pods',
      namespaces: ['demo'],
      state: 'forbidden',
      detail: 'may not list pods in demo',
    });
    expect(view.sight({ resource: 'pods', namespaces: ['demo'] }).state).toBe('forbidden');
    expect(view.sight({ resource: 'services', namespaces: ['demo'], names: ['db'] }).state).toBe('read');
  });

  test('a list of all namespaces falls back to those concerned', async () => {
    const { asked, view } = await gathered(healthy, ['service', 'servicesEverywhere'], {
      forbidden: ['services everywhere'],
    });
    expect(asked).toContain('services in demo');
    expect(asked).toContain('services in kube-system');
    expect(view.sight({ resource: 'services', namespaces: 'all' }).state).toBe('forbidden');
    expect(view.sight({ resource: 'services', namespaces: ['demo'] }).state).toBe('read');
  });

  test('a failure is no absence', async () => {
    const { view } = await gathered(healthy, ['service', 'pods'], { failing: ['pods'] });
    expect(view.sight({ resource: 'pods', namespaces: ['demo'] })).toMatchObject({ state: 'failed' });
  });

  test('a server that answers nothing is none', async () => {
    await expect(
      gathered(healthy, ['service', 'pods'], { failing: ['pods', 'services', 'namespaces'] }),
    ).rejects.toMatchObject({ code: 'nothing-read' });
  });
});

describe('kinds that few clusters have', () => {
  const facts: FactName[] = ['service', 'scaledObjects'];
  const need = { resource: 'keda.sh/scaledobjects', namespaces: ['demo'] };

  test('are not asked for where the server does not serve them, and known not to exist', async () => {
    const { asked, view } = await gathered(healthy, facts);
    expect(asked.join()).not.toContain('keda.sh');
    expect(view.sight(need)).toEqual({ state: 'read' });
  });

  test('are read where it does', async () => {
    const { asked } = await gathered(healthy, facts, { served: ['keda.sh/scaledobjects'] });
    expect(asked).toContain('keda.sh/scaledobjects in demo');
    expect(asked).not.toContain('http.keda.sh/httpscaledobjects in demo');
  });
});

describe('several Services', () => {
  test('a namespace is read once, not once for each', async () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => service({ name }));
    const { asked, view } = await gathered(cluster(many).objects, ['service', 'slices', 'pods', 'legacyEndpoints'], {
      selection: { kind: 'namespace', namespace: 'demo' },
    });
    expect([...asked].sort()).toEqual([
      'discovery.k8s.io/endpointslices in demo',
      'endpoints in demo',
      'namespaces/demo everywhere',
      'pods in demo',
      'services in demo',
    ]);
    expect(view.objects('services', 'demo')).toHaveLength(6);
  });

  test('the whole cluster is read in one list a kind', async () => {
    const { asked } = await gathered(healthy, ['service', 'slices', 'pods', 'events', 'legacyEndpoints'], {
      selection: { kind: 'everywhere' },
    });
    expect([...asked].sort()).toEqual([
      'discovery.k8s.io/endpointslices everywhere',
      'endpoints everywhere',
      'events everywhere',
      'namespaces everywhere',
      'pods everywhere',
      'services everywhere',
    ]);
  });

  test('or namespace by namespace where that is not allowed', async () => {
    const { asked, view } = await gathered(healthy, ['service', 'pods'], {
      selection: { kind: 'everywhere' },
      forbidden: ['services everywhere', 'pods everywhere'],
    });
    expect(asked).toContain('services in demo');
    expect(asked).toContain('pods in demo');
    expect(view.sight({ resource: 'pods', namespaces: ['demo'] }).state).toBe('read');
  });

  test('of hundreds of namespaces only some at once, and few lists of Pods', async () => {
    const names = Array.from({ length: 200 }, (_, place) => `team-${place}`);
    const reader = memoryReader(
      names.map((name) => namespace(name)),
      { forbidden: ['services everywhere', 'pods everywhere'] },
    );
    const now = { all: 0, pods: 0 };
    const most = { all: 0, pods: 0 };
    const read: typeof reader.read = async (question, over) => {
      const isPods = question.resource.resource === 'pods' ? 1 : 0;
      [now.all, now.pods] = [now.all + 1, now.pods + isPods];
      [most.all, most.pods] = [Math.max(most.all, now.all), Math.max(most.pods, now.pods)];
      await new Promise(setImmediate);
      [now.all, now.pods] = [now.all - 1, now.pods - isPods];
      return reader.read(question, over);
    };
    const snapshot = await gather(
      { ...reader, read },
      { selection: { kind: 'everywhere' }, facts: ['service', 'pods', 'events'] },
      signal,
    );
    expect(viewOf(snapshot).sight({ resource: 'pods', namespaces: ['team-199'] }).state).toBe('read');
    expect(most).toEqual({ all: 48, pods: 8 });
  });
});

interface Containers {
  containers?: { envFrom?: object[] }[];
}

describe('ConfigMaps', () => {
  const settings = (name: string): KubeObject =>
    ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'demo' },
      data: { DB_HOST: 'db' },
    }) as KubeObject;
  const api = workload({ name: 'api' }).map((object) =>
    change(object, (draft) => {
      const { spec } = draft as { spec?: Containers & { template?: { spec: Containers } } };
      for (const container of (spec?.template?.spec ?? spec)?.containers ?? [])
        container.envFrom = [{ configMapRef: { name: 'api-settings' } }];
    }),
  );

  test('of the client’s namespace are asked for by the names its Pods take', async () => {
    const objects = cluster([...healthy, ...api, settings('api-settings'), settings('payroll')]).objects;
    const { asked, view } = await gathered(objects, ['service', 'client', 'clientConfigMaps'], { from: 'deploy/api' });
    expect(asked.filter((text) => text.startsWith('configmaps'))).toEqual(['configmaps/api-settings in demo']);
    expect(view.object('configmaps', 'demo', 'api-settings')).toHaveProperty('data.DB_HOST', 'db');
  });

  test('of kube-system keep the Corefile; the others only their keys', async () => {
    const other = change(settings('extension-apiserver-authentication'), (draft) => {
      draft.metadata.namespace = 'kube-system';
    });
    const { view } = await gathered(cluster([...healthy, other]).objects, ['service', 'clusterDns']);
    expect(view.object('configmaps', 'kube-system', 'coredns')).toHaveProperty('data.Corefile');
    expect(view.object('configmaps', 'kube-system', other.metadata.name)).toHaveProperty('data', {
      DB_HOST: 'REDACTED',
    });
  });
});

describe('logs', () => {
  const crashing = workload({ name: 'db' }).map((object) =>
    object.kind === 'Pod'
      ? change(object, (draft) => {
          Object.assign((draft as { status?: object }).status ?? {}, {
            containerStatuses: [
              { name: 'db', ready: false, restartCount: 7, state: { waiting: { reason: 'CrashLoopBackOff' } } },
            ],
          });
        })
      : object,
  );
  const pod = crashing.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '';
  const objects = cluster([...crashing, service({ name: 'db' })]).objects;
  const logs = { [`demo/${pod}/db`]: 'FATAL: data directory has wrong ownership' };

  test('of containers that crash behind the Service are read', async () => {
    const { snapshot } = await gathered(objects, ['service', 'pods', 'logs'], { logs });
    expect(snapshot.observations).toEqual([
      {
        kind: 'Log',
        pod: { namespace: 'demo', name: pod },
        container: 'db',
        previous: true,
        text: Object.values(logs)[0],
      },
    ]);
  });

  test('of containers that run without being ready are those of the run that goes on', async () => {
    const readinessProbe = { httpGet: { path: '/ready', port: 8080 } };
    const unready = workload({ name: 'db', container: { readinessProbe } }).map((object) =>
      object.kind === 'Pod'
        ? change(object, (draft) => {
            Object.assign((draft as { status?: object }).status ?? {}, {
              containerStatuses: [
                {
                  name: 'db',
                  ready: false,
                  restartCount: 0,
                  state: { running: { startedAt: '2026-03-02T09:00:00Z' } },
                },
              ],
            });
          })
        : object,
    );
    const name = unready.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '';
    const said = { [`demo/${name}/db now`]: 'Invalid HTTP_HOST header' };
    const { snapshot } = await gathered(
      cluster([...unready, service({ name: 'db' })]).objects,
      ['service', 'pods', 'logs'],
      { logs: said },
    );
    expect(snapshot.observations).toMatchObject([{ kind: 'Log', previous: false, text: 'Invalid HTTP_HOST header' }]);
  });

  test('are not asked for where no check reads them, and missing ones are no fault', async () => {
    expect((await gathered(objects, ['service', 'pods'], { logs })).snapshot.observations).toEqual([]);
    expect((await gathered(objects, ['service', 'pods', 'logs'])).snapshot.observations).toEqual([]);
  });
});
