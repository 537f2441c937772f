import { describe, expect, test } from 'vitest';
import { podsBehind, whyNotReady } from '../../src/k8s/pod-troubles.ts';
import { change, node, pod, service, unready } from '../kit/cluster.ts';
import { crashing, event, unscheduled, waiting } from '../kit/pod-states.ts';

const web = pod({ name: 'web-0', labels: { app: 'web' } });
const kindOf = (...args: Parameters<typeof whyNotReady>) => whyNotReady(...args)?.kind;

describe('why a Pod is not ready', () => {
  test('a ready Pod has no trouble', () => expect(whyNotReady(web)).toBeUndefined());

  test('going and gone come before everything else', () => {
    const going = change(
      crashing(web, { exitCode: 1 }),
      (draft) => void (draft.metadata.deletionTimestamp = '2026-03-02T09:00:00Z'),
    );
    expect(kindOf(going)).toBe('terminating');
    expect(kindOf(change(web, (draft) => void Object.assign(draft.status ?? {}, { phase: 'Succeeded' })))).toBe(
      'finished',
    );
  });

  test('the scheduler’s word', () => {
    expect(whyNotReady(unscheduled(web, '0/3 nodes are available'))).toMatchObject({
      kind: 'unschedulable',
      reason: 'Unschedulable',
      message: '0/3 nodes are available',
    });
  });

  test('the container’s state', () => {
    expect(kindOf(waiting(web, 'ErrImagePull'))).toBe('image');
    expect(kindOf(waiting(web, 'CreateContainerConfigError'))).toBe('config');
    expect(kindOf(waiting(web, 'ContainerCreating'))).toBe('starting');
    expect(whyNotReady(crashing(web, { exitCode: 2, message: 'boom' }))).toMatchObject({
      kind: 'crash',
      exitCode: 2,
      message: 'boom',
      restarts: 7,
    });
    expect(whyNotReady(crashing(web, { exitCode: 137, reason: 'OOMKilled' }))).toMatchObject({
      kind: 'crash',
      reason: 'OOMKilled',
    });
  });

  test('kubelet’s events tell a crash from a kill, and a start from a stuck one', () => {
    const killing = event(web, 'Killing', 'Container web-0 failed liveness probe, will be restarted', 'web-0');
    expect(kindOf(crashing(web, { exitCode: 1 }), { events: [killing] })).toBe('killed');
    const creating = waiting(web, 'ContainerCreating');
    expect(kindOf(creating, { events: [event(web, 'FailedMount', 'secret "tls" not found')] })).toBe('volume');
    expect(kindOf(creating, { events: [event(web, 'FailedCreatePodSandBox', 'plugin type="calico" failed')] })).toBe(
      'sandbox',
    );
    expect(kindOf(creating, { events: [event(pod({ name: 'web-1' }), 'FailedMount', 'of another Pod')] })).toBe(
      'starting',
    );
  });

  test('a probe, a gate, a node, or nothing that explains it', () => {
    const probed = change(
      web,
      (draft) => void (draft.spec.containers = [{ name: 'web-0', readinessProbe: { tcpSocket: { port: 80 } } }]),
    );
    expect(kindOf(unready(probed))).toBe('probe');
    const gated = change(
      unready(web, 'ReadinessGatesNotReady'),
      (draft) => void (draft.spec.readinessGates = [{ conditionType: 'example.com/lb' }]),
    );
    expect(whyNotReady(gated)).toMatchObject({ kind: 'gate', gates: [{ type: 'example.com/lb', status: 'absent' }] });
    const down = change(
      node('node-a', '192.168.10.11'),
      (draft) =>
        void (draft.status = { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] }),
    );
    expect(kindOf(unready(web, '', ''), { nodes: [down] })).toBe('node');
    expect(kindOf(unready(web, '', ''))).toBe('unexplained');
  });

  test('a crash on a lost node stays a crash: its cause is older than the silence', () => {
    const down = change(
      node('node-a', '192.168.10.11'),
      (draft) => void (draft.status = { conditions: [{ type: 'Ready', status: 'False' }] }),
    );
    expect(kindOf(crashing(web, { exitCode: 1 }), { nodes: [down] })).toBe('crash');
  });
});

test('a published Pod answers though it is not ready, unless it does not run', () => {
  const published = service({ name: 'web', spec: { publishNotReadyAddresses: true } });
  expect(podsBehind(published, [unready(web)]).serving).toHaveLength(1);
  expect(podsBehind(published, [crashing(web, { exitCode: 1 })]).serving).toHaveLength(0);
  expect(podsBehind(service({ name: 'web' }), [unready(web)]).serving).toHaveLength(0);
});
