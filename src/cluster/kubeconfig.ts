import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { UserError } from '../snapshot/user-error.ts';
import { documentsOf } from '../snapshot/yaml-documents.ts';

/** A cluster of a kubeconfig; file names are absolute. */
export interface ClusterEntry {
  readonly server: string;
  readonly caFile?: string;
  /** Base64, as in the file. */
  readonly caData?: string;
  readonly insecure: boolean;
  readonly tlsServerName?: string;
  readonly proxyUrl?: string;
}

/** A program that prints credentials (client.authentication.k8s.io). */
export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly interactive: boolean;
  readonly provideClusterInfo: boolean;
}

export interface UserEntry {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly certFile?: string;
  readonly certData?: string;
  readonly keyFile?: string;
  readonly keyData?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: ExecEntry;
  readonly authProvider?: { readonly name: string; readonly config: Readonly<Record<string, unknown>> };
  readonly as?: string;
  readonly asUid?: string;
  readonly asGroups: readonly string[];
}

export interface ContextEntry {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

/** Several kubeconfig files as one: what an earlier file says wins, as for kubectl. */
export interface Kubeconfig {
  readonly files: readonly string[];
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
}

/** Reads and merges the files; those that do not exist are passed over unless `required`. Throws a UserError that names the file. */
export function readKubeconfig(files: readonly string[], required: boolean): Kubeconfig {
  const parts = files.flatMap((file) => {
    const text = textOf(file, required);
    return text === undefined ? [] : [parseKubeconfig(text, file)];
  });
  const firstWins = <T>(of: (part: Kubeconfig) => ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(parts.toReversed().flatMap((part) => [...of(part)]));
  return {
    files: parts.flatMap((part) => part.files),
    currentContext: parts.find((part) => part.currentContext !== undefined)?.currentContext,
    contexts: firstWins((part) => part.contexts),
    clusters: firstWins((part) => part.clusters),
    users: firstWins((part) => part.users),
  };
}

function textOf(file: string, required: boolean): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return undefined;
    throw new UserError(
      'kubeconfig-unreadable',
      `cannot read the kubeconfig ${file}: ${code === 'ENOENT' ? 'no such file' : message}`,
      { hint: 'name another with --kubeconfig or KUBECONFIG', cause: error },
    );
  }
}

/** Parses one kubeconfig file (YAML or JSON); `file` stands in error messages, and relative file names start at its folder. */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  const root = mapOf(parsed(text, file));
  if (
    !root ||
    (text.trim() !== '' && !['clusters', 'contexts', 'users', 'current-context', 'kind'].some((key) => key in root))
  ) {
    throw new UserError('kubeconfig-invalid', `${file} is not a kubeconfig: it has neither clusters nor contexts`, {
      hint: 'name another with --kubeconfig or KUBECONFIG',
    });
  }
  const folder = dirname(resolve(file));
  const named = <T>(list: string, field: string, entryOf: (entry: Fields) => T): ReadonlyMap<string, T> =>
    new Map(
      listOf(root[list]).flatMap((item): [string, T][] => {
        const name = textIn(item, 'name');
        return name === undefined ? [] : [[name, entryOf(mapOf(item[field]) ?? {})]];
      }),
    );
  const currentContext = textIn(root, 'current-context');
  return {
    files: [file],
    currentContext: currentContext === '' ? undefined : currentContext,
    contexts: named('contexts', 'context', contextOf),
    clusters: named('clusters', 'cluster', (entry) => clusterOf(entry, folder)),
    users: named('users', 'user', (entry) => userOf(entry, folder)),
  };
}

function parsed(text: string, file: string): unknown {
  try {
    return documentsOf(text)[0] ?? {};
  } catch (error) {
    const [line = ''] = error instanceof Error ? error.message.split('\n') : [];
    throw new UserError('kubeconfig-invalid', `the kubeconfig ${file} is not YAML: ${line.replace(/:$/, '')}`, {
      hint: 'kubectl config view shows what kubectl makes of it',
      cause: error,
    });
  }
}

type Fields = Readonly<Record<string, unknown>>;

const contextOf = (entry: Fields): ContextEntry => ({
  cluster: textIn(entry, 'cluster') ?? '',
  user: textIn(entry, 'user') ?? '',
  ...optional({ namespace: textIn(entry, 'namespace') }),
});

const clusterOf = (entry: Fields, folder: string): ClusterEntry => ({
  server: (textIn(entry, 'server') ?? '').replace(/\/+$/, ''),
  insecure: entry['insecure-skip-tls-verify'] === true,
  ...optional({
    caFile: fileIn(entry, 'certificate-authority', folder),
    caData: textIn(entry, 'certificate-authority-data'),
    tlsServerName: textIn(entry, 'tls-server-name'),
    proxyUrl: textIn(entry, 'proxy-url'),
  }),
});

function userOf(entry: Fields, folder: string): UserEntry {
  const exec = mapOf(entry['exec']);
  const provider = mapOf(entry['auth-provider']);
  return {
    asGroups: textsIn(entry['as-groups']),
    ...optional({
      token: textIn(entry, 'token'),
      tokenFile: fileIn(entry, 'tokenFile', folder),
      certFile: fileIn(entry, 'client-certificate', folder),
      certData: textIn(entry, 'client-certificate-data'),
      keyFile: fileIn(entry, 'client-key', folder),
      keyData: textIn(entry, 'client-key-data'),
      username: textIn(entry, 'username'),
      password: textIn(entry, 'password'),
      as: textIn(entry, 'as'),
      asUid: textIn(entry, 'as-uid'),
      exec: exec && execOf(exec, folder),
      authProvider: provider && { name: textIn(provider, 'name') ?? '', config: mapOf(provider['config']) ?? {} },
    }),
  };
}

function execOf(entry: Fields, folder: string): ExecEntry {
  const command = textIn(entry, 'command') ?? '';
  return {
    apiVersion: textIn(entry, 'apiVersion') ?? 'client.authentication.k8s.io/v1',
    // A bare name is looked up on the PATH; a relative path starts at the kubeconfig's folder.
    command: command.includes('/') && !isAbsolute(command) ? resolve(folder, command) : command,
    args: textsIn(entry['args']),
    env: listOf(entry['env']).map((item) => ({ name: textIn(item, 'name') ?? '', value: textIn(item, 'value') ?? '' })),
    interactive: entry['interactiveMode'] !== 'Never',
    provideClusterInfo: entry['provideClusterInfo'] === true,
    ...optional({ installHint: textIn(entry, 'installHint') }),
  };
}

type Optional<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what is undefined. */
const optional = <T extends object>(fields: T): Optional<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Optional<T>;

const mapOf = (value: unknown): Fields | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.map(mapOf).filter((item) => item !== undefined) : [];

const textsIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

const textIn = (entry: Fields, key: string): string | undefined => {
  const value = entry[key];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
};

const fileIn = (entry: Fields, key: string, folder: string): string | undefined => {
  const value = textIn(entry, key);
  return value === undefined || value === '' ? undefined : resolve(folder, value);
};
