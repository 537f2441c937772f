import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Node } from 'yaml';
import type { KubeObject } from '../k8s/objects.ts';
import { resourceOf } from '../k8s/resources.ts';
import { UserError } from './user-error.ts';

/** An object as a file declares it, and where each of its fields stands. */
export interface Manifest {
  readonly object: KubeObject;
  /** As the person wrote it; `-` for standard input. */
  readonly file: string;
  /** The line, from 1, of a field such as `spec.ports[0].targetPort`, or of what comes nearest to it. */
  lineOf(path: string): number;
}

const renderFirst = 'give what is rendered: helm template RELEASE CHART | svcdoctor gate -f -, or --kustomize DIR';

/**
 * The objects of files, of all .yaml, .yml and .json files below a directory, or of standard input (`-`); those that name no namespace get this
 * one. What is no Kubernetes object is passed over in a directory (values, charts), and refused where it was named.
 */
export async function readManifests(
  paths: readonly string[],
  namespace: string,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<readonly Manifest[]> {
  const found: Manifest[] = [];
  for (const path of paths) {
    if (path === '-') found.push(...parseManifests(await textOf(stdin), '-', namespace, false));
    else found.push(...(await manifestsAt(path, namespace)));
  }
  if (found.length === 0)
    throw new UserError('no-manifests', `${paths.join(', ')} holds no Kubernetes object`, { hint: renderFirst });
  return found;
}

async function manifestsAt(path: string, namespace: string): Promise<readonly Manifest[]> {
  const unreadable = (error: NodeJS.ErrnoException) =>
    new UserError(
      'manifests-unreadable',
      `cannot read ${path}: ${error.code === 'ENOENT' ? 'no such file or directory' : error.message}`,
      {
        hint: 'give a file, a directory of files, or - for standard input',
        cause: error,
      },
    );
  const isDirectory = await stat(path).then(
    (is) => is.isDirectory(),
    (error: NodeJS.ErrnoException) => Promise.reject(unreadable(error)),
  );
  const names = isDirectory
    ? (await readdir(path, { recursive: true })).filter((name) => /\.(ya?ml|json)$/i.test(name)).sort()
    : [];
  const files = isDirectory ? names.map((name) => join(path, name)) : [path];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return files.flatMap((file, index) => parseManifests(texts[index] ?? '', file, namespace, isDirectory));
}

async function textOf(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** The objects of one text, lists taken apart. `lenient`: what is no Kubernetes object is passed over. */
export function parseManifests(text: string, file: string, namespace: string, lenient: boolean): readonly Manifest[] {
  const lines = new LineCounter();
  const options = { schema: 'core', version: '1.2', uniqueKeys: true, logLevel: 'silent', lineCounter: lines } as const;
  const called = file === '-' ? 'standard input' : file;
  return [...parseAllDocuments(text, options)].flatMap((document): readonly Manifest[] => {
    const [error] = document.errors;
    if (error)
      throw new UserError(
        'manifests-not-yaml',
        `${called} is not YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`,
        {
          hint: text.includes('{{') ? `it is a template: ${renderFirst}` : 'correct it; yamllint shows where',
        },
      );
    const { contents } = document;
    if (contents === null) return [];
    const items = isMap(contents) && isListKind(contents.get('kind')) ? contents.get('items', true) : undefined;
    const nodes: readonly unknown[] = isSeq(items) ? items.items : [contents];
    return nodes.flatMap((node): readonly Manifest[] => {
      const object = isMap(node) ? (node.toJS(document, { maxAliasCount: 100 }) as unknown) : undefined;
      if (!isObject(object)) {
        if (lenient || isUnnamed(object)) return [];
        throw new UserError('manifests-not-kubernetes', `${called} holds something that is no Kubernetes object`, {
          hint: `each needs apiVersion, kind and metadata.name; ${renderFirst}`,
        });
      }
      const lineOf = (path: string) => lines.linePos(startOf(node as Node, path)).line;
      return [{ object: placed(object, namespace), file, lineOf }];
    });
  });
}

const isListKind = (kind: unknown): boolean => typeof kind === 'string' && kind.endsWith('List');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isObject = (value: unknown): value is KubeObject =>
  isRecord(value) &&
  typeof value['apiVersion'] === 'string' &&
  typeof value['kind'] === 'string' &&
  isRecord(value['metadata']) &&
  typeof value['metadata']['name'] === 'string';

/** Of a Job with generateName, or a Kustomization, nobody asks. */
const isUnnamed = (value: unknown): boolean =>
  isRecord(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string';

function placed(object: KubeObject, namespace: string): KubeObject {
  const resource = resourceOf(object);
  if (!resource?.namespaced || object.metadata.namespace) return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

/** Where the field of a path begins; keys may hold dots themselves, so the longest that fits is taken. */
function startOf(node: Node, path: string): number {
  const here = node.range?.[0] ?? 0;
  if (isMap(node)) {
    const pairs = node.items.filter(({ key }) => isScalar(key) && leads(path, String(key.value)));
    const best = pairs.sort((a, b) => String(b.key).length - String(a.key).length)[0];
    if (!best || !isScalar(best.key)) return here;
    const start = best.key.range?.[0] ?? here;
    const rest = restOf(path, String(best.key.value));
    const value = best.value as Node | null;
    return rest === '' || !(isMap(value) || isSeq(value)) ? start : startOf(value, rest) || start;
  }
  if (isSeq(node)) {
    const [whole = '', name = ''] = /^\[([^\]]*)\]/.exec(path) ?? [];
    const item = /^\d+$/.test(name)
      ? node.items[Number(name)]
      : node.items.find((each) => isMap(each) && each.get('name') === name);
    if (whole === '' || !item) return here;
    return startOf(item as Node, path.slice(whole.length).replace(/^\./, ''));
  }
  return here;
}

const leads = (path: string, key: string): boolean =>
  path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`) || path.startsWith(`[${key}]`);

const restOf = (path: string, key: string): string =>
  (path.startsWith('[') ? path.slice(key.length + 2) : path.slice(key.length)).replace(/^\./, '');
