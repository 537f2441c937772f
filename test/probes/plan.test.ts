import { describe, expect, test } from 'vitest';
import { planForward } from '../../src/probes/plan.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { Container, KubeObject, Pod, PodSpec } from '../../src/k8s/objects.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const plan = (objects: readonly KubeObject[], from?: string, names: readonly string[] = ['db']) =>
  planForward(
    viewOf(cluster([...objects])),
    names.map((name) => ({ namespace: 'demo', name })),
    from === undefined ? undefined : { namespace: 'demo', kind: 'Deployment', name: from },
  );
const db = (container: Partial<Container> = {}, spec: Partial<PodSpec> = {}, replicas = 1) => [
  ...workload({ name: 'db', replicas, container, spec }),
  service({ name: 'db' }),
];
const notReady = (objects: readonly KubeObject[], startedAt = '2026-03-01T00:00:00Z'): readonly KubeObject[] =>
  objects.map((object) => {
    if (object.kind !== 'Pod') return object;
    const pod = structuredClone(object) as Pod;
    return {
      ...pod,
      status: {
        ...pod.status,
        conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady' }],
        containerStatuses: pod.spec.containers.map(({ name }) => ({
          name,
          ready: false,
          started: true,
          state: { running: { startedAt } },
        })),
      },
    } as KubeObject;
  });

test('each DNS Pod is asked for the cluster’s own name first, then for the Service', () => {
  const { dns } = plan(db());
  expect(dns.length).toBeGreaterThan(0);
  for (const { questions } of dns)
    expect(questions.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'kubernetes.default.svc.cluster.local A',
      'db.demo.svc.cluster.local A',
      'db.demo.svc.cluster.local AAAA',
    ]);
});

test('with a client, for each name that its resolver tries on the way, and for none outside the cluster', () => {
  const env = [{ name: 'DB_URL', value: 'postgres://db.demo:5432/shop' }];
  const { dns } = plan([...db(), ...workload({ name: 'api', container: { env } })], 'api');
  expect([...new Set(dns[0]?.questions.map(({ name }) => name))]).toEqual([
    'kubernetes.default.svc.cluster.local',
    'db.demo.svc.cluster.local',
    'db.demo.demo.svc.cluster.local',
  ]);
});

describe('an endpoint', () => {
  test('is dialled on the port that it resolved to, and searched for others', () => {
    const { endpoints } = plan(db({ env: [{ name: 'HTTP_PORT', value: '3131' }] }));
    expect(endpoints).toHaveLength(1);
    expect(endpoints[0]?.to).toMatchObject({ port: 8080, protocol: 'TCP' });
    expect(endpoints[0]?.otherwise).toContain(3131);
    const [told] = plan(db({ args: ['--web.listen-address=:9115', '--metrics-addr=:9901'] })).endpoints;
    expect(told?.otherwise).toContain(9115);
    expect(told?.otherwise).not.toContain(9901);
    expect(endpoints[0]?.otherwise).not.toContain(8080);
  });

  test('on the host’s network is not: its loopback is the node’s', () => {
    expect(plan(db({}, { hostNetwork: true })).endpoints).toEqual([]);
  });

  test('that has just started is not: a refusal would say nothing', () => {
    expect(plan(notReady(db(), '2026-03-02T09:59:55Z')).endpoints).toEqual([]);
    expect(plan(notReady(db())).endpoints).toHaveLength(1);
  });

  test('is one of at most 20, and the others are owned up to', () => {
    const { endpoints, notes } = plan(db({}, {}, 33));
    expect(endpoints).toHaveLength(20);
    expect(notes.join()).toContain('20 endpoints are probed, 13 are not');
  });

  test('of each of several Services is among them', () => {
    const { endpoints } = plan([...db({}, {}, 30), ...workload({ name: 'web' }), service({ name: 'web' })], undefined, [
      'db',
      'web',
    ]);
    expect(endpoints).toHaveLength(20);
    expect(endpoints.filter(({ pod }) => pod.name.startsWith('web'))).toHaveLength(1);
  });
});

describe('a readiness probe', () => {
  const probe = { httpGet: { path: '/ready', port: 8080, httpHeaders: [{ name: 'X-Probe', value: 'yes' }] } };

  test('that fails is repeated as it is', () => {
    const [repeated] = plan(notReady(db({ readinessProbe: probe }))).readiness;
    expect(repeated?.request).toMatchObject({ path: '/ready', headers: [{ name: 'X-Probe', value: 'yes' }] });
    expect(repeated?.otherwise).toContain('/healthz');
    expect(repeated?.otherwise).not.toContain('/ready');
  });

  test('over TLS is repeated over TLS', () => {
    const [repeated] = plan(
      notReady(db({ readinessProbe: { httpGet: { ...probe.httpGet, scheme: 'HTTPS' } } })),
    ).readiness;
    expect(repeated).toMatchObject({ secure: true, request: { path: '/ready' } });
  });

  test('by gRPC asks for the service that it names', () => {
    const [repeated] = plan(notReady(db({ readinessProbe: { grpc: { port: 8080, service: 'shop' } } }))).readiness;
    expect(repeated?.health).toEqual({ authority: expect.stringMatching(/^10\..*:8080$/) as string, service: 'shop' });
  });

  test('that only connects sends nothing', () => {
    const [repeated] = plan(notReady(db({ readinessProbe: { tcpSocket: { port: 8080 } } }))).readiness;
    expect(repeated).toMatchObject({ port: 8080, otherwise: [] });
    expect(repeated?.request).toBe(undefined);
  });

  test.each([
    ['of a Pod that is ready', db({ readinessProbe: probe })],
    ['of another host', notReady(db({ readinessProbe: { httpGet: { ...probe.httpGet, host: 'example.org' } } }))],
    ['that runs a command', notReady(db({ readinessProbe: { exec: { command: ['pg_isready'] } } }))],
  ])('%s is left alone', (_name, objects) => {
    expect(plan(objects).readiness).toEqual([]);
  });
});

test('nothing is asked about a Service that does not exist, but the DNS is', () => {
  const { dns, endpoints, readiness } = plan(db(), undefined, ['dbb']);
  expect([endpoints, readiness]).toEqual([[], []]);
  expect(dns[0]?.questions).toHaveLength(1);
});
