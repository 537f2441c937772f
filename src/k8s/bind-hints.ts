import type { Container } from './objects.ts';
import { oncePer } from './once-per.ts';

/** A loopback bind that a container is told by its own settings, or that its program does by default. */
export interface BindHint {
  readonly address: string;
  /** Undefined where the setting names no port. */
  readonly port: number | undefined;
  /** The setting, or the command that binds so unless told otherwise. */
  readonly says: string;
  readonly byDefault: boolean;
  /** What to write instead. */
  readonly instead: string;
}

const loopback = String.raw`(127\.0\.0\.1|localhost|\[?::1\]?)`;

/** Variables by which programs are told what to bind, never the ones that name somebody else's address. */
const bindVariables =
  /^(HOST|BIND|BIND_?(ADDR|ADDRESS|HOST|IP|ON)|LISTEN|LISTEN_?(ADDR|ADDRESS|HOST|IP|ON)|(HTTP|SERVER|APP|WEB|API|GRPC|SERVICE)_(BIND|LISTEN|ADDRESS|BIND_?ADDR(ESS)?|LISTEN_?ADDR(ESS)?|BIND_HOST|LISTEN_HOST)|SERVER_ADDRESS|FLASK_RUN_HOST|UVICORN_HOST|GRADIO_SERVER_NAME|STREAMLIT_SERVER_ADDRESS|OLLAMA_HOST|NUXT_HOST|NITRO_HOST|HTTP_HOST|GF_SERVER_HTTP_ADDR|ASPNETCORE_URLS|DOTNET_URLS|URLS|PGLISTEN|VLLM_HOST|ROCKET_ADDRESS|JUPYTER_IP|ETCD_LISTEN_CLIENT_URLS)$/;

const flags = new RegExp(
  String.raw`(?:^|\s)(--?(?:host|bind|bind[-_.]?(?:addr|address|host|ip)|address|addr|listen|listen[-_.]?(?:addr|address|host|client-urls)?|ip|http[-_.](?:addr|address|host)|server[-_.](?:host|address|name)|web\.listen-address|S|b|h|H)(?:=|\s+)(?:https?:\/\/|tcp:\/\/)?)${loopback}(?::(\d+))?(?=\s|$|["',])`,
);

