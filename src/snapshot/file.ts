import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../k8s/objects.ts';
import { misfitAgainst, misfitIn } from '../k8s/shapes.ts';
import { coverageShape, observationShapes } from './observation-shapes.ts';
import { snapshotVersion, type Coverage, type Observation, type ObservationKind, type Snapshot } from './snapshot.ts';
import { UserError } from './user-error.ts';
import { documentsOf } from './yaml-documents.ts';

/** Larger files are refused: a case worth sharing is a few hundred kilobytes. */
export const maxFileBytes = 64 * 1024 * 1024;

/**
 * Reads a Snapshot, or plain Kubernetes objects (`kubectl get … -o yaml|json`: a List, an object, several documents), from a file, every
 * .yaml, .yml and .json file of a directory, or standard input (`-`). Throws a UserError that names the file and what is wrong with it.
 */
export async function readSnapshot(path: string, stdin: AsyncIterable<Uint8Array | string>): Promise<Snapshot> {
  if (path === '-') return parseSnapshot(await textOf(stdin), 'standard input');
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      'snapshot-unreadable',
      `cannot read ${path}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`,
      {
        hint: 'give a file written by "svcdoctor snapshot" or "kubectl get … -o yaml", a directory of such files, or - for standard input',
        cause: error,
      },
    );
  });
  if (!found.isDirectory()) return parseSnapshot(await readText(path, found.size), path);
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/i.test(name)).sort();
  if (names.length === 0) {
    throw new UserError('snapshot-empty', `${path} holds no .yaml, .yml or .json file`, {
      hint: 'put the output of "kubectl get … -o yaml" there',
    });
  }
  const parts: Snapshot[] = [];
  for (const name of names) {
    const file = join(path, name);
    parts.push(parseSnapshot(await readText(file, (await stat(file)).size), file));
  }
  return merge(parts);
}

async function readText(path: string, bytes: number): Promise<string> {
  if (bytes > maxFileBytes) throw tooLarge(path);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UserError('snapshot-unreadable', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    if (text.length > maxFileBytes) throw tooLarge('standard input');
  }
  return text + decoder.decode();
}

const tooLarge = (name: string) =>
  new UserError('snapshot-too-large', `${name} is larger than ${maxFileBytes / 1024 / 1024} MB`, {
    hint: 'take a smaller one: svcdoctor snapshot NAMESPACE/SERVICE, or kubectl get … -n NAMESPACE -o yaml',
  });

/** Parses the text of a file; `name` stands in error messages. */
export function parseSnapshot(text: string, name: string): Snapshot {
  const documents = documentsIn(text, name).filter((document) => document !== null && document !== undefined);
  if (documents.length === 0) throw notKubernetes(name, 'it is empty');
  return merge(documents.map((document) => snapshotOf(document, name)));
}

function documentsIn(text: string, name: string): readonly unknown[] {
  const start = text.trimStart()[0];
  if (start === '{' || start === '[') {
    try {
      return [JSON.parse(text) as unknown];
    } catch {
      // Not JSON after all, or several documents: YAML reads both.
    }
  }
  try {
    return documentsOf(text);
  } catch (error) {
    throw new UserError('snapshot-not-yaml', `${name} is not YAML: ${messageOf(error)}`, {
      hint: 'write it with "svcdoctor snapshot" or "kubectl get … -o yaml"',
      cause: error,
    });
  }
}

/** One parsed document as a Snapshot; `name` stands in error messages. Throws a UserError where it is none. */
export function snapshotOf(document: unknown, name: string): Snapshot {
  if (!isRecord(document)) throw notKubernetes(name, 'it holds no object');
  const { apiVersion, kind } = document;
  if (kind === 'Snapshot' && typeof apiVersion === 'string' && apiVersion.startsWith('svcdoctor/'))
    return declaredSnapshot(document, name);
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw notKubernetes(name, 'an object in it lacks apiVersion or kind');
  const items = kind.endsWith('List') && Array.isArray(document['items']) ? document['items'] : [document];
  return plain(
    objectsIn(
      items,
      name,
      kind.endsWith('List') && kind !== 'List' ? { apiVersion, kind: kind.slice(0, -'List'.length) } : undefined,
    ),
  );
}

