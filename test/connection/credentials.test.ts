import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered, credentialsOf, type Credentials } from '../../src/cluster/credentials.ts';
import type { UserEntry } from '../../src/cluster/kubeconfig.ts';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'svcdoctor-credentials-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const cluster = { server: 'https://127.0.0.1:1', insecure: false };
const sourceOf = (user: Omit<UserEntry, 'asGroups'>) => credentialsOf({ asGroups: [], ...user }, cluster, 10_000);
const tokenOf = ({ headers }: Credentials) => headers['authorization'];

/** A program that counts its runs, takes as many seconds, and prints the number of the run as its token. */
async function plugin(name: string, seconds: string) {
  const command = join(folder, name);
  await writeFile(
    command,
    `#!/bin/sh\necho run >>"$0.runs"\nsleep ${seconds}\n` +
      `echo '{"kind":"ExecCredential","status":{"token":"'$(grep -c run "$0.runs")'"}}'\n`,
    { mode: 0o700 },
  );
  const exec = { apiVersion: 'v1', command, args: [], env: [], interactive: false, provideClusterInfo: false };
  const runs = async () => (await readFile(`${command}.runs`, 'utf8')).trim().split('\n').length;
  return { source: sourceOf({ exec }), runs };
}

/** A server that lets in whoever shows one of these. */
const doorFor = (...welcome: readonly string[]) => {
  const shown: unknown[] = [];
  const send = async (credentials: Credentials) => {
    shown.push(tokenOf(credentials));
    return { status: welcome.includes(String(tokenOf(credentials))) ? 200 : 401 };
  };
  return { shown, send };
};

describe('a plugin', () => {
  test('is asked once by many, and once more by all whom the server then rejects', async () => {
    const { source, runs } = await plugin('many', '0.05');
    const { shown, send } = doorFor('Bearer 2');
    const all = await Promise.all(Array.from({ length: 5 }, () => answered(source, send, signal)));
    expect(all.map(({ answer: { status } }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(new Set(shown)).toEqual(new Set(['Bearer 1', 'Bearer 2']));
    expect(await runs()).toBe(2);
  });

  test('is asked no third time', async () => {
    const { source } = await plugin('wrong', '0');
    const { shown, send } = doorFor();
    expect(await answered(source, send, signal)).toMatchObject({ answer: { status: 401 } });
    expect(shown).toEqual(['Bearer 1', 'Bearer 2']);
  });

  test('that one has given up waiting for is there for the others', async () => {
    const { source } = await plugin('slow', '0.3');
    const impatient = new AbortController();
    const first = source(undefined, impatient.signal);
    const second = source(undefined, signal);
    setTimeout(() => impatient.abort(), 50);
    await expect(first).rejects.toThrow(/abort/i);
    expect(tokenOf(await second)).toBe('Bearer 2');
    expect(tokenOf(await source(undefined, signal))).toBe('Bearer 2');
  });

  test('that fails has failed for all', async () => {
    const command = join(folder, 'no-such-plugin');
    const exec = { apiVersion: 'v1', command, args: [], env: [], interactive: false, provideClusterInfo: false };
    const source = sourceOf({ exec });
    for (let asked = 0; asked < 2; asked += 1)
      await expect(source(undefined, signal)).rejects.toMatchObject({ code: 'exec-plugin-missing' });
  });
});

describe('a token file', () => {
  test('is read again where the server rejects what stood in it', async () => {
    const tokenFile = join(folder, 'token');
    await writeFile(tokenFile, 'old\n');
    const source = sourceOf({ tokenFile });
    const { shown, send } = doorFor('Bearer new');
    await source(undefined, signal);
    await writeFile(tokenFile, 'new\n');
    expect((await answered(source, send, signal)).answer).toEqual({ status: 200 });
    expect(shown).toEqual(['Bearer old', 'Bearer new']);
  });

  test('that is empty makes us nobody, and is not shown', async () => {
    const tokenFile = join(folder, 'empty');
    await writeFile(tokenFile, '\n');
    await expect(sourceOf({ tokenFile })(undefined, signal)).rejects.toMatchObject({
      code: 'credentials-unreadable',
      message: expect.stringContaining('is empty'),
    });
  });
});
