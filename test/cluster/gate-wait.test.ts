import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Report } from '../../src/diagnosis/report.ts';
import {
  apply,
  createNamespace,
  fakeNode,
  imagePullBackOff,
  markNotReady,
  podIn,
  podsIn,
  readyAddresses,
  runPod,
  svcdoctor,
  waitForSlices,
} from './lab.ts';

/** What `gate --wait` sees on the real API server while a rollout goes well, goes wrong, or cannot make up its mind. */

beforeAll(async () => {
  await fakeNode('gate-node');
});

interface Gated {
  readonly exitCode: number;
  readonly report: Report;
  readonly stderr: string;
  readonly seconds: number;
}

async function gate(...args: string[]): Promise<Gated> {
  const begun = Date.now();
  const { exitCode, stdout, stderr } = await svcdoctor('gate', ...args, '-o', 'json');
  const report = stdout === '' ? ({} as Report) : (JSON.parse(stdout) as Report);
  return { exitCode, report, stderr, seconds: (Date.now() - begun) / 1000 };
}

interface Shop {
  readonly selector?: string;
  readonly limits?: string;
  readonly more?: string;
}

/** A Service `web` and a Deployment behind it, whose Pods nobody has started. */
async function shop({ selector = 'web', limits = '', more = '' }: Shop = {}): Promise<string> {
  const namespace = await createNamespace('gate');
  await apply(
    namespace,
    `${more}
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: ${selector}}, ports: [{name: http, port: 80, targetPort: http}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: registry.example.com/web:1.0, ports: [{name: http, containerPort: 8080}]${limits}}]
`,
  );
  return namespace;
}

async function scheduled(namespace: string) {
  for (;;) {
    const pods = await podsIn(namespace, 'app=web');
    if (pods[0]?.spec.nodeName) return pods[0];
    await delay(50);
  }
}

describe('gate --wait', () => {
  test('passes soon after the rollout is ready, and tells what it waits for', async () => {
    const namespace = await shop();
    const gating = gate(`${namespace}/web`, '--wait', '40s', '--settle', '1s');
    const pod = await scheduled(namespace);
    await delay(3_000);
    await runPod(pod);
    await waitForSlices(namespace, 'web', (slices) => readyAddresses(slices).length === 1);
    const ready = Date.now();
    const { exitCode, report, stderr } = await gating;
    expect(report.gate, stderr).toMatchObject({ result: 'pass', why: '1 ready on http 80/TCP' });
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(new RegExp(`^waiting for ${namespace}/web \\(`, 'm'));
    expect(Date.now() - ready).toBeLessThan(3_000);
  });

  test('fails at the deadline, with the cause, when it never is', async () => {
    const namespace = await shop();
    await markNotReady(await scheduled(namespace), 'ContainersNotReady', 'containers with unready status: [web]');
    const { exitCode, report, seconds } = await gate(`${namespace}/web`, '--wait', '4s', '--settle', '1s');
    expect(exitCode).toBe(1);
    expect(report.gate).toMatchObject({ result: 'fail', why: '0 of 1 endpoint ready on http 80/TCP' });
    expect(report.gate?.notes).toEqual(['waited 4s for it']);
    expect(report.findings).not.toEqual([]);
    expect(seconds).toBeGreaterThan(4);
    expect(seconds).toBeLessThan(9);
  });

  test('a slice that flaps does not pass', async () => {
    const namespace = await shop();
    const pod = await scheduled(namespace);
    const over = new AbortController();
    const flapping = (async () => {
      while (!over.signal.aborted) {
        await runPod(pod);
        await delay(700);
        await markNotReady(pod);
        await delay(300);
      }
    })();
    const { exitCode, report } = await gate(`${namespace}/web`, '--wait', '6s', '--settle', '2s');
    over.abort();
    await flapping;
    expect(report.gate?.result, JSON.stringify(report.gate)).toBe('fail');
    expect(exitCode).toBe(1);
  });
});

describe('what waiting does not mend ends it early', () => {
  const hurried = (namespace: string, ...args: string[]) =>
    gate(`${namespace}/web`, '--wait', '45s', '--settle', '1s', ...args);

  test('an image that does not exist', async () => {
    const namespace = await shop();
    await scheduled(namespace);
    const gating = hurried(namespace);
    await delay(500);
    await imagePullBackOff(await podIn(namespace, 'app=web'));
    const { exitCode, report, seconds } = await gating;
    expect(report.findings[0]).toMatchObject({ id: 'endpoints/image-pull' });
    expect(report.gate?.notes).toEqual(['not waited for any longer: only a change mends this']);
    expect(exitCode).toBe(1);
    expect(seconds).toBeLessThan(15);
  });

  test('a selector that no template has; --patient waits for it all the same', async () => {
    const namespace = await shop({ selector: 'webb' });
    const { exitCode, report, seconds } = await hurried(namespace);
    expect(report.findings[0]).toMatchObject({ id: 'selector/no-matching-pods' });
    expect(exitCode).toBe(1);
    expect(seconds).toBeLessThan(15);
    const patient = await gate(`${namespace}/web`, '--wait', '5s', '--settle', '1s', '--patient');
    expect(patient.seconds).toBeGreaterThan(5);
    expect(patient.exitCode).toBe(1);
  });

  test('a quota that refuses the Pods', async () => {
    const namespace = await shop({
      more: `
apiVersion: v1
kind: ResourceQuota
metadata: {name: none}
spec: {hard: {pods: "0"}}
---`,
    });
    const { exitCode, report, seconds } = await hurried(namespace);
    expect(report.findings[0]).toMatchObject({ id: 'endpoints/pods-not-created' });
    expect(exitCode).toBe(1);
    expect(seconds).toBeLessThan(15);
  });
});
