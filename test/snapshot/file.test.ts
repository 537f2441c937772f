import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxFileBytes, parseSnapshot, readSnapshot } from '../../src/snapshot/file.ts';
import { formatSnapshot } from '../../src/report/yaml.ts';
import { UserError } from '../../src/snapshot/user-error.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const serviceYaml = 'apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: demo}\nspec: {}\n';
const podYaml = 'apiVersion: v1\nkind: Pod\nmetadata: {name: db-0, namespace: demo}\nspec: {containers: []}\n';
const names = (text: string) =>
  parseSnapshot(text, 'f').objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

describe('what kubectl prints', () => {
  test('one object', () => expect(names(serviceYaml)).toEqual(['Service/db']));
  test('several documents', () =>
    expect(names(`${serviceYaml}---\n${podYaml}---\n`)).toEqual(['Service/db', 'Pod/db-0']));
  test('a List in JSON', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db' }, spec: {} }],
    };
    expect(names(JSON.stringify(list))).toEqual(['Service/db']);
  });
  test('a list as the API server sends it: its items do not say what they are', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'PodList',
      metadata: {},
      items: [{ metadata: { name: 'db-0' }, spec: { containers: [] } }],
    };
    expect(names(JSON.stringify(list))).toEqual(['Pod/db-0']);
  });
  test('says nothing about what it does not hold', () => {
    expect(parseSnapshot(serviceYaml, 'f').coverage).toBeUndefined();
  });
});

