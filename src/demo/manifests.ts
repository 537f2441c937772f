import { parseAllDocuments, type Document } from 'yaml';
import type { Manifest } from './cluster.ts';

/** The label that says whose an object is, and the one value by which svcdoctor knows its own. */
export const ownerLabel = 'app.kubernetes.io/managed-by';
export const owner = 'svcdoctor';

export interface Choices {
  readonly namespace: string;
  readonly apiImage?: string;
  readonly dbImage?: string;
  readonly imagePullPolicy?: string;
}

/** The demo as it is to be applied, and as it is to be read: comments and all. */
export interface Demo {
  readonly namespace: string;
  /** The Namespace first, then what others refer to. */
  readonly manifests: readonly [namespace: Manifest, ...others: Manifest[]];
  readonly yaml: string;
}

/** What a person chose, noted on the objects it changes, so that `svcdoctor lab repair` brings back the same. */
const choiceNotes = {
  apiImage: 'svcdoctor.dev/api-image',
  dbImage: 'svcdoctor.dev/db-image',
  imagePullPolicy: 'svcdoctor.dev/image-pull-policy',
} as const;

const order = ['Namespace', 'ConfigMap', 'Secret', 'Service', 'Deployment'];

/** The demo from the text of its files, changed as the person chose. */
export function demoFrom(texts: readonly string[], choices: Choices): Demo {
  const documents = texts
    .flatMap((text) => [...parseAllDocuments(text)])
    .filter((document): document is Document.Parsed => 'contents' in document && document.contents !== null);
  const server = documents.find((document) => document.hasIn(['data', 'server.cjs']))?.getIn(['data', 'server.cjs']);
  for (const document of documents) choose(document, choices, String(server));
  const manifests = documents
    .map((document) => withEncodedSecrets(document.toJS() as Manifest))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const [namespace, ...others] = manifests;
  if (namespace?.kind !== 'Namespace') throw new Error('the demo’s manifests hold no Namespace');
  return {
    namespace: choices.namespace,
    manifests: [namespace, ...others],
    yaml: documents
      .map(
        (document) =>
          `${document
            .toString({ lineWidth: 0 })
            .replace(/^---\n/, '')
            .trimEnd()}\n`,
      )
      .join('---\n'),
  };
}

function choose(
  document: Document.Parsed,
  { namespace, apiImage, dbImage, imagePullPolicy }: Choices,
  server: string,
): void {
  const kind = document.get('kind');
  document.setIn(['metadata', kind === 'Namespace' ? 'name' : 'namespace'], namespace);
  if (kind !== 'Deployment') return;
  const container = ['spec', 'template', 'spec', 'containers', 0];
  // Pods do not notice that a ConfigMap has changed: a changed template makes new ones.
  if (document.getIn(['metadata', 'name']) === 'api')
    document.setIn(['spec', 'template', 'metadata', 'annotations'], { 'svcdoctor.dev/server': fingerprintOf(server) });
  const image = document.getIn(['metadata', 'name']) === 'api' ? apiImage : dbImage;
  const note = document.getIn(['metadata', 'name']) === 'api' ? choiceNotes.apiImage : choiceNotes.dbImage;
  if (image !== undefined) {
    document.setIn([...container, 'image'], image);
    document.setIn(['metadata', 'annotations', note], image);
  }
  if (imagePullPolicy !== undefined) {
    document.setIn([...container, 'imagePullPolicy'], imagePullPolicy);
    document.setIn(['metadata', 'annotations', choiceNotes.imagePullPolicy], imagePullPolicy);
  }
}

/** FNV-1a: eight hexadecimal digits that differ where the texts do. */
function fingerprintOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** What was chosen when these objects were made. */
export function choicesIn(
  deployments: readonly { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } }[],
  namespace: string,
): Choices {
  const notes = Object.assign({}, ...deployments.map(({ metadata }) => metadata.annotations ?? {})) as Readonly<
    Record<string, string>
  >;
  const chosen = Object.entries(choiceNotes).flatMap(([choice, note]) => {
    const value = notes[note];
    return value === undefined ? [] : [[choice, value] as const];
  });
  return { namespace, ...Object.fromEntries(chosen) };
}

/** Server-side apply forgets who owns `stringData`: it is stored as `data`, and as such we send it. */
function withEncodedSecrets(manifest: Manifest): Manifest {
  const { stringData, ...rest } = manifest;
  if (manifest.kind !== 'Secret' || typeof stringData !== 'object' || stringData === null) return manifest;
  const data = Object.entries(stringData).map(([key, value]) => [key, btoa(String(value))]);
  return { ...rest, data: Object.fromEntries(data) };
}

/** `deployment/db`, as kubectl says it. */
export const titleOf = ({ kind, metadata }: { kind: string; metadata: { name: string } }): string =>
  `${kind.toLowerCase()}/${metadata.name}`;

export const isOurs = ({
  metadata,
}: {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}): boolean => metadata.labels?.[ownerLabel] === owner;
