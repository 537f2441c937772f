import { entriesIn } from './config-text.ts';
import type { ConfigMap, ConfigMapFiles, Container, EnvVar, KubeObject, Pod, PodSpec, Workload } from './objects.ts';
import { podTemplateOf } from './workloads.ts';

/** Stands for a value that nobody read: a Secret's, or one that only the kubelet knows. */
export const unknownValue = '***';

/** One thing that a client is told, and where it is written. */
export interface Setting {
  /** The variable, the flag without its dashes, or the dotted key in a file; empty for the words of a command. */
  readonly key: string;
  /** As the process sees it: `$(VAR)` expanded, ConfigMaps followed. */
  readonly value: string;
  /** As it is written, before `$(VAR)` was expanded. */
  readonly written: string;
  readonly container: string;
  readonly source: 'env' | 'argument' | 'commandLine' | 'configMapKey' | 'file';
  /** The object to edit: the workload or Pod, or a ConfigMap. */
  readonly object: KubeObject;
  /** Where in that object: `spec.template.spec.containers[0].env[3].value`, `data.DB_HOST`. */
  readonly path: string;
  /** The line in a ConfigMap's file, from 1. */
  readonly line?: number;
}

/** Who is configured: the object that a person edits, and the Pod spec that runs. */
export interface Configured {
  readonly object: Workload | Pod;
  readonly spec: PodSpec;
  readonly namespace: string;
}

/** A reference to a ConfigMap, or to a key of one, that does not exist though it is not optional. */
interface DanglingReference {
  readonly container: string;
  readonly path: string;
  readonly configMap: string;
  readonly key?: string;
}

/** Containers that a mesh adds by itself: what they are told is not the client's doing. */
const proxies =
  /^(istio-(proxy|init|validation)|linkerd-(proxy|init|network-validator)|envoy-sidecar|kuma-(sidecar|init)|consul-(dataplane|connect-inject-init))$/;

/**
 * Everything a client is configured with, in the order in which it is written. `links` are the variables that Services inject.
 * Without ConfigMaps (not read), only what stands in the Pod spec itself is known.
 */
export function settingsOf(
  client: Configured,
  configMaps: readonly ConfigMap[] = [],
  links: ReadonlyMap<string, string> = new Map(),
): readonly Setting[] {
  return containersOf(client).flatMap(({ container, path }) => {
    const environment = environmentOf(client, container, path, configMaps, links);
    return [
      ...environment.settings,
      ...argumentsOf(client, container, path, environment.values),
      ...filesOf(client, container, configMaps),
    ];
  });
}

/** Where the Pod spec stands in an object: `spec.template.spec` of most workloads. */
export const podSpecPathOf = (object: Workload | Pod): string =>
  object.kind === 'Pod'
    ? 'spec'
    : object.kind === 'CronJob'
      ? 'spec.jobTemplate.spec.template.spec'
      : 'spec.template.spec';

/** The containers of a client that its author wrote, with the path at which each stands in the object to edit. */
function containersOf({ object, spec }: Pick<Configured, 'object' | 'spec'>): readonly {
  readonly container: Container;
  readonly path: string;
}[] {
  const written = object.kind === 'Pod' ? object.spec : (podTemplateOf(object)?.spec ?? spec);
  return (['initContainers', 'containers'] as const).flatMap((list) =>
    (spec[list] ?? []).flatMap((container) => {
      const index = (written[list] ?? []).findIndex(({ name }) => name === container.name);
      return index < 0 || proxies.test(container.name)
        ? []
        : [{ container, path: `${podSpecPathOf(object)}.${list}[${index}]` }];
    }),
  );
}

/** The `$(NAME)` references that stay as they are, since no such variable is defined before. */
export const unexpandedIn = (value: string): readonly string[] =>
  [...value.matchAll(/\$\(([A-Za-z_][\w.-]*)\)/g)].map(([, name = '']) => name);

/**
 * Replaces `$(NAME)` by its value; `$$` is a plain dollar sign, and an unknown name stays as written.
 * Source: third_party/forked/golang/expansion.
 */
