import { describe, expect, test } from 'vitest';
import {
  api,
  apply,
  controlPlane,
  crashLoop,
  createDemo,
  createNamespace,
  type EndpointSlice,
  fakeNode,
  imagePullBackOff,
  kubectl,
  loseNode,
  markNotReady,
  podEvent,
  podIn,
  podsIn,
  readyAddresses,
  recoverNode,
  restoreClusterDns,
  run,
  runPod,
  runPods,
  slicesOf,
  waitForSlices,
} from './lab.ts';

/**
 * The ground that every other cluster test stands on: slices come from the real controller, and the shapes that look
 * alike are the ones that it really writes. If a newer Kubernetes changes one of them, this file says so first.
 */

/** One Pod named web with a port named http, and a Service web in front of it; each test changes one thing. */
const webPod = `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  containers:
    - name: web
      image: nginx:1.29
      ports: [{ name: http, containerPort: 8080 }]
`;

function service(spec: string, name = 'web'): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: ${spec}
`;
}

/** A namespace with the Pod running, and the Service's slices once the controller has written any. */
async function slicesFor(
  serviceYaml: string,
  change?: (namespace: string) => Promise<unknown>,
): Promise<EndpointSlice[]> {
  const namespace = await createNamespace('slices');
  await apply(namespace, webPod);
  await runPods(namespace);
  await change?.(namespace);
  await apply(namespace, serviceYaml);
  return waitForSlices(namespace, 'web', (slices) => slices.length > 0);
}

const conditions = (slices: readonly EndpointSlice[]) =>
  slices.flatMap(({ endpoints }) => endpoints ?? []).map((e) => e.conditions);
const ports = (slices: readonly EndpointSlice[]) =>
  slices.map((slice) => slice.ports?.map(({ name, port }) => ({ name, port })) ?? null);

describe('what the endpoint slice controller writes', () => {
  test('a named targetPort that resolves: the number it stands for, and a ready endpoint', async () => {
    const slices = await slicesFor(
      service('{ selector: { app: web }, ports: [{ name: http, port: 80, targetPort: http }] }'),
    );
    expect(ports(slices)).toEqual([[{ name: 'http', port: 8080 }]]);
    expect(conditions(slices)).toEqual([{ ready: true, serving: true, terminating: false }]);
  });

  test('a named targetPort that no container has: ports null, and the Pod still counts as ready', async () => {
    const slices = await slicesFor(
      service('{ selector: { app: web }, ports: [{ name: http, port: 80, targetPort: htpp }] }'),
    );
    expect(ports(slices)).toEqual([null]);
    expect(conditions(slices)).toEqual([{ ready: true, serving: true, terminating: false }]);
  });

  test('two ports, one of them a name that does not resolve: only the good one', async () => {
    const slices = await slicesFor(
      service(
        '{ selector: { app: web }, ports: [{ name: a, port: 80, targetPort: http }, { name: b, port: 81, targetPort: nope }] }',
      ),
    );
    expect(ports(slices)).toEqual([[{ name: 'a', port: 8080 }]]);
  });

  test('a selector that matches nothing: one slice without endpoints', async () => {
    const slices = await slicesFor(service('{ selector: { app: webx }, ports: [{ port: 80 }] }'));
    expect(slices).toHaveLength(1);
    expect(slices[0]?.endpoints ?? []).toEqual([]);
  });

  test('no selector: no slice at all', async () => {
    const namespace = await createNamespace('slices');
    await apply(namespace, service('{ ports: [{ port: 80 }] }'));
    // The controller has come past `web` when it has written a slice for a Service that came later.
    await apply(namespace, service('{ selector: { app: web }, ports: [{ port: 80 }] }', 'later'));
    await waitForSlices(namespace, 'later', (slices) => slices.length === 1);
    expect(await slicesOf(namespace, 'web')).toEqual([]);
  });

  test('a headless Service without ports: ports null as in the mistake above, and healthy', async () => {
    const slices = await slicesFor(service('{ clusterIP: None, selector: { app: web } }'));
    expect(ports(slices)).toEqual([null]);
    expect(readyAddresses(slices)).toHaveLength(1);
  });

  test('a Pod that is not ready: listed with ready false', async () => {
    const slices = await slicesFor(service('{ selector: { app: web }, ports: [{ port: 80 }] }'), async (namespace) =>
      markNotReady(await podIn(namespace, 'app=web')),
    );
    expect(conditions(slices)).toEqual([{ ready: false, serving: false, terminating: false }]);
  });

  test('publishNotReadyAddresses: ready true, serving false', async () => {
    const slices = await slicesFor(
      service('{ publishNotReadyAddresses: true, selector: { app: web }, ports: [{ port: 80 }] }'),
      async (namespace) => markNotReady(await podIn(namespace, 'app=web')),
    );
    expect(conditions(slices)).toEqual([{ ready: true, serving: false, terminating: false }]);
  });

  test('a Pod that is being deleted: ready false, serving and terminating true', async () => {
    const slices = await slicesFor(service('{ selector: { app: web }, ports: [{ port: 80 }] }'), (namespace) =>
      kubectl('delete', 'pod', 'web', '-n', namespace, '--wait=false'),
    );
    expect(conditions(slices)).toEqual([{ ready: false, serving: true, terminating: true }]);
  });
});

test('the API server has endpoints of its own, as in any cluster', async () => {
  const slices = await slicesOf('default', 'kubernetes');
  expect(readyAddresses(slices)).toEqual(['203.0.113.1']);
});

describe('the kubelets that tests play', () => {
  test('the demo stack is up: every Pod ready, with an address of its own', async () => {
    const namespace = await createDemo();
    const pods = await podsIn(namespace);
    expect(pods).toHaveLength(3);
    expect(new Set(pods.map((pod) => pod.status.podIP)).size).toBe(3);
    const table = await kubectl('get', 'deployments', '-n', namespace, '--no-headers');
    expect(table).toMatch(/^api +2\/2 /m);
    expect(table).toMatch(/^db +1\/1 /m);
  });

  test('a Service that loses its Pods and gets them back: the controller follows', async () => {
    const namespace = await createDemo();
    const select = (app: string) =>
      run([
        'kubectl',
        'patch',
        'service',
        'db',
        '-n',
        namespace,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { selector: { app } } }),
      ]);
    expect(await select('dbx')).toMatchObject({ exitCode: 0 });
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 0);
    await select('db');
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 1);
  });

  test('a rollout: old Pods go, new ones run', async () => {
    const namespace = await createDemo();
    const before = (await podsIn(namespace, 'app=api')).map(({ metadata }) => metadata.name);
    await kubectl('set', 'env', 'deployment/api', 'DB_HOST=database', '-n', namespace);
    await runPods(namespace);
    const after = (await podsIn(namespace, 'app=api')).map(({ metadata }) => metadata.name);
    expect(after).toHaveLength(2);
    expect(after.filter((name) => before.includes(name))).toEqual([]);
  });

  test('crashing and image failures read as kubectl shows them in the field', async () => {
    const namespace = await createDemo();
    await crashLoop(await podIn(namespace, 'app=db'), { reason: 'OOMKilled', exitCode: 137 });
    const [pod] = await podsIn(namespace, 'app=api');
    if (pod) await imagePullBackOff(pod);
    const table = await kubectl('get', 'pods', '-n', namespace, '--no-headers');
    expect(table).toMatch(/^db-\S+ +0\/1 +CrashLoopBackOff +5 /m);
    expect(table).toMatch(/^api-\S+ +0\/1 +ImagePullBackOff +0 /m);
    await waitForSlices(namespace, 'db', (slices) => readyAddresses(slices).length === 0);
  });

  test('a failing readiness probe leaves its event', async () => {
    const namespace = await createDemo();
    const pod = await podIn(namespace, 'app=db');
    await markNotReady(pod);
    await podEvent(pod, { reason: 'Unhealthy', message: 'Readiness probe failed: no response', count: 7 });
    expect(await kubectl('describe', 'pod', pod.metadata.name, '-n', namespace)).toContain(
      'Readiness probe failed: no response',
    );
  });

  test('what cannot run is left alone: no Node is big enough, or a gate is not met', async () => {
    const namespace = await createNamespace();
    await apply(
      namespace,
      webPod
        .replace('name: web, labels', 'name: big, labels')
        .replace('image:', 'resources: { requests: { cpu: 1k } }\n      image:'),
    );
    await apply(namespace, webPod.replace('spec:', 'spec:\n  readinessGates: [{ conditionType: example.com/lb }]'));
    await runPods(namespace);
    const table = await kubectl('get', 'pods', '-n', namespace, '--no-headers');
    expect(table).toMatch(/^big +0\/1 +Pending /m);
    const web = await api.get<{ status: object }>(`/api/v1/namespaces/${namespace}/pods/web`);
    expect(web.status).toMatchObject({
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady' }),
      ]),
    });
  });

  test('a StatefulSet gets its Pods one after the other; a quota lets a Deployment have none', async () => {
    const namespace = await createNamespace();
    const template = `template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web, image: 'nginx:1.29' }] } }`;
    const spec = (replicas: number) => `replicas: ${replicas}, selector: { matchLabels: { app: web } }, ${template}`;
    await apply(
      namespace,
      `{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: web }, spec: { serviceName: web, ${spec(3)} } }`,
    );
    const pods = await runPods(namespace);
    expect(pods.map(({ metadata }) => metadata.name)).toEqual(['web-0', 'web-1', 'web-2']);

    const full = await createNamespace();
    await apply(
      full,
      `{ apiVersion: v1, kind: ResourceQuota, metadata: { name: none }, spec: { hard: { pods: '0' } } }`,
    );
    await apply(full, `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { ${spec(2)} } }`);
    expect(await runPods(full)).toEqual([]);
    await expect.poll(() => kubectl('get', 'events', '-n', full)).toContain('exceeded quota');
  });

  test('a lost Node takes its Pods out of the Services, though they still show as running', async () => {
    const namespace = await createNamespace();
    const node = `lost-${namespace}`;
    await fakeNode(node, { labels: { pool: node } });
    await apply(namespace, webPod.replace('spec:', `spec:\n  nodeSelector: { pool: ${node} }`));
    await apply(namespace, service('{ selector: { app: web }, ports: [{ port: 80 }] }'));
    await runPods(namespace);
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    await loseNode(node);
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 0);
    expect(await kubectl('get', 'pods', '-n', namespace, '--no-headers')).toMatch(/^web +1\/1 +Running /m);
    await recoverNode(node);
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    await api.remove(`/api/v1/nodes/${node}`);
  });

  test('cluster DNS is there, and comes back after a test has broken it', async () => {
    await kubectl(
      'patch',
      'service',
      'kube-dns',
      '-n',
      'kube-system',
      '--type=merge',
      '-p',
      '{"spec":{"selector":{"oops":"yes"}}}',
    );
    await kubectl('scale', 'deployment/coredns', '-n', 'kube-system', '--replicas=0');
    await runPods('kube-system');
    await waitForSlices('kube-system', 'kube-dns', (slices) => readyAddresses(slices).length === 0);
    await restoreClusterDns();
    const slices = await slicesOf('kube-system', 'kube-dns');
    expect(readyAddresses(slices)).toHaveLength(2);
    expect(await kubectl('get', 'service', 'kube-dns', '-n', 'kube-system', '-o', 'jsonpath={.spec.clusterIP}')).toBe(
      '10.96.0.10',
    );
  });

  test('one Pod can be made ready while the others wait', async () => {
    const namespace = await createNamespace();
    await apply(namespace, `${webPod}---${webPod.replace('name: web, labels', 'name: other, labels')}`);
    await kubectl('wait', 'pod/web', '-n', namespace, '--for=condition=PodScheduled', '--timeout=10s');
    await runPod(await api.get(`/api/v1/namespaces/${namespace}/pods/web`));
    expect(await kubectl('get', 'pods', '-n', namespace, '--no-headers')).toMatch(
      /^other +0\/1 +Pending[^]*^web +1\/1 +Running/m,
    );
  });
});

describe('who may do what', () => {
  test('viewer may read nothing, until something is bound to it', async () => {
    const namespace = await createNamespace();
    const read = () => run(['kubectl', '--context', 'viewer', 'get', 'services', '-n', namespace]);
    expect(await read()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cannot list resource "services"'),
    });
    await kubectl('create', 'rolebinding', 'viewer', '-n', namespace, '--clusterrole=view', '--user=viewer');
    await expect.poll(async () => (await read()).exitCode).toBe(0);
  });

  test('no packet leaves for invented addresses: logs fail at the socket where nobody listens', async () => {
    const namespace = await createDemo();
    const pod = await podIn(namespace, 'app=db');
    const { exitCode, stderr } = await run(['kubectl', 'logs', pod.metadata.name, '-n', namespace]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${controlPlane.state}/cluster.sock`);
  });
});
