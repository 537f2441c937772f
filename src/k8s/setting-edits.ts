import { plainScheme, withoutCredentials, type Reference } from './client-references.ts';
import { unknownValue, type Setting } from './client-settings.ts';
import type { KubeObject } from './objects.ts';
import { refArgs, refTo } from './references.ts';

/** What a person calls a setting: `DB_HOST`, `--db-host`, `args[2] of init container wait`. */
export function nameOfSetting({ key, source, path, line, container, object }: Setting): string {
  if (source === 'argument' && key !== '') return key.length === 1 ? `-${key}` : `--${key}`;
  if (key !== '' && source !== 'commandLine') return key;
  if (object.kind === 'ConfigMap')
    return `${path.slice('data.'.length)}${line === undefined ? '' : ` line ${line}`} of ConfigMap ${object.metadata.name}`;
  const place = path.slice(path.lastIndexOf('.') + 1);
  return `${place} of ${path.includes('.initContainers[') ? 'init container' : 'container'} ${container}`;
}

/** `BILLING_URL calls http://billing:8080`, `DB_HOST and DB_PORT call db:3306`: every setting that has a part in the address. */
export function sayingsOf(reference: Reference): string {
  const { setting, portSetting } = reference;
  const name = nameOfSetting(setting);
  if (!portSetting) return `${name} calls ${formatAddress(reference)}`;
  const port = nameOfSetting(portSetting);
  // The long path of a key in a file is said once: `….socket_address.address and port_value`.
  const parent = name.slice(0, name.lastIndexOf('.') + 1);
  const short = parent.length > 40 && port.startsWith(parent) ? port.slice(parent.length) : port;
  return `${name} and ${short} call ${formatAddress(reference)}`;
}

/** Where a setting stands, and what it says, fit for a report. */
export const shownSetting = (setting: Setting, around = ''): { readonly path: string; readonly saw: string } => ({
  path: setting.line === undefined ? setting.path : `${setting.path} line ${setting.line}`,
  saw: `${setting.key === '' || setting.source === 'commandLine' ? '' : `${setting.key}=`}${withoutCredentials(setting.value.trimEnd(), around)}`,
});

/** `http://billing:8080`: the address itself, as the client was told it. */
export const formatAddress = ({ host, port, scheme }: Pick<Reference, 'host' | 'port' | 'scheme'>): string =>
  `${scheme ? `${scheme}://` : ''}${host}${port === undefined ? '' : `:${port}`}`;

