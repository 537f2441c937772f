import { beforeAll, describe, expect, test } from 'vitest';
import {
  api,
  apply,
  controlPlane,
  createDemo,
  createNamespace,
  kubectl,
  podIn,
  readyAddresses,
  run,
  slicesOf,
  svcdoctor,
  waitForSlices,
} from '../lab.ts';
import type { Node } from '../objects.ts';
import {
  applyAndWait,
  drop,
  eventsOf,
  exec,
  freezeKubeProxy,
  freezeKubelet,
  get,
  inside,
  isReady,
  lookUp,
  portForward,
  startClient,
  waitFor,
  waitForNode,
  waitForPod,
  waitingReason,
} from './lab.ts';

/**
 * The ground that every other test on the real node stands on: packets go through Services, failures are the kubelet's
 * own, and what a test breaks by hand it can mend.
 */

/** A web server in a Deployment and a Service in front of it. */
function web({ readiness = '/', port = 'http' } = {}): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1 # with 0 the Pod is gone from the API before it is gone from the node
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, "echo hello > /tmp/index.html; echo serving; exec httpd -f -p 8080 -h /tmp"]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: ${readiness}, port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: ${port} }] }
`;
}

describe('the cluster', () => {
  test('has a Ready node and answers for itself', async () => {
    const nodes = await api.list<Node>('/api/v1/nodes');
    expect(nodes.map(({ metadata }) => metadata.name)).toEqual([controlPlane.node?.name]);
    await waitForNode('True');
    expect(readyAddresses(await slicesOf('default', 'kubernetes'))).toEqual(['10.0.0.10']);
  });

  test('has no way out', async () => {
    const { stdout } = await inside(['ip', 'route']);
    expect(stdout).not.toContain('default');
    const links = await inside(['ip', '-o', 'link']);
    // The machine's own; the ends of Pods' cables are called veth and a number.
    expect(links.stdout).not.toMatch(/: eth0[@:]/);
  });

  test('lets somebody without rights in, through the bridge too', async () => {
    const { exitCode, stderr } = await run(['kubectl', '--context=viewer', 'get', 'pods', '-n', 'default']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('User "viewer" cannot list resource "pods"');
  });
});

describe('a Service', () => {
  let namespace: string;

  beforeAll(async () => {
    namespace = await createNamespace('web');
    await Promise.all([applyAndWait(namespace, web()), startClient(namespace)]);
  });

  test('has a name in DNS, from its own namespace and from others', async () => {
    const address = await kubectl('get', 'service', 'web', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}');
    const elsewhere = await createNamespace('elsewhere');
    await startClient(elsewhere);
    const names = ['web', `web.${namespace}`, `web.${namespace}.svc.cluster.local`, 'example.com'];
    const here = await Promise.all(names.map((name) => lookUp(namespace, name)));
    const there = await Promise.all(names.map((name) => lookUp(elsewhere, name)));
    expect(here).toEqual([address, address, address, undefined]);
    expect(there).toEqual([undefined, address, address, undefined]);
  });

  test('leads a client to a Pod, by name', async () => {
    await expect(get(namespace, 'http://web/')).resolves.toMatchObject({ exitCode: 0, stdout: 'hello\n' });
  });

  test('can be reached from the machine', async () => {
    await using forward = await portForward(namespace, 'svc/web', 80);
    const response = await fetch(`http://127.0.0.1:${forward.port}/`);
    expect(await response.text()).toBe('hello\n');
  });

  test('logs are read and commands run in its Pods', async () => {
    expect(await kubectl('logs', '-n', namespace, 'deploy/web')).toBe('serving\n');
    await expect(exec(namespace, 'client', 'sh', '-c', 'echo out; echo err >&2; exit 7')).resolves.toMatchObject({
      exitCode: 7,
      stdout: 'out\n',
    });
  });

  test('times out where a packet filter drops, and works again without it', async () => {
    const { status } = await podIn(namespace, 'app=web');
    {
      await using _ = await drop({ ...(status.podIP && { to: status.podIP }), port: 8080 });
      await expect(get(namespace, 'http://web/')).resolves.toMatchObject({ exitCode: 143 });
    }
    await expect(get(namespace, 'http://web/')).resolves.toMatchObject({ exitCode: 0 });
  });

  test('gets no new addresses while kube-proxy hangs', async () => {
    {
      await using _ = await freezeKubeProxy();
      const { status } = await podIn(namespace, 'app=web');
      await kubectl('delete', 'pod', '-n', namespace, '-l', 'app=web');
      await waitForSlices(namespace, 'web', (slices) => {
        const [address] = readyAddresses(slices);
        return address !== undefined && address !== status.podIP;
      });
      expect((await get(namespace, 'http://web/')).exitCode).not.toBe(0);
    }
    const { stdout } = await waitFor('an answer', async () => {
      const answer = await get(namespace, 'http://web/');
      return answer.exitCode === 0 && answer;
    });
    expect(stdout).toBe('hello\n');
  });

  test('without endpoints refuses at once', async () => {
    await kubectl('patch', 'service', 'web', '-n', namespace, '-p', '{"spec":{"selector":{"app":"other"}}}');
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 0);
    const refused = await waitFor('a refusal', async () => {
      const { stderr } = await get(namespace, 'http://web/');
      return stderr.includes('Connection refused');
    });
    expect(refused).toBe(true);
  });
});