function declaredSnapshot(document: Readonly<Record<string, unknown>>, name: string): Snapshot {
  if (document['apiVersion'] !== snapshotVersion) {
    throw new UserError(
      'snapshot-version',
      `${name} was written for ${shortened(String(document['apiVersion']))}; this version reads ${snapshotVersion}`,
      {
        hint: 'update svcdoctor: npm install -g svcdoctor@latest',
      },
    );
  }
  const { takenAt, serverVersion, targets, from, coverage, objects = [], observations = [] } = document;
  if (!Array.isArray(objects) || !Array.isArray(observations))
    throw notKubernetes(name, 'objects and observations must be lists');
  return {
    apiVersion: snapshotVersion,
    kind: 'Snapshot',
    ...(typeof takenAt === 'string' && !Number.isNaN(Date.parse(takenAt)) ? { takenAt } : {}),
    ...(typeof serverVersion === 'string' ? { serverVersion } : {}),
    ...(isTexts(targets) ? { targets } : {}),
    ...(typeof from === 'string' ? { from } : {}),
    ...(coverage === 'complete' || Array.isArray(coverage)
      ? { coverage: coverage === 'complete' ? coverage : coverage.filter(isCoverage) }
      : {}),
    objects: objectsIn(objects, name, undefined),
    observations: observationsIn(observations, name),
  };
}

function objectsIn(
  items: readonly unknown[],
  name: string,
  of: { apiVersion: string; kind: string } | undefined,
): readonly KubeObject[] {
  return items.map((item): KubeObject => {
    if (!isRecord(item)) throw notKubernetes(name, 'something in its list is no object');
    const object = { ...of, ...item };
    const { apiVersion, kind, metadata } = object as Record<string, unknown>;
    if (
      typeof apiVersion !== 'string' ||
      typeof kind !== 'string' ||
      !isRecord(metadata) ||
      typeof metadata['name'] !== 'string'
    ) {
      throw notKubernetes(name, 'an object in it lacks apiVersion, kind or metadata.name');
    }
    const misfit = misfitIn(object);
    if (misfit !== undefined) throw notAnObject(name, `${kind} ${metadata['name']}`, misfit);
    return object as unknown as KubeObject;
  });
}

const shortened = (text: string): string => (text.length > 300 ? `${text.slice(0, 300)}…` : text);

const notAnObject = (name: string, which: string, misfit: string) =>
  new UserError(
    'snapshot-misfit',
    `${name}: ${shortened(which)} is none that svcdoctor or an API server would write: ${shortened(misfit)}`,
    {
      hint: 'correct it, or write the file anew with "svcdoctor snapshot" or "kubectl get … -o yaml"',
    },
  );

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

const isCoverage = (value: unknown): value is Coverage =>
  isRecord(value) &&
  typeof value['group'] === 'string' &&
  typeof value['resource'] === 'string' &&
  (value['namespaces'] === 'all' || isTexts(value['namespaces'])) &&
  misfitAgainst(value, coverageShape) === undefined &&
  ['read', 'forbidden', 'notServed', 'failed'].includes(String(value['state']));

/** Kinds of a later version are left out, not an error: the format may grow. Those that are known must hold what theirs hold. */
function observationsIn(items: readonly unknown[], name: string): readonly Observation[] {
  return items.flatMap((item) => {
    const kind = isRecord(item) ? item['kind'] : undefined;
    if (typeof kind !== 'string' || !Object.hasOwn(observationShapes, kind)) return [];
    const misfit = misfitAgainst(item, observationShapes[kind as ObservationKind]);
    if (misfit !== undefined) throw notAnObject(name, `an observation of kind ${kind}`, misfit);
    return [item as Observation];
  });
}

const plain = (objects: readonly KubeObject[]): Snapshot => ({
  apiVersion: snapshotVersion,
  kind: 'Snapshot',
  objects,
  observations: [],
});

/** Several files or documents as one: a declared coverage counts only where every part declares one. */
function merge(parts: readonly Snapshot[]): Snapshot {
  const [first, ...others] = parts;
  if (!first) return plain([]);
  if (others.length === 0) return first;
  const lists = parts.map(({ coverage }) => coverage);
  const coverage = lists.every((list) => list === 'complete')
    ? 'complete'
    : lists.every(Array.isArray)
      ? (lists.flat() as readonly Coverage[])
      : undefined;
  const targets = parts.flatMap(({ targets = [] }) => targets);
  return {
    ...first,
    ...(targets.length > 0 ? { targets } : {}),
    objects: parts.flatMap(({ objects }) => objects),
    observations: parts.flatMap(({ observations }) => observations),
    ...(coverage === undefined ? {} : { coverage }),
  };
}

const notKubernetes = (name: string, why: string) =>
  new UserError('snapshot-not-kubernetes', `${name} is neither a Snapshot nor Kubernetes objects: ${why}`, {
    hint: 'write it with "svcdoctor snapshot NAMESPACE/SERVICE" or "kubectl get … -o yaml"',
  });

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
