import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/cluster/connect.ts';
import { parsedProtobuf } from '../../src/cluster/protobuf-kinds.ts';
import { readerOf } from '../../src/cluster/read.ts';
import { resourceNamed, type ResourceKey } from '../../src/k8s/resources.ts';
import { projector } from '../../src/snapshot/projection.ts';
import { randomFrom } from '../generated/random.ts';
import { api, apply, controlPlane, createNamespace } from './lab.ts';

/** What a sweep keeps of the kinds that it reads in protobuf is what it keeps of their JSON, on objects that use each of those fields. */

const { signal } = new AbortController();
const connection = await connect(
  { kubeconfig: controlPlane.kubeconfig, requestTimeout: 10_000, userAgent: 'test' },
  signal,
);

const probe = (handler: string, more = '') =>
  `{ ${handler}, initialDelaySeconds: 5, timeoutSeconds: 2, periodSeconds: 3, successThreshold: 1, failureThreshold: 4${more} }`;

const podSpec = `
      schedulerName: nobody
      restartPolicy: Always
      dnsPolicy: None
      dnsConfig: { nameservers: [10.96.0.10], searches: [demo.svc.cluster.local], options: [{ name: ndots, value: "2" }, { name: edns0 }] }
      nodeSelector: { disk: ssd, zone: a }
      serviceAccountName: orders
      automountServiceAccountToken: false
      hostNetwork: false
      hostname: orders-0
      subdomain: orders
      enableServiceLinks: false
      imagePullSecrets: [{ name: registry }, { name: mirror }]
      hostAliases: [{ ip: 10.0.0.7, hostnames: [db.internal, db] }]
      readinessGates: [{ conditionType: example.com/lb }]
      schedulingGates: [{ name: example.com/quota }]
      initContainers:
        - { name: migrate, image: "orders:1", restartPolicy: Always, command: [sh, -c, "sleep 1"], args: [-v] }
      containers:
        - name: orders
          image: orders:1
          imagePullPolicy: IfNotPresent
          command: [/orders]
          args: ["--listen=:8080", "--grüße=ja"]
          ports: [{ name: http, containerPort: 8080 }, { containerPort: 5353, protocol: UDP, hostPort: 5353, hostIP: 127.0.0.1 }]
          env:
            - { name: EMPTY }
            - { name: DB_HOST, value: db }
            - { name: POD, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: CPU, valueFrom: { resourceFieldRef: { containerName: orders, resource: limits.cpu, divisor: 1m } } }
            - { name: MODE, valueFrom: { configMapKeyRef: { name: settings, key: mode, optional: false } } }
            - { name: PASSWORD, valueFrom: { secretKeyRef: { name: db, key: password, optional: true } } }
          envFrom: [{ prefix: A_, configMapRef: { name: settings, optional: true } }, { secretRef: { name: db } }]
          resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: "1", memory: 1Gi } }
          readinessProbe: ${probe('httpGet: { path: /ready, port: http, host: 127.0.0.1, scheme: HTTPS, httpHeaders: [{ name: X-Probe, value: "1" }] }')}
          livenessProbe: ${probe('tcpSocket: { port: 8080 }', ', terminationGracePeriodSeconds: 5')}
          startupProbe: ${probe('grpc: { port: 9090, service: orders }')}
          volumeMounts: [{ name: settings, mountPath: /etc/orders, subPath: mode, readOnly: true }, { name: data, mountPath: /data }]
        - name: sidecar
          image: sidecar:1
          readinessProbe: { exec: { command: [test, -e, /tmp/ready] } }
      volumes:
        - { name: settings, configMap: { name: settings, defaultMode: 288, optional: true, items: [{ key: mode, path: mode, mode: 256 }] } }
        - { name: password, secret: { secretName: db, optional: false } }
        - { name: data, persistentVolumeClaim: { claimName: data } }
        - { name: scratch, emptyDir: {} }
        - { name: all, projected: { sources: [{ secret: { name: db } }, { configMap: { name: settings, optional: true, items: [{ key: a, path: b }] } }] } }`;

const template = `
    metadata: { labels: { app: orders, tier: "" }, annotations: { example.com/note: "größer" } }
    spec:
      runtimeClassName: sandboxed${podSpec}`;

const manifests = (namespace: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, labels: { app: orders }, annotations: { example.com/team: shop } }
spec:
  replicas: 0
  paused: true
  selector: { matchLabels: { app: orders }, matchExpressions: [{ key: app, operator: In, values: [orders, shop] }] }
  strategy: { type: RollingUpdate, rollingUpdate: { maxSurge: 25%, maxUnavailable: 0 } }
  template:${template}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: orders }
spec:
  replicas: 0
  selector: { matchLabels: { app: orders } }
  template:${template.replaceAll(/^\s+schedulingGates.*\n/gm, '')}
---
apiVersion: v1
kind: Pod
metadata:
  name: orders
  labels: { app: orders }
  finalizers: [example.com/slow]
  annotations: { sidecar.istio.io/inject: "false" }
  ownerReferences: [{ apiVersion: apps/v1, kind: ReplicaSet, name: orders, uid: 0b1c, controller: true, blockOwnerDeletion: false }]
