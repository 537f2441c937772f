import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isLocal } from '../../src/cli/commands/demo-stage.ts';
import { svcdoctor } from '../kit/command.ts';
import { kubeconfigFor } from '../kit/fake-api.ts';

/** What can be said without a cluster. */

let folder = '';
let remote = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-demo-'));
  remote = join(folder, 'remote');
  await writeFile(remote, kubeconfigFor('https://cluster.example:6443'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('deploy-demo', () => {
  test('-o yaml prints manifests that kubectl takes, and asks nobody', async () => {
    const { stdout, stderr, exitCode } = await svcdoctor(
      'deploy-demo',
      '-o',
      'yaml',
      '-n',
      'team-a',
      '--kubeconfig',
      '/not/there',
    );
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
    const kinds = parseAllDocuments(stdout).map((document) => String(document.get('kind')));
    expect(kinds.sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'Deployment',
      'Namespace',
      'Secret',
      'Service',
      'Service',
    ]);
    expect(stdout).toContain('# A Service gives the Pods one name');
  });

  test('--dry-run client lists what would be applied', async () => {
    const { stdout, exitCode } = await svcdoctor('deploy-demo', '--dry-run', 'client', '--kubeconfig', '/not/there');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        'namespace/demo',
        'configmap/api-server',
        'secret/db-credentials',
        'service/api',
        'service/db',
        'deployment/api',
        'deployment/db',
      ]
        .map((object) => `${object} (client dry run: the cluster was not asked)\n`)
        .join(''),
    );
  });

  test('a cluster that is not local, and nobody to ask: nothing is sent', async () => {
    for (const [args, doing] of [
      [[], 'put the demo into'],
      [['--delete'], 'remove the demo from'],
    ] as const) {
      const { stdout, stderr, exitCode } = await svcdoctor('deploy-demo', ...args, '--kubeconfig', remote);
      expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
      expect(stderr).toBe(
        'error: here (https://cluster.example:6443) is not a local cluster, and nobody is there to ask\n' +
          `hint: say --yes to ${doing} namespace demo there, or name another cluster with --context\n`,
      );
    }
  });

  test.each([
    ['a namespace that is no name', ['-n', 'Team_A'], /-n Team_A is no name for a namespace/],
    ['a duration that is none', ['--timeout', 'soon'], /--timeout soon is not a duration/],
    ['--delete and a dry run', ['--delete', '--dry-run', 'server'], /--delete has no dry run/],
    ['-o and --delete', ['-o', 'yaml', '--delete'], /--delete prints no manifests/],
    ['an image with a space', ['--api-image', 'node 24'], /"node 24" is no name of an image/],
    ['a policy that is none', ['--image-pull-policy', 'Sometimes'], /Allowed choices are Always, IfNotPresent, Never/],
  ])('%s: one line and a hint', async (_what, args, words) => {
    const { stdout, stderr, exitCode } = await svcdoctor('deploy-demo', ...args);
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 });
    expect(stderr).toMatch(words);
    expect(stderr).toMatch(/\nhint: .*\n$/);
  });
});

describe('lab', () => {
  test('list names failures by what one sees of them', async () => {
    const { stdout, exitCode } = await svcdoctor('lab', 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^Failures, and what one sees of them: {2}svcdoctor lab break NAME\n {2}selector {9}\/health\/db says: connection refused\n/,
    );
    expect(stdout).toContain('recover-db       the db Pod deleted: another one, another IP, and the name goes on');
  });

  test('a word that it does not know', async () => {
    const { stderr, exitCode } = await svcdoctor('lab', 'brake');
    expect(exitCode).toBe(2);
    expect(stderr).toContain("error: unknown command 'brake'\n(Did you mean break?)");
  });
});

test.each([
  ['kind-kind', 'https://10.0.0.5:6443', true],
  ['k3d-dev', 'https://0.0.0.0:6550', true],
  ['minikube', 'https://192.168.49.2:8443', true],
  ['docker-desktop', 'https://kubernetes.docker.internal:6443', true],
  ['rancher-desktop', 'https://192.168.5.15:6443', true],
  ['admin', 'https://127.0.0.1:6443', true],
  ['admin', 'https://[::1]:6443', true],
  ['admin', 'https://localhost:6443', true],
  ['production', 'https://10.0.0.5:6443', false],
  ['minikube-like', 'https://example.com', false],
  ['gke_kind', 'https://127.example.com', false],
])('%s at %s is local: %s', (context, server, local) => {
  expect(isLocal({ context, server: new URL(server) })).toBe(local);
});
