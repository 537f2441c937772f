import type { KubeObject, Service } from '../../src/k8s/objects.ts';
import { resourceKey, resourceOf } from '../../src/k8s/resources.ts';
import type { Answer, Question, Reader } from '../../src/snapshot/reader.ts';

/** A cluster in memory, and what was asked of it. */
export interface MemoryReader extends Reader {
  /** `pods in demo`, `services everywhere`, `configmaps/settings in demo`, `pods everywhere where app=db`, in the order of asking. */
  readonly asked: readonly string[];
}

export interface MemoryReaderOptions {
  /** Questions, as `asked` writes them, that are refused; a resource alone stands for all questions about it. */
  readonly forbidden?: readonly string[];
  readonly failing?: readonly string[];
  /** Groups beyond Kubernetes' own that the server has. */
  readonly served?: readonly string[];
  readonly logs?: Readonly<Record<string, string>>;
}

export function memoryReader(objects: readonly KubeObject[], options: MemoryReaderOptions = {}): MemoryReader {
  const asked: string[] = [];
  const { forbidden = [], failing = [], served = [], logs = {} } = options;
  return {
    asked,
    about: async () => ({ time: '2026-03-02T10:00:00Z', serverVersion: 'v1.35.1' }),
    served: async (keys) => new Map(keys.filter((key) => served.includes(key)).map((key) => [key, ['v1', 'v1alpha1']])),
    read: async (question): Promise<Answer> => {
      const text = textOf(question);
      asked.push(text);
      const among = (list: readonly string[]) => list.includes(text) || list.includes(text.split(/[ /]/)[0] ?? '');
      if (among(forbidden)) return { state: 'forbidden', detail: `may not list ${text}` };
      if (among(failing)) return { state: 'failed', detail: `no answer for ${text}` };
      return { state: 'read', objects: objects.filter((object) => matches(object, question)) };
    },
    log: async ({ namespace, pod, container }, run) => ({
      state: 'read',
      text: logs[`${namespace}/${pod}/${container}${run === 'current' ? ' now' : ''}`] ?? '',
    }),
  };
}

const textOf = ({ resource, namespace, name, labelSelector, fieldSelector }: Question): string =>
  [
    `${resourceKey(resource.group, resource.resource)}${name === undefined ? '' : `/${name}`}`,
    namespace === undefined ? 'everywhere' : `in ${namespace}`,
    ...(labelSelector === undefined ? [] : [`where ${labelSelector}`]),
    ...(fieldSelector === undefined ? [] : [`where ${fieldSelector}`]),
  ].join(' ');

function matches(object: KubeObject, { resource, namespace, name, labelSelector, fieldSelector }: Question): boolean {
  const itsResource = resourceOf(object);
  return (
    itsResource?.resource === resource.resource &&
    itsResource.group === resource.group &&
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (name === undefined || object.metadata.name === name) &&
    hasLabels(object, labelSelector) &&
    (fieldSelector === undefined || fieldSelector === `spec.clusterIP=${(object as Service).spec.clusterIP}`)
  );
}

/** `a=b,c=d`, `a in (b,c)` or `a`, as a server reads them. */
function hasLabels({ metadata: { labels = {} } }: KubeObject, selector = ''): boolean {
  const [, key = '', values] = /^(\S+)(?: in \((.*)\))?$/.exec(selector) ?? [];
  if (values !== undefined) return values.split(',').includes(labels[key] ?? '');
  if (key !== '' && !key.includes('=')) return labels[key] !== undefined;
  return selector
    .split(',')
    .filter(Boolean)
    .every((pair) => pair === `${pair.slice(0, pair.indexOf('='))}=${labels[pair.slice(0, pair.indexOf('='))]}`);
}