export const expand = (text: string, valueOf: (name: string) => string | undefined): string =>
  text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (valueOf(name) ?? whole),
  );

interface Environment {
  readonly settings: readonly Setting[];
  readonly values: ReadonlyMap<string, string>;
}

/** envFrom first, then env, each variable seeing those before it. Source: kubelet, makeEnvironmentVariables. */
function environmentOf(
  client: Configured,
  container: Container,
  path: string,
  configMaps: readonly ConfigMap[],
  links: ReadonlyMap<string, string>,
): Environment {
  const values = new Map<string, string>();
  const settings = new Map<string, Setting>();
  for (const { prefix = '', configMapRef } of container.envFrom ?? []) {
    const configMap = configMaps.find(({ metadata }) => metadata.name === configMapRef?.name);
    for (const [key, value] of Object.entries(configMap?.data ?? {})) {
      if (!configMap) continue;
      values.set(prefix + key, value);
      settings.set(prefix + key, {
        ...configMapKey(configMap, key, value),
        key: prefix + key,
        container: container.name,
      });
    }
  }
  for (const [index, variable] of (container.env ?? []).entries()) {
    const { name } = variable;
    const configMap = configMaps.find(({ metadata }) => metadata.name === variable.valueFrom?.configMapKeyRef?.name);
    const key = variable.valueFrom?.configMapKeyRef?.key ?? '';
    const stored = configMap?.data?.[key];
    const written = variable.value ?? '';
    if (written === '' && configMap && stored !== undefined) {
      values.set(name, stored);
      settings.set(name, { ...configMapKey(configMap, key, stored), key: name, container: container.name });
      continue;
    }
    const value =
      written === '' && variable.valueFrom
        ? (downward(variable, client) ?? unknownValue)
        : expand(written, (other) => values.get(other) ?? links.get(other));
    values.set(name, value);
    settings.set(name, {
      key: name,
      value,
      written,
      container: container.name,
      source: 'env',
      object: client.object,
      path: `${path}.env[${index}].value`,
    });
  }
  return { settings: [...settings.values()], values: new Map([...links, ...values]) };
}

const configMapKey = (configMap: ConfigMap, key: string, value: string) => ({
  value,
  written: value,
  source: 'configMapKey' as const,
  object: configMap,
  path: `data.${key}`,
});

const downward = ({ valueFrom }: EnvVar, { namespace }: Configured): string | undefined =>
  valueFrom?.fieldRef?.fieldPath === 'metadata.namespace' ? namespace : undefined;

/** Each flag and word of command and args, and the command line as a whole, for tools that take host and port as words. */
function argumentsOf(
  { object }: Configured,
  container: Container,
  path: string,
  environment: ReadonlyMap<string, string>,
): readonly Setting[] {
  const words = (['command', 'args'] as const).flatMap((list) =>
    (container[list] ?? []).map((written, index) => ({
      written,
      value: expand(written, (name) => environment.get(name)),
      path: `${path}.${list}[${index}]`,
    })),
  );
  const common = { container: container.name, object };
  const flags = words.map(({ written, value, path: at }, index): Setting => {
    // `host=db port=5432` is one connection string, no flag called host.
    const assigned = /^\w+=\S*\s+\w+=/.test(value) ? null : /^-{0,2}([A-Za-z][\w.-]*)=([\s\S]*)$/.exec(value);
    const flag = flagIn(words[index - 1]?.value ?? '');
    return {
      ...common,
      written,
      path: at,
      source: /\s/.test(value.trim()) && !assigned ? 'commandLine' : 'argument',
      key: assigned?.[1] ?? (value.startsWith('-') ? '' : (flag ?? '')),
      value: assigned?.[2] ?? value,
    };
  });
  const [first] = words;
  if (!first || words.some(({ value }) => /\s/.test(value.trim()))) return flags;
  const line = (text: 'written' | 'value') => words.map((word) => word[text]).join(' ');
  return [
    ...flags,
    {
      ...common,
      key: '',
      value: line('value'),
      written: line('written'),
      source: 'commandLine',
      path: first.path.replace(/\[\d+\]$/, ''),
    },
  ];
}