spec:${podSpec.replaceAll('\n    ', '\n')}
---
apiVersion: v1
kind: Pod
metadata: { name: plain }
spec: { schedulerName: nobody, containers: [{ name: web, image: "web:1" }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: by-hand, labels: { kubernetes.io/service-name: orders } }
addressType: IPv4
ports: [{ name: http, port: 8080, protocol: TCP, appProtocol: http }, { port: 0, name: "" }]
endpoints:
  - { addresses: [10.1.0.1], conditions: { ready: false, serving: true, terminating: true }, hostname: a, nodeName: node-a, zone: z1, targetRef: { kind: Pod, name: orders, namespace: ${namespace}, uid: 0b1d } }
  - { addresses: [10.1.0.2] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: empty }
addressType: IPv6
endpoints: []
`;

const status = {
  phase: 'Running',
  reason: 'Odd',
  message: 'somewhat odd',
  hostIP: '192.168.0.1',
  hostIPs: [{ ip: '192.168.0.1' }],
  podIP: '10.1.0.1',
  podIPs: [{ ip: '10.1.0.1' }],
  startTime: '2026-03-01T08:00:00Z',
  conditions: [
    {
      type: 'Ready',
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'no',
      lastTransitionTime: '2026-03-01T08:00:01Z',
    },
    { type: 'example.com/lb', status: 'True', lastProbeTime: null, lastTransitionTime: null },
  ],
  initContainerStatuses: [
    {
      name: 'migrate',
      ready: true,
      restartCount: 0,
      image: 'orders:1',
      imageID: 'x',
      lastState: {},
      state: { terminated: { exitCode: 0, reason: 'Completed', startedAt: '2026-03-01T08:00:00Z', finishedAt: null } },
    },
  ],
  containerStatuses: [
    {
      name: 'orders',
      ready: false,
      started: false,
      restartCount: 7,
      image: 'orders:1',
      imageID: 'x',
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
      lastState: { terminated: { exitCode: -1, signal: 9, message: 'killed', containerID: 'containerd://1' } },
    },
    {
      name: 'sidecar',
      ready: true,
      started: true,
      restartCount: 0,
      image: 'sidecar:1',
      imageID: '',
      lastState: {},
      state: { running: { startedAt: '2026-03-01T08:00:09Z' } },
    },
  ],
};

let namespace = '';

beforeAll(async () => {
  namespace = await createNamespace('protobuf');
  await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'orders' } });
  await apply(namespace, manifests(namespace));
  await api.patch(`/api/v1/namespaces/${namespace}/pods/orders/status`, { status });
});

const kinds: readonly ResourceKey[] = [
  'pods',
  'apps/deployments',
  'apps/replicasets',
  'discovery.k8s.io/endpointslices',
];

async function bothWays(key: ResourceKey) {
  const question = { resource: resourceNamed(key), version: 'v1', namespace };
  const reader = readerOf(connection);
  const [fromProtobuf, fromJson] = await Promise.all([
    reader.read({ ...question, keep: projector() }, signal),
    reader.read(question, signal),
  ]);
  if (fromProtobuf.state !== 'read' || fromJson.state !== 'read') throw new Error(`${key} were not read`);
  return { fromProtobuf: fromProtobuf.objects, fromJson: fromJson.objects.map(projector()) };
}

test.each(kinds)('%s are the same in protobuf and in JSON', async (key) => {
  const { fromProtobuf, fromJson } = await bothWays(key);
  expect(fromJson.length).toBeGreaterThan(0);
  expect(fromProtobuf).toEqual(fromJson);
});

describe('what the API server writes', () => {
  const wire = async (path: string) => {
    const { headers } = await connection.credentials(undefined, signal);
    const accept = 'application/vnd.kubernetes.protobuf';
    return connection.transport.get(path, { ...headers, accept }, signal);
  };

  test('of an error is told in its words', async () => {
    const { status, protobuf = Buffer.alloc(0) } = await wire('/api/v1/pods?limit=1&continue=nonsense');
    expect(status).toBe(400);
    expect(parsedProtobuf(protobuf, new Map())?.message).toMatch(/continue/);
  });

  test('is read, or not at all, whatever happened to its bytes on the way', async () => {
    const { protobuf: whole = Buffer.alloc(0) } = await wire(`/api/v1/namespaces/${namespace}/pods`);
    expect(parsedProtobuf(whole, new Map())?.items).toHaveLength(2);
    const random = randomFrom(7);
    for (let turn = 0; turn < 3_000; turn += 1) {
      const spoilt = Buffer.from(whole.subarray(0, turn % 2 === 0 ? whole.length : random.between(0, whole.length)));
      for (let change = 0; change < 3 && spoilt.length > 0; change += 1)
        spoilt[random.between(0, spoilt.length - 1)] = random.between(0, 255);
      const body = parsedProtobuf(spoilt, new Map());
      expect(body === undefined || typeof body.kind === 'string').toBe(true);
    }
  });
});
