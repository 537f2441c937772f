import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConnectOptions } from '../../src/cluster/connect.ts';
import { resourceNamed } from '../../src/k8s/resources.ts';
import type { Answer } from '../../src/snapshot/reader.ts';
import { fakeApi, json, kubeconfigFor, readerFor, status, type Handler } from '../kit/fake-api.ts';

let folder = '';
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'svcdoctor-read-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
const pods = { resource: resourceNamed('pods'), version: 'v1', namespace: 'demo' };
const podNames = (answer: Answer) =>
  answer.state === 'read' ? answer.objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`) : answer;
const page = (names: readonly string[], next?: string) => ({
  apiVersion: 'v1',
  kind: 'PodList',
  metadata: next === undefined ? {} : { continue: next },
  items: names.map((name) => ({
    metadata: { name, managedFields: [{ manager: 'kubelet' }] },
    spec: { containers: [] },
  })),
});

async function readPods(handler: Handler, options: Partial<ConnectOptions> = {}, user?: string) {
  await using api = await fakeApi(handler);
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfigFor(api.url, user));
  using open = await readerFor(file, options);
  return { answer: await open.reader.read(pods, signal), asked: api.asked };
}

describe('a list', () => {
  test('comes in pages; its items learn what they are and lose their bookkeeping', async () => {
    const { answer, asked } = await readPods((request, response) =>
      json(response, 200, request.url?.includes('continue=more') ? page(['b']) : page(['a'], 'more')),
    );
    expect(podNames(answer)).toEqual(['Pod/a', 'Pod/b']);
    expect(answer).not.toHaveProperty('objects.0.metadata.managedFields');
    expect(asked).toEqual([
      '/api/v1/namespaces/demo/pods?limit=500',
      '/api/v1/namespaces/demo/pods?limit=500&continue=more',
    ]);
  });

  test('that expires half-way begins again, in pages', async () => {
    let first = true;
    const { answer } = await readPods((request, response) => {
      if (!request.url?.includes('continue=')) return json(response, 200, page(['a'], first ? 'old' : 'new'));
      if (request.url.includes('continue=new')) return json(response, 200, page(['b']));
      first = false;
      json(response, 410, status(410, 'Expired', 'too old'));
    });
    expect(podNames(answer)).toEqual(['Pod/a', 'Pod/b']);
  });

  test('that expires over and over is begun three times, never asked for in one piece, and not taken for whole', async () => {
    const { answer, asked } = await readPods((request, response) => {
      if (request.url?.includes('continue=')) return json(response, 410, status(410, 'Expired', 'too old'));
      json(response, 200, page(['a'], 'old'));
    });
    expect(answer).toEqual({ state: 'failed', detail: 'too old' });
    expect(asked.every((path) => path.includes('limit=500'))).toBe(true);
    expect(asked).toHaveLength(6);
  });

  test('or goes on from where it was, if the server offers that', async () => {
    const { answer } = await readPods((request, response) => {
      if (request.url?.includes('continue=old'))
        return json(response, 410, status(410, 'Expired', 'too old', { metadata: { continue: 'fresh' } }));
      json(response, 200, request.url?.includes('continue=fresh') ? page(['b']) : page(['a'], 'old'));
    });
    expect(podNames(answer)).toEqual(['Pod/a', 'Pod/b']);
  });

  test('as often as that brings another page, and no longer', async () => {
    const expired = (next: string) => status(410, 'Expired', 'too old', { metadata: { continue: next } });
    const { answer } = await readPods((request, response) => {
      const at = Number(/continue=(?:old|fresh)(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
      if (request.url?.includes('continue=old')) return json(response, 410, expired(`fresh${at}`));
      json(response, 200, page([`pod${at}`], at < 9 ? `old${at + 1}` : undefined));
    });
    expect(podNames(answer)).toHaveLength(10);
    const { answer: never, asked } = await readPods((request, response, times) =>
      request.url?.includes('continue=')
        ? json(response, 410, expired(`fresh${times}`))
        : json(response, 200, page(['a'], 'old')),
    );
    expect(never.state).toBe('failed');
    expect(asked.length).toBeLessThan(12);
  });

  test('may be compressed', async () => {
    const { answer } = await readPods((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(page(['a'])))),
    );
    expect(podNames(answer)).toEqual(['Pod/a']);
  });
});

describe('a refusal', () => {
  test('403 is forbidden, in the server’s words', async () => {
    const { answer } = await readPods((_request, response) =>
      json(response, 403, status(403, 'Forbidden', 'pods is forbidden')),
    );
    expect(answer).toEqual({ state: 'forbidden', detail: 'pods is forbidden' });
  });

  test('404 of an API server is "not served"; of anything else it says nothing', async () => {
    const { answer } = await readPods((_request, response) =>
      json(response, 404, status(404, 'NotFound', 'no such resource')),
    );
    expect(answer.state).toBe('notServed');
    const { answer: other } = await readPods((_request, response) => response.writeHead(404).end('<html>'));
    expect(other.state).toBe('failed');
  });

  test('500, a cut body and nonsense are failures', async () => {
    const failures: readonly Handler[] = [
      (_request, response) => json(response, 500, status(500, 'InternalError', 'etcd is gone')),
      (_request, response) => void response.writeHead(200).end('{"kind":"PodList","items":[{"metadata"'),
      (_request, response) => void response.writeHead(200).end('null'),
      (_request, response) => json(response, 200, { items: [] }),
      (_request, response) => json(response, 200, { ...page([]), items: [null] }),
      (_request, response) => json(response, 200, { ...page([]), items: [{ metadata: { name: 'a' }, spec: 'none' }] }),
    ];
    for (const handler of failures) expect((await readPods(handler)).answer.state).toBe('failed');
  });

  test('429 and 503 are asked again, but not for ever', async () => {
    const { answer, asked } = await readPods((_request, response, times) =>
      times < 3
        ? json(response, 429, status(429, 'TooManyRequests', 'slow down'), { 'retry-after': '0' })
        : json(response, 200, page(['a'])),
    );
    expect(podNames(answer)).toEqual(['Pod/a']);
    expect(asked).toHaveLength(3);
    const { answer: never, asked: often } = await readPods((_request, response) =>
      json(response, 503, status(503, 'ServiceUnavailable', 'starting'), { 'retry-after': '0' }),
    );
    expect(never).toEqual({ state: 'failed', detail: 'starting' });
    expect(often).toHaveLength(4);
  });

  test('a lost connection is tried once more', async () => {
    const { answer } = await readPods((request, response, times) =>
      times === 1 ? request.socket.destroy() : json(response, 200, page(['a'])),
    );
    expect(podNames(answer)).toEqual(['Pod/a']);
  });
});

describe('who we are', () => {
  const echo: Handler = (request, response) => {
    const { authorization = '', 'impersonate-user': user = '', 'impersonate-group': group = '' } = request.headers;
    json(response, 200, page([authorization, user, group].map((header) => String(header).replaceAll(/[^\w,]+/g, '-'))));
  };
  const seenBy = async (user: string, options: Partial<ConnectOptions> = {}) =>
    podNames((await readPods(echo, options, user)).answer);

  test('a token, a token file, a name and password', async () => {
    await writeFile(join(folder, 'token'), 'from-file\n');
    expect(await seenBy('{token: sesame}')).toContain('Pod/Bearer-sesame');
    expect(await seenBy('{tokenFile: token, token: older}')).toContain('Pod/Bearer-from-file');
    expect(await seenBy('{username: a, password: b}')).toContain('Pod/Basic-YTpi');
  });

  test('--as and --as-group', async () => {
    expect(await seenBy('{token: sesame}', { as: 'jane', asGroups: ['dev', 'ops'] })).toEqual([
      'Pod/Bearer-sesame',
      'Pod/jane',
      'Pod/dev,-ops',
    ]);
  });

  test('a credential plugin, asked again when its token is rejected', async () => {
    const plugin = join(folder, 'plugin.mjs');
    await writeFile(
      plugin,
      `import { readFileSync, writeFileSync, existsSync } from 'node:fs';
       const count = ${JSON.stringify(join(folder, 'count'))};
       const n = existsSync(count) ? Number(readFileSync(count, 'utf8')) + 1 : 1;
       writeFileSync(count, String(n));
       console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: 'token' + n } }));`,
    );
    const user = `{exec: {command: ${JSON.stringify(process.execPath)}, args: [${JSON.stringify(plugin)}], interactiveMode: Never}}`;
    const { answer, asked } = await readPods(
      (request, response) =>
        request.headers.authorization === 'Bearer token2'
          ? json(response, 200, page(['a']))
          : json(response, 401, status(401, 'Unauthorized', 'Unauthorized')),
      {},
      user,
    );
    expect(podNames(answer)).toEqual(['Pod/a']);
    expect(asked).toHaveLength(2);
  });

  test('a token that has expired says when', async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1_700_000_000 })).toString('base64url');
    const refuse: Handler = (_request, response) => json(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
    await expect(readPods(refuse, {}, `{token: e30.${claims}.x}`)).rejects.toThrow(
      /expired: it was valid until 2023-11-14/,
    );
    await expect(readPods(refuse)).rejects.toMatchObject({ code: 'unauthorized' });
  });

  test('a plugin that is missing is named, with its own hint', async () => {
    await expect(readPods(echo, {}, '{exec: {command: no-such-plugin, installHint: fetch it}}')).rejects.toMatchObject({
      code: 'exec-plugin-missing',
      hint: 'fetch it',
    });
  });
});

test('no answer in time is one line about the server', async () => {
  await expect(readPods(() => {}, { requestTimeout: 100 })).rejects.toThrow(/gave no answer within 0.1 s/);
});

test('discovery: aggregated, and as before Kubernetes 1.26', async () => {
  const keys = ['gateway.networking.k8s.io/httproutes', 'keda.sh/scaledobjects'];
  const old: Handler = (request, response) =>
    json(
      response,
      200,
      request.url === '/apis'
        ? { kind: 'APIGroupList', groups: [{ name: 'gateway.networking.k8s.io', versions: [{ version: 'v1' }] }] }
        : { kind: 'APIResourceList', resources: [{ name: 'httproutes' }, { name: 'httproutes/status' }] },
    );
  const aggregated: Handler = (_request, response) =>
    json(response, 200, {
      kind: 'APIGroupDiscoveryList',
      items: [
        {
          metadata: { name: 'gateway.networking.k8s.io' },
          versions: [{ version: 'v1', resources: [{ resource: 'httproutes' }] }],
        },
      ],
    });
  for (const handler of [old, aggregated]) {
    await using api = await fakeApi(handler);
    const file = join(folder, 'discovery');
    await writeFile(file, kubeconfigFor(api.url));
    using open = await readerFor(file);
    const served = await open.reader.served(keys, signal);
    expect(served?.get('gateway.networking.k8s.io/httproutes')).toEqual(['v1']);
    expect(served?.has('keda.sh/scaledobjects')).toBe(false);
  }
});