describe('what goes wrong goes wrong as in the field', () => {
  test('a readiness probe that fails: an event, and ready false in the slice', async () => {
    const namespace = await createNamespace('unready');
    await apply(namespace, web({ readiness: '/missing' }));
    const slices = await waitForSlices(namespace, 'web', ([slice]) => slice?.endpoints?.length === 1);
    expect(slices[0]?.endpoints?.[0]?.conditions).toMatchObject({ ready: false, serving: false });
    const [event] = await waitFor('an event', async () => {
      const events = await eventsOf(namespace, 'Unhealthy');
      return events.some(({ message }) => message.includes('404')) && events;
    });
    expect(event).toMatchObject({ type: 'Warning', involvedObject: { kind: 'Pod' } });
  });

  test('a named port that the container does not have: an empty list of ports', async () => {
    const namespace = await createNamespace('port');
    await applyAndWait(namespace, web({ port: 'https' }));
    const [slice] = await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    expect(slice?.ports).toBeNull();
  });

  test('an image that does not exist', async () => {
    const namespace = await createNamespace('image');
    await apply(namespace, pod('image: "busybox:9.99"'));
    await waitForPod(namespace, 'app=odd', (odd) => /^(ErrImagePull|ImagePullBackOff)$/.test(waitingReason(odd) ?? ''));
    const [event] = await waitFor('an event', async () => {
      const events = await eventsOf(namespace, 'Failed');
      return events.length > 0 && events;
    });
    expect(event?.message).toContain('busybox:9.99');
  });

  test('a program that ends at once', async () => {
    const namespace = await createNamespace('crash');
    await apply(namespace, pod('image: "busybox:1.36", command: [sh, -c, "echo no database >&2; exit 3"]'));
    const odd = await waitForPod(namespace, 'app=odd', (crashed) => waitingReason(crashed) === 'CrashLoopBackOff');
    expect(odd.status.containerStatuses?.[0]?.lastState?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    // The kubelet keeps one container that has ended, and for a moment the status may still name the one before.
    const log = await waitFor('the log of the last container', async () => {
      const { stdout } = await run(['kubectl', 'logs', '-n', namespace, 'odd', '--previous']);
      return stdout.startsWith('no ') && stdout;
    });
    expect(log).toBe('no database\n');
  });

  test('a program that takes more memory than it may', async () => {
    const namespace = await createNamespace('memory');
    const greedy = 'command: [sh, -c, "x=aaaaaaaa; while :; do x=$x$x; done"], resources: { limits: { memory: 32Mi } }';
    await apply(namespace, pod(`image: "busybox:1.36", ${greedy}`));
    const odd = await waitForPod(namespace, 'app=odd', ({ status }) => {
      const [container] = status.containerStatuses ?? [];
      return container?.lastState?.terminated?.reason === 'OOMKilled';
    });
    expect(odd.status.containerStatuses?.[0]?.lastState?.terminated?.exitCode).toBe(137);
  });

  test('a Secret that is missing', async () => {
    const namespace = await createNamespace('secret');
    await apply(namespace, pod('image: "busybox:1.36", envFrom: [{ secretRef: { name: missing } }]'));
    const odd = await waitForPod(
      namespace,
      'app=odd',
      (stuck) => waitingReason(stuck) === 'CreateContainerConfigError',
    );
    expect(odd.status.phase).toBe('Pending');
  });
});

/** A Pod `odd` with one container. */
function pod(container: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: odd, labels: { app: odd } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: odd, ${container} }]
`;
}

describe('the demo stack', () => {
  test('runs, and svcdoctor finds it healthy', async () => {
    const namespace = await createDemo();
    await startClient(namespace);
    const answer = await get(namespace, 'http://api:3000/health/db');
    expect(answer.stdout).toContain('"ok":true');
    await expect(svcdoctor('check', `${namespace}/db`)).resolves.toMatchObject({ exitCode: 0 });
  });
});

describe('a kubelet that hangs', () => {
  test('is missed: its Node is lost, and so are the endpoints on it, until it is back', async () => {
    const namespace = await createNamespace('lost');
    await applyAndWait(namespace, web());
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    {
      await using _ = await freezeKubelet();
      await waitForNode('Unknown');
      const [slice] = await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 0);
      expect(slice?.endpoints).toHaveLength(1);
    }
    await waitForPod(namespace, 'app=web', isReady);
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    await waitForPod('kube-system', 'k8s-app=kube-dns', isReady);
  });
});