describe('what is refused', () => {
  const refusals: Readonly<Record<string, [text: string, code: string, words: RegExp]>> = {
    'not YAML': ['a: [1', 'snapshot-not-yaml', /f is not YAML/],
    'a YAML bomb': [
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((n, i) => `${n}: &${n} [${`*${'abcdefg'[i]},`.repeat(9)}]`)
        .join('\n')}\n`,
      'snapshot-not-yaml',
      /its aliases stand for too much/,
    ],
    'not Kubernetes': ['name: svcdoctor\nversion: 1\n', 'snapshot-not-kubernetes', /lacks apiVersion or kind/],
    'a sentence': ['hello there', 'snapshot-not-kubernetes', /holds no object/],
    'an object without a name': [
      'apiVersion: v1\nkind: Service\nmetadata: {}\n',
      'snapshot-not-kubernetes',
      /metadata.name/,
    ],
    'an empty file': ['', 'snapshot-not-kubernetes', /it is empty/],
    'a newer version': ['apiVersion: svcdoctor/v2\nkind: Snapshot\n', 'snapshot-version', /written for svcdoctor\/v2/],
  };
  for (const [name, [text, code, words]] of Object.entries(refusals)) {
    test(name, () => {
      expect(() => parseSnapshot(text, 'f')).toThrow(
        expect.objectContaining({ code, message: expect.stringMatching(words) }),
      );
    });
  }
});

describe('what somebody may put into a file', () => {
  const inLabels = (text: string) =>
    `{"apiVersion":"v1","kind":"Service","metadata":{"name":"db","labels":${text}},"spec":{}}`;
  const codeOf = (text: string): unknown => {
    try {
      parseSnapshot(text, 'f');
      return 'read';
    } catch (error) {
      return error instanceof UserError ? error.code : error;
    }
  };

  test('nesting without end', { timeout: 60_000 }, () => {
    const deep = (open: string, close: string) => `${open.repeat(20_000)}${close.repeat(20_000)}`;
    expect(codeOf(inLabels(deep('[', ']')))).toBe('snapshot-misfit');
    expect(codeOf(deep('[', ']'))).not.toBe('read');
    expect(codeOf(`a: ${deep('[', ']')}`)).toMatch(/^snapshot-/);
    expect(codeOf(`apiVersion: v1\nkind: Service\nmetadata: {name: db, labels: ${deep('{a: ', '}')}}\n`)).toMatch(
      /^snapshot-/,
    );
  });

  test('names of what every object inherits', () => {
    const [object] = parseSnapshot(inLabels('{"__proto__":"x","constructor":"y"}'), 'f').objects;
    expect(Object.entries(object?.metadata.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    expect(codeOf('{"apiVersion":"v1","kind":"Service","metadata":{"name":"db"},"__proto__":{"spec":{}}}')).toBe(
      'snapshot-misfit',
    );
  });

  test.each([
    ['a key twice', 'apiVersion: v1\nkind: Service\nkind: Pod\nmetadata: {name: db}\nspec: {}\n', 'snapshot-not-yaml'],
    ['a number where a text belongs', inLabels('{"version":1e400}'), 'snapshot-misfit'],
    ['a huge number', inLabels('{}').replace('"spec":{}', '"spec":{"ports":[{"port":1e308}]}'), 'read'],
    ['NUL', inLabels('{"a":"\\u0000"}'), 'read'],
    ['bytes that are no UTF-8', inLabels(`{"a":"${Buffer.from([0xff, 0xfe]).toString('utf8')}"}`), 'read'],
    [
      'a character that YAML does not have',
      'apiVersion: v1\nkind: Service\nmetadata: {name: db, annotations: {a: x\uffffy}}\nspec: {}\n',
      'read',
    ],
    ['a text where a list belongs', inLabels('{}').replace('"spec":{}', '"spec":{"ports":"all"}'), 'snapshot-misfit'],
    [
      'a tag that asks to run something',
      'apiVersion: !!js/function "x"\nkind: Service\nmetadata: {name: db}\nspec: {}\n',
      'snapshot-not-yaml',
    ],
  ])('%s', (_name, text, code) => expect(codeOf(text)).toBe(code));

  test('null, which means the same as nothing', () => {
    const [object] = parseSnapshot(inLabels('null').replace('"spec":{}', '"spec":{"ports":null}'), 'f').objects;
    expect(object).toEqual({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'db' }, spec: {} });
  });

  test('control characters are written as escapes, and read back', () => {
    const snapshot = parseSnapshot(inLabels('{"a":"\\u001b[31m\\u009b\\u0085\\u007f\\n\\u0000"}'), 'f');
    // oxlint-disable-next-line no-control-regex -- control characters are the subject here
    expect(formatSnapshot(snapshot)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(parseSnapshot(formatSnapshot(snapshot), 'f')).toEqual(snapshot);
  });
});

describe('where it is read from', () => {
  let folder = '';
  beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'svcdoctor-file-'))));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const nothing = Readable.from([]);

  test('standard input', async () => {
    const { objects } = await readSnapshot('-', Readable.from([Buffer.from(serviceYaml)]));
    expect(objects).toHaveLength(1);
  });

  test('a directory: its YAML and JSON files together', async () => {
    await writeFile(join(folder, 'a.yaml'), serviceYaml);
    await writeFile(join(folder, 'b.yml'), podYaml);
    await writeFile(join(folder, 'notes.txt'), 'not read');
    expect((await readSnapshot(folder, nothing)).objects.map(({ kind }) => kind)).toEqual(['Service', 'Pod']);
  });

  test('a missing file, an empty directory and a huge file are told apart', async () => {
    await expect(readSnapshot(join(folder, 'nope'), nothing)).rejects.toThrow(/no such file or directory/);
    const empty = await mkdtemp(join(folder, 'empty-'));
    await expect(readSnapshot(empty, nothing)).rejects.toMatchObject({ code: 'snapshot-empty' });
    const huge = join(folder, 'huge.yaml');
    await writeFile(huge, '');
    await truncate(huge, maxFileBytes + 1);
    await expect(readSnapshot(huge, nothing)).rejects.toMatchObject({ code: 'snapshot-too-large' });
    await rm(huge);
  });
});

test('what is written is read as it was', () => {
  const snapshot = {
    ...cluster([...workload({ name: 'db' }), service({ name: 'db' })]),
    targets: ['demo/db'],
    from: 'demo/Deployment/api',
    coverage: [{ group: '', resource: 'pods', namespaces: ['demo'], state: 'forbidden' as const, detail: 'no' }],
  };
  expect(parseSnapshot(formatSnapshot(snapshot), 'f')).toEqual(snapshot);
});
