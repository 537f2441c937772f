import { beforeAll, expect, test } from 'vitest';
import { apply, createNamespace, kubectl } from '../lab.ts';
import { applyAndWait, get, lookUp, startClient, waitFor } from './lab.ts';

/** NetworkPolicies on the real node are felt: each test puts one and asks a client Pod what it notices. */

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: web
          image: busybox:1.36
          command: [sh, -c, "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
`;

let namespace: string;

beforeAll(async () => {
  namespace = await createNamespace('policy');
  await Promise.all([applyAndWait(namespace, web), startClient(namespace), startClient(namespace, 'stranger')]);
});

/** Puts the policy until disposed of. */
async function policy(spec: string): Promise<AsyncDisposable> {
  await apply(
    namespace,
    `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: policy }
spec: ${spec}
`,
  );
  return {
    [Symbol.asyncDispose]: async () => {
      await kubectl('delete', 'networkpolicy', 'policy', '-n', namespace);
      await reaches('client', true);
    },
  };
}

/** Returns when the client gets an answer from the Service, or gets none any more. */
async function reaches(client: string, wanted: boolean): Promise<boolean> {
  return waitFor(`${client} ${wanted ? 'reaches' : 'does not reach'} the Service`, async () => {
    const { exitCode } = await get(namespace, 'http://web/', client);
    return (exitCode === 0) === wanted;
  });
}

test('without a policy everybody gets through', async () => {
  expect(await reaches('client', true)).toBe(true);
  expect(await reaches('stranger', true)).toBe(true);
});

test('nobody is let in: a client waits in vain, probes pass', async () => {
  await using _ = await policy('{ podSelector: { matchLabels: { app: web } }, policyTypes: [Ingress] }');
  await reaches('client', false);
  const ready = await kubectl('get', 'deploy', 'web', '-n', namespace, '-o', 'jsonpath={.status.readyReplicas}');
  expect(ready).toBe('1');
});

test('one client is let in, by the name of the port', async () => {
  await using _ = await policy(`
  podSelector: { matchLabels: { app: web } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: client } } }]
      ports: [{ port: http }]`);
  await reaches('stranger', false);
  expect(await reaches('client', true)).toBe(true);
});

test('the wrong port is let in', async () => {
  await using _ = await policy('{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: [{ port: 80 }] }] }');
  expect(await reaches('client', false)).toBe(true);
});

test('the way out leads to the Service but not to DNS: names do not resolve', async () => {
  await using _ = await policy(`
  podSelector: { matchLabels: { app: client } }
  policyTypes: [Egress]
  egress: [{ to: [{ podSelector: {} }] }]`);
  await reaches('client', false);
  expect(await lookUp(namespace, 'web')).toBeUndefined();
  const address = await kubectl('get', 'service', 'web', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}');
  expect((await get(namespace, `http://${address}/`)).stdout).toBe('hello\n');
});

test('the way out leads to DNS and to the Service', async () => {
  await using _ = await policy(`
  podSelector: { matchLabels: { app: client } }
  policyTypes: [Egress]
  egress:
    - to: [{ podSelector: { matchLabels: { app: web } } }]
      ports: [{ port: http }]
    - to:
        - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }
          podSelector: { matchLabels: { k8s-app: kube-dns } }
      ports: [{ port: 53, protocol: UDP }, { port: 53 }]`);
  expect(await reaches('client', true)).toBe(true);
});