/** `--db-host`, `-addr` and `-h` announce the next word; `-sf` is a bundle of switches. */
const flagIn = (word: string): string | undefined =>
  (/^--([A-Za-z][\w.-]*)$/.exec(word) ?? /^-([A-Za-z]|[A-Za-z][\w.-]{3,})$/.exec(word))?.[1];

/** The ConfigMaps in a Pod's volumes, also in those that join several sources. */
export const configMapsInVolume = ({
  configMap,
  projected,
}: NonNullable<PodSpec['volumes']>[number]): readonly ConfigMapFiles[] => [
  ...(configMap ? [configMap] : []),
  ...(projected?.sources ?? []).flatMap((source) => source.configMap ?? []),
];

/** Volumes that no container mounts: in manifests that were cut short they are meant to be, and belong to the first of them. */
function strayVolumesOf({ containers, initContainers = [], volumes = [] }: PodSpec, container: Container) {
  const mounted = [...initContainers, ...containers].flatMap(({ volumeMounts }) => volumeMounts ?? []);
  return container.name === containers[0]?.name
    ? volumes.filter(({ name }) => !mounted.some((mount) => mount.name === name))
    : [];
}

/** The ConfigMaps' files that a container mounts, each once. */
function filesOf({ spec }: Configured, container: Container, configMaps: readonly ConfigMap[]): readonly Setting[] {
  const mounts: readonly { readonly name: string; readonly subPath?: string }[] = [
    ...(container.volumeMounts ?? []),
    ...strayVolumesOf(spec, container),
  ];
  const files = mounts.flatMap(({ name: mounted, subPath }) =>
    (spec.volumes ?? [])
      .filter(({ name }) => name === mounted)
      .flatMap(configMapsInVolume)
      .flatMap(({ name, items }) => {
        const configMap = configMaps.find(({ metadata }) => metadata.name === name);
        const all = Object.keys(configMap?.data ?? {}).map((key) => ({ key, path: key }));
        return (items ?? all)
          .filter(({ path }) => subPath === undefined || path === subPath || path.startsWith(`${subPath}/`))
          .flatMap(({ key }) => {
            const text = configMap?.data?.[key];
            return configMap && text !== undefined ? [{ configMap, key, text }] : [];
          });
      }),
  );
  return files
    .filter(
      ({ configMap, key }, index) =>
        files.findIndex((other) => other.configMap === configMap && other.key === key) === index,
    )
    .flatMap(({ configMap, key: file, text }) =>
      entriesIn(text).map(({ key, value, line }): Setting => ({
        key,
        value,
        written: value,
        container: container.name,
        source: 'file',
        object: configMap,
        path: `data.${file}`,
        ...(text.trim().includes('\n') ? { line } : {}),
      })),
    );
}

/** What keeps a container from being created at all: CreateContainerConfigError. Only judged where all ConfigMaps were read. */
export function danglingReferencesOf(
  client: Configured,
  configMaps: readonly ConfigMap[],
): readonly DanglingReference[] {
  const dataOf = (name: string | undefined) => configMaps.find(({ metadata }) => metadata.name === name)?.data;
  const exists = (name: string | undefined) => configMaps.some(({ metadata }) => metadata.name === name);
  return containersOf(client).flatMap(({ container, path }) => [
    ...(container.envFrom ?? []).flatMap(({ configMapRef }, index): readonly DanglingReference[] =>
      !configMapRef?.name || configMapRef.optional === true || exists(configMapRef.name)
        ? []
        : [
            {
              container: container.name,
              path: `${path}.envFrom[${index}].configMapRef.name`,
              configMap: configMapRef.name,
            },
          ],
    ),
    ...(container.env ?? []).flatMap(({ valueFrom }, index): readonly DanglingReference[] => {
      const ref = valueFrom?.configMapKeyRef;
      if (!ref?.name || ref.optional === true || dataOf(ref.name)?.[ref.key] !== undefined) return [];
      return [
        {
          container: container.name,
          path: `${path}.env[${index}].valueFrom.configMapKeyRef`,
          configMap: ref.name,
          ...(exists(ref.name) ? { key: ref.key } : {}),
        },
      ];
    }),
  ]);
}
