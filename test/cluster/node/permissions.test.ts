import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { Report } from '../../../src/diagnosis/report.ts';
import { grantsAsked, grantsIn, refusedIn, unusedIn, witnessOf } from '../audit.ts';
import { createNamespace } from '../demo.ts';
import { type Asked, faultProxy, pass, upstreamOf } from '../fault-proxy.ts';
import { kubeconfigFor } from '../faults.ts';
import { api, apply, controlPlane } from '../lab.ts';
import { isReady, waitForPod } from './lab.ts';

/**
 * What only a kubelet answers: the log of the container that `--probe debug` adds, what the demo's Pods say, and streams into them. By the API
 * server's own audit log nothing beyond the printed roles is asked; and credentials may run out at any of these requests.
 */

const witness = witnessOf(controlPlane);
const practice = 'practice';
const check = ['check', `${practice}/db`, '--from', `${practice}/pod/bare`, '-o', 'json'] as const;
const debug = [...check, '--probe', 'debug', '--yes'] as const;

beforeAll(async () => {
  for (const namespace of ['ci', practice]) await createNamespace(api, namespace);
  const bare = `
apiVersion: v1
kind: Pod
metadata: { name: bare, labels: { app: bare } }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: app, image: "registry.k8s.io/pause:3.10" }]
`;
  await apply(practice, bare);
  await waitForPod(practice, 'app=bare', isReady);
});

const use = ['--deploy-demo', '-n', practice] as const;
const demo = async (...args: readonly string[]): Promise<void> => {
  const kubeconfig = join(controlPlane.state, 'trainer.kubeconfig');
  const { exitCode, stdout, stderr } = await witness.svcdoctor(kubeconfig, ...args, '-n', practice);
  expect(exitCode, `${args.join(' ')}: ${stdout}${stderr}`).toBe(0);
};

test('the demo, what breaks it and what mends it', { timeout: 240_000 }, async () => {
  await witness.accountWith('trainer', ...use);
  await demo('deploy-demo');
  await demo('deploy-demo', '--dry-run', 'server');
  await demo('lab', 'break', 'network-policy');
  await demo('lab', 'hint');
  await demo('lab', 'repair');
  await demo('lab', 'exercise', 'recover-db');
  await demo('lab', 'verify');
});

test('--probe debug adds a container and reads what it prints', async () => {
  const kubeconfig = await witness.accountWith('surgeon', '--probe', 'debug');
  const roles = await witness.rolesFor('--probe', 'debug');
  const { stdout, stderr } = await witness.svcdoctor(kubeconfig, ...debug);
  expect((JSON.parse(stdout) as Report).verdict, stdout).toBe('healthy');
  expect(stderr).toContain('adding an ephemeral container');
  const asked = grantsAsked(await witness.askedBy('surgeon'));
  expect(refusedIn(await witness.askedBy('surgeon'))).toEqual([]);
  expect(asked.filter((grant) => !grantsIn(roles).includes(grant))).toEqual([]);
  expect(asked.filter((grant) => !grant.startsWith('list '))).toEqual(
    expect.arrayContaining([
      'patch pods/ephemeralcontainers',
      'get pods',
      'get pods/log',
      'get pods/portforward',
      'get pods/exec',
    ]),
  );
});

/** Requests of a run at each of which the token that it shows has just run out. */
const stages: Readonly<Record<string, (asked: Asked) => boolean>> = {
  'a port-forward': ({ path }) => path.includes('/portforward?'),
  'an exec': ({ path }) => path.includes('/exec?'),
  'adding the container': ({ path, method }) => method === 'PATCH' && path.endsWith('/ephemeralcontainers'),
  'waiting for it': ({ path }) => path.endsWith('/pods/bare'),
  'its log': ({ path }) => path.includes('/pods/bare/log?'),
};

test('a token that runs out again and again while probes ask: a plugin has fresh ones, and all is as if it had not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-expiry-'));
  const plugin = join(folder, 'plugin');
  await writeFile(
    plugin,
    `#!/bin/sh\necho run >>"$0.runs"\n` +
      `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$(grep -c run "$0.runs")'"}}'\n`,
    { mode: 0o700 },
  );
  let expiring = false;
  let valid = 1;
  const met = new Set<string>();
  const turnedAway = new Set<string>();
  const upstream = await upstreamOf(controlPlane);
  const rejected = { kind: 'answer', status: 401, body: '{"kind":"Status","message":"Unauthorized"}' } as const;
  await using proxy = await faultProxy(upstream, 'h2', (asked) => {
    if (!expiring) return pass;
    const stage = Object.keys(stages).find((name) => !met.has(name) && stages[name]?.(asked));
    // No request is rejected twice: a second rejection stands.
    if (stage !== undefined && Number(asked.token) === valid && !turnedAway.has(asked.path)) {
      met.add(stage);
      valid += 1;
    }
    if (Number(asked.token) === valid) return pass;
    turnedAway.add(asked.path);
    return rejected;
  });
  const config = parse(kubeconfigFor(proxy, upstream, plugin)) as { clusters: { cluster: object }[] };
  for (const each of config.clusters) each.cluster = { ...each.cluster, 'tls-server-name': 'kubernetes.default.svc' };
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, stringify(config), { mode: 0o600 });

  const undisturbed = await witness.svcdoctor(kubeconfig, ...debug);
  await rm(`${plugin}.runs`);
  expiring = true;
  const disturbed = await witness.svcdoctor(kubeconfig, ...debug);
  await rm(folder, { recursive: true });
  expect([...met].toSorted()).toEqual(Object.keys(stages).toSorted());
  expect(undisturbed.stderr).not.toContain('not probed');
  expect(disturbed.stderr).toBe(undisturbed.stderr);
  const said = ({ stdout }: { readonly stdout: string }) => ({ ...(JSON.parse(stdout) as Report), takenAt: '' });
  expect(said(disturbed)).toEqual(said(undisturbed));
});

test('what the demo and the lab have asked is what the printed roles grant, and all of it; Secrets are never read', async () => {
  await demo('deploy-demo', '--delete');
  const roles = await witness.rolesFor(...use);
  const events = await witness.askedBy('trainer');
  expect(refusedIn(events)).toEqual([]);
  expect(grantsAsked(events).filter((grant) => !grantsIn(roles).includes(grant))).toEqual([]);
  expect(grantsAsked(events).filter((grant) => /^(get|list|watch) secrets/.test(grant))).toEqual([]);
  expect(unusedIn(roles, events)).toEqual([]);
});