/** PostgreSQL's own spelling, `-c listen_addresses=…`, whose value is a list; of several the last counts. */
const listenAddresses = /(?:^|\s)(?:-c\s*|--)(listen[_-]addresses=['"]?)([^\s'"]+)/g;

/** Servers for development that bind localhost unless told otherwise, with their usual port. */
const defaults: readonly {
  readonly command: RegExp;
  readonly freed: RegExp;
  readonly port: number;
  readonly option: string;
}[] = [
  { command: /\bflask\s+(--\S+\s+\S+\s+)*run\b/, freed: /--host|-h\s/, port: 5000, option: '--host=0.0.0.0' },
  {
    command: /\bmanage\.py\s+runserver\b|\bdjango-admin\s+runserver\b/,
    freed: /runserver\s+(\S+\s+)*([\d.*[\]:]+\.[\d.]+|0|\[::\]|\*):\d+/,
    port: 8000,
    option: 'runserver 0.0.0.0:8000',
  },
  { command: /\buvicorn\s/, freed: /--host|--uds|--fd/, port: 8000, option: '--host 0.0.0.0' },
  { command: /\bhypercorn\s/, freed: /--bind|-b\s/, port: 8000, option: '--bind 0.0.0.0:8000' },
  { command: /\bgunicorn\s/, freed: /--bind|-b[\s=]|-b\d|--config|-c\s/, port: 8000, option: '--bind 0.0.0.0:8000' },
  { command: /\bhugo\s+(server|serve)\b/, freed: /--bind/, port: 1313, option: '--bind 0.0.0.0' },
  { command: /\bjekyll\s+s(erve)?\b/, freed: /--host|-H\s/, port: 4000, option: '--host 0.0.0.0' },
  { command: /\bmkdocs\s+serve\b/, freed: /--dev-addr|-a\s/, port: 8000, option: '--dev-addr 0.0.0.0:8000' },
  { command: /\bng\s+serve\b/, freed: /--host/, port: 4200, option: '--host 0.0.0.0' },
  {
    command: /(^|\s)(npx\s+)?vite(\s+(dev|preview|serve))?(\s|$)/,
    freed: /--host/,
    port: 5173,
    option: '--host 0.0.0.0',
  },
  { command: /\bwebpack(-dev-server|\s+serve)\b/, freed: /--host/, port: 8080, option: '--host 0.0.0.0' },
  {
    command: /\bjupyter[\s-](lab|notebook|server)\b/,
    freed: /--ip|--ServerApp\.ip|--NotebookApp\.ip/,
    port: 8888,
    option: '--ip=0.0.0.0',
  },
  { command: /\brails\s+s(erver)?\b/, freed: /-b[\s=]|--binding/, port: 3000, option: '-b 0.0.0.0' },
];

/** Any setting that sounds like a bind, by whatever name a program gives it. */
const soundsLikeABind = /bind|listen|addr(ess)?$/i;

/** Settings of any such name whose whole value is loopback with exactly this port: `--metrics-bind-address=127.0.0.1:8080`. */
export function loopbackBindsOn(port: number, { command = [], args = [], env = [] }: Container): readonly BindHint[] {
  const line = [...command, ...args].join(' ');
  const flagged = [...line.matchAll(/(?:^|\s)(--?([\w.-]+)(?:=|\s+)(?!-)(\S+))/g)].map(
    ([, says = '', key = '', value = '']) => ({
      says,
      key,
      value,
    }),
  );
  const variables = env.map(({ name, value = '' }) => ({ says: `${name}=${value}`, key: name, value }));
  return [...flagged, ...variables].flatMap(({ says, key, value }): readonly BindHint[] => {
    const [, address, digits] = new RegExp(`^(?:https?:\\/\\/|tcp:\\/\\/)?${loopback}:(\\d+)\\/?$`).exec(value) ?? [];
    if (!address || Number(digits) !== port || !soundsLikeABind.test(key)) return [];
    return [{ address: plain(address), port, says, byDefault: false, instead: says.replace(address, '0.0.0.0') }];
  });
}

/** What a container's env and command say about a bind to loopback. A shell's words count like the program's own. */
export const bindHintsOf: (container: Container) => readonly BindHint[] = oncePer(hintsIn);

function hintsIn({ command = [], args = [], env = [] }: Container): readonly BindHint[] {
  const variables = env.flatMap(({ name, value = '' }): readonly BindHint[] => {
    const found = bindVariables.test(name)
      ? new RegExp(`^(?:https?:\\/\\/)?${loopback}(?::(\\d+))?\\/?$`).exec(value.trim())
      : null;
    return found
      ? [
          {
            address: plain(found[1]),
            port: portIn(found[2]),
            says: `${name}=${value}`,
            byDefault: false,
            instead: `${name}=${value.replace(found[1] ?? '', '0.0.0.0')}`,
          },
        ]
      : [];
  });
  const line = [...command, ...args].join(' ');
  const listed = [...line.matchAll(listenAddresses)].at(-1);
  if (listed) return [...variables, ...listedLoopback(listed, line)];
  const flag =
    flags.exec(line) ??
    new RegExp(String.raw`(runserver\s+|http\.server\s+.*--bind\s+)${loopback}(?::(\d+))?`).exec(line);
  if (flag)
    return [
      ...variables,
      {
        address: plain(flag[2]),
        port: portIn(flag[3] ?? /--port[=\s]+(\d+)/.exec(line)?.[1]),
        says: flag[0].trim(),
        byDefault: false,
        instead: flag[0].trim().replace(flag[2] ?? '', '0.0.0.0'),
      },
    ];
  if (variables.length > 0) return variables;
  const freedByEnv = env.some(
    ({ name }) => bindVariables.test(name) || /^(GUNICORN_CMD_ARGS|FLASK_APP_HOST|BINDING)$/.test(name),
  );
  const server = freedByEnv ? undefined : defaults.find((each) => each.command.test(line) && !each.freed.test(line));
  if (!server) return [];
  const port =
    portIn(/(?:--port|-p|--server-port)[=\s]+(\d+)/.exec(line)?.[1] ?? /runserver\s+(\d+)/.exec(line)?.[1]) ??
    server.port;
  return [
    {
      address: '127.0.0.1',
      port,
      says: line.length > 80 ? `${line.slice(0, 77)}…` : line,
      byDefault: true,
      instead: server.option,
    },
  ];
}

/** Every entry of the list must be loopback: one other address lets others in. */
function listedLoopback([, name = '', value = '']: readonly string[], line: string): readonly BindHint[] {
  const entries = value.split(',').map((entry) => entry.trim());
  const [first] = entries;
  if (!entries.every((entry) => new RegExp(`^${loopback}$`).test(entry))) return [];
  return [
    {
      address: plain(first),
      port: portIn(/(?:^|\s)(?:-p\s*|-c\s*port=|--port[=\s])(\d+)/.exec(line)?.[1]),
      says: `${name}${value}`,
      byDefault: false,
      instead: `${name}*`,
    },
  ];
}

const plain = (address = ''): string => (address === 'localhost' ? '127.0.0.1' : address);
const portIn = (digits: string | undefined): number | undefined => (digits === undefined ? undefined : Number(digits));
