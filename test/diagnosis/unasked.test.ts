import { expect, test } from 'vitest';
import { parseClient, parseTarget } from '../../src/cli/targets.ts';
import { unaskedOf } from '../../src/diagnosis/unasked.ts';
import type { Container, Pod } from '../../src/k8s/objects.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { Observation } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const stack = (container: Partial<Container> = {}) => [
  ...workload({ name: 'db', container }),
  service({ name: 'db' }),
  ...workload({ name: 'api' }),
];
const podOf = (app: string) =>
  stack().find((object): object is Pod => object.kind === 'Pod' && object.metadata.labels?.['app'] === app) as Pod;
const db = podOf('db');
const api = { namespace: 'demo', name: podOf('api').metadata.name };
const to = { address: db.status?.podIP ?? '', port: 8080, protocol: 'TCP' } as const;

const unasked = (observations: readonly Observation[], container: Partial<Container> = {}, from = 'demo/deploy/api') =>
  unaskedOf(viewOf(cluster(stack(container), observations)), {
    target: parseTarget('demo/db', 'demo'),
    ...(from ? { client: parseClient(from, 'demo') } : {}),
  }).map(({ question, probe }) => `${question.split(' ').slice(0, 3).join(' ')}: ${probe}`);

const connect = (from: Extract<Observation, { kind: 'Connect' }>['from'], outcome: 'connected' | 'refused') =>
  ({ kind: 'Connect', from, to, outcome }) as const;
const lookup: Observation = {
  kind: 'Lookup',
  from: { portForward: true },
  server: { pod: { namespace: 'kube-system', name: 'coredns-1' } },
  transport: 'tcp',
  name: 'db.demo.svc.cluster.local',
  type: 'A',
  outcome: 'NOERROR',
};
const table: Observation = {
  kind: 'Listeners',
  pod: { namespace: 'demo', name: db.metadata.name },
  sockets: [{ address: '0.0.0.0', port: 8080, protocol: 'TCP' }],
};

test('without probes every open question names the one that answers it', () => {
  expect(unasked([])).toEqual([
    'whether its Pods: forward',
    'on which addresses,: exec',
    'what each DNS: forward',
    'what Deployment/api itself: exec',
  ]);
  expect(unasked([], {}, '')).not.toContain('what Deployment/api itself: exec');
});

test('a port-forward leaves open on which address somebody listens, whatever it met', () => {
  for (const outcome of ['connected', 'refused'] as const)
    expect(unasked([lookup, connect({ portForward: true }, outcome)], {}, '')).toEqual(['on which addresses,: exec']);
});

test('a readiness probe that succeeds on the port has answered: kubelet dials the address of the Pod', () => {
  expect(unasked([lookup], { readinessProbe: { tcpSocket: { port: 8080 } } }, '')).toEqual([]);
});

test('the table of sockets answers, and so does the client’s own connection', () => {
  expect(unasked([lookup, table], {}, '')).toEqual([]);
  expect(unasked([lookup, connect({ pod: api }, 'connected')])).toEqual([]);
  expect(unasked([lookup, connect({ pod: api }, 'refused')])).toEqual([]);
});

test('where programs were run and none in the client, a container of our own is next', () => {
  expect(unasked([lookup, table])).toEqual(['what Deployment/api itself: debug']);
});