/** What a setting's text becomes where the address in it is replaced; the port only where it stands in the same text. */
export function withAddress(
  text: string,
  reference: Reference,
  to: { readonly host?: string; readonly port?: number },
): string {
  if (reference.scheme === undefined) return withHost(text, reference, to);
  let found = false;
  return text.replaceAll(
    /([a-z][a-z0-9+.-]*):\/\/((?:(?!,[a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'<>`;|\\)])*)/gi,
    (whole, scheme: string, authority: string) => {
      const start = authority.lastIndexOf('@') + 1;
      const old = authority.slice(start);
      const changed = found || plainScheme(scheme) !== reference.scheme ? old : withHost(old, reference, to);
      if (changed === old) return whole;
      found = true;
      return `${scheme}://${authority.slice(0, start)}${changed}`;
    },
  );
}

/**
 * Replaces a host, and its port where that stands beside it or under a key of its own: `db:5432`, `nc db 5432`, `host=db port=5432`, `-h db -p 5432`.
 * What says more surely that the word is a host goes first, since users and databases are often called alike.
 */
function withHost(
  text: string,
  { host, port, portSetting }: Reference,
  to: { readonly host?: string; readonly port?: number },
): string {
  const written = host.includes(':') ? `[${host}]` : host;
  const word = `(?<![\\w.-])${written.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w-]|\\.\\w)`;
  const own = portSetting ? undefined : port;
  const named = to.host ?? written;
  const beside = new RegExp(`${word}(:|[ ,]+)${own ?? ''}(?!\\d)`);
  if (own !== undefined && beside.test(text))
    return text.replace(beside, (_found, gap: string) => `${named}${gap}${to.port ?? own}`);

  const apart = new RegExp(`((?:\\bport\\s*=\\s*|-p\\s*|--port\\s+)['"]?)${own ?? ''}(?!\\d)`, 'i');
  const wanted = portSetting || to.port === undefined || to.port === own ? undefined : to.port;
  const isApart = own !== undefined && apart.test(text);
  const address = wanted === undefined || isApart ? named : `${named}:${wanted}`;
  const keyed = new RegExp(
    `((?:(?:host|server|data source|addr(?:ess)?)\\s*=|-h\\b|--host\\b)[\\s='"]*(?:tcp:)?|[@(])${word}`,
    'i',
  );
  const replaced = keyed.test(text)
    ? text.replace(keyed, (_found, before: string) => `${before}${address}`)
    : text.replace(new RegExp(word), () => address);
  return wanted !== undefined && isApart
    ? replaced.replace(apart, (_found, before: string) => `${before}${wanted}`)
    : replaced;
}

/** How a setting is changed: by one patch where the API takes it and nothing secret would be printed, else by hand. */
export interface SettingEdit {
  readonly patch?: {
    readonly object: KubeObject;
    readonly type: 'json' | 'merge' | 'strategic';
    readonly body: unknown;
  };
  readonly commands?: readonly (readonly string[])[];
}

/** The change of one setting to a new value. Pods and Jobs cannot be changed in place: nothing is offered for them. */
export function editOf(setting: Setting, value: string, client: KubeObject): SettingEdit {
  const { object, source, path, key, line } = setting;
  if (object.kind === 'Pod' || object.kind === 'Job') return {};
  const byHand = { commands: [['kubectl', 'edit', ...refArgs(refTo(object))]] };
  if (value.includes(unknownValue) || withoutCredentials(value) !== value || value.length > 400) return byHand;
  if (object.kind === 'ConfigMap') {
    if (line !== undefined || source === 'file') return byHand;
    const restart = /^(Deployment|StatefulSet|DaemonSet)$/.test(client.kind)
      ? {
          commands: [
            [
              'kubectl',
              'rollout',
              'restart',
              `${client.kind.toLowerCase()}/${client.metadata.name}`,
              '-n',
              client.metadata.namespace ?? '',
            ],
          ],
        }
      : {};
    return { patch: { object, type: 'merge', body: { data: { [path.slice('data.'.length)]: value } } }, ...restart };
  }
  const pointer = `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;
  if (source === 'env' && object.apiVersion.startsWith('apps/'))
    return { patch: { object, type: 'strategic', body: nested(path, setting.container, [{ name: key, value }]) } };
  if (source === 'commandLine' && !path.endsWith(']')) return byHand;
  const flag = /^-{0,2}[A-Za-z][\w.-]*=/.exec(setting.written)?.[0] ?? '';
  const whole = source === 'argument' && key !== '' && !value.startsWith(flag) ? `${flag}${value}` : value;
  return { patch: { object, type: 'json', body: [{ op: 'replace', path: pointer, value: whole }] } };
}

/** `spec.template.spec.containers[0].env…` as a strategic patch, which finds containers and variables by name. */
const nested = (
  path: string,
  container: string,
  env: readonly { readonly name: string; readonly value: string }[],
) => ({
  spec: {
    template: {
      spec: { [path.includes('.initContainers[') ? 'initContainers' : 'containers']: [{ name: container, env }] },
    },
  },
});

/** One change for all addresses that must be replaced: a single patch where that is possible. */
export function editsOf(
  references: readonly Reference[],
  to: (reference: Reference) => { readonly host?: string; readonly port?: number },
  client: KubeObject,
): SettingEdit {
  const texts = new Map<string, { readonly setting: Setting; readonly value: string }>();
  // Where the address comes out of a `$(VAR)`, what is written does not hold it, and the whole value is written anew.
  const textsOf = ({ object, path, written, value }: Setting): readonly string[] => [
    texts.get(`${object.kind} ${path}`)?.value ?? written,
    value,
  ];
  const write = (setting: Setting, value: string) =>
    void texts.set(`${setting.object.kind} ${setting.path}`, { setting, value });
  for (const reference of references) {
    const { setting, portSetting } = reference;
    const { port, host: newHost } = to(reference);
    if (portSetting && port !== undefined) write(portSetting, String(port));
    if (newHost === undefined && portSetting) continue;
    const [text = '', whole = ''] = textsOf(setting);
    const changed = withAddress(text, reference, to(reference));
    write(setting, changed === text ? withAddress(whole, reference, to(reference)) : changed);
  }
  return joined([...texts.values()].map(({ setting, value }) => editOf(setting, value, client)));
}

function joined(edits: readonly SettingEdit[]): SettingEdit {
  const [first] = edits;
  if (!first || edits.length === 1) return first ?? {};
  const patches = edits.flatMap(({ patch }) => (patch ? [patch] : []));
  const others = edits.flatMap(({ commands = [] }) => commands);
  const [one] = patches;
  const alike = patches.every((patch) => patch.object === one?.object && patch.type === one.type);
  if (one && alike && others.length === 0) {
    if (one.type === 'json') return { patch: { ...one, body: patches.flatMap(({ body }) => body) } };
    return { patch: { ...one, body: patches.map(({ body }) => body).reduce(merged) } };
  }
  const unique = new Map(
    [
      ...patches.map(({ object, type, body }) => [
        'kubectl',
        'patch',
        ...refArgs(refTo(object)),
        `--type=${type}`,
        '-p',
        JSON.stringify(body),
      ]),
      ...others,
    ].map((command) => [command.join(' '), command]),
  );
  return { commands: [...unique.values()] };
}

/** Two patches as one; lists of named things are joined by name. */
function merged(a: unknown, b: unknown): unknown {
  if (Array.isArray(a) && Array.isArray(b)) {
    const nameOf = (item: unknown) => (isRecord(item) ? item['name'] : undefined);
    const both = (a as readonly unknown[]).map((item) => {
      const other = (b as readonly unknown[]).find((candidate) => nameOf(candidate) === nameOf(item));
      return other === undefined ? item : merged(item, other);
    });
    return [
      ...both,
      ...(b as readonly unknown[]).filter((item) => !both.some((known) => nameOf(known) === nameOf(item))),
    ];
  }
  if (!isRecord(a) || !isRecord(b)) return b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, key in a && key in b ? merged(a[key], b[key]) : (b[key] ?? a[key])]),
  );
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
