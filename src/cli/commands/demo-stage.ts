import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { ConnectOptions, Connection } from '../../cluster/connect.ts';
import type { DemoCluster } from '../../demo/cluster.ts';
import { demoFrom, type Choices, type Demo } from '../../demo/manifests.ts';
import type { Teller } from '../../demo/teller.ts';
import { printable } from '../../report/printable.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { DemoOptions } from '../demo-options.ts';
import { parseDuration } from '../duration.ts';
import { styleFor } from '../terminal.ts';
import { version } from '../version.ts';

/** Where the demo's commands act: the cluster and everything about it that they say. */
export interface Stage extends Disposable {
  readonly cluster: DemoCluster;
  readonly connection: Connection;
  readonly namespace: string;
}

/** Connects to the cluster named. Nothing has been asked yet. */
export async function openStage(options: DemoOptions, signal: AbortSignal): Promise<Stage> {
  const namespace = namespaceOf(options);
  const [{ connect }, { demoClusterOf }] = await Promise.all([
    import('../../cluster/connect.ts'),
    import('../../cluster/write.ts'),
  ]);
  const { kubeconfig, context, as, asGroup } = options;
  const wanted: ConnectOptions = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    ...(context === undefined ? {} : { context }),
    ...(as === undefined ? {} : { as }),
    ...(asGroup === undefined ? {} : { asGroups: asGroup }),
    namespace,
    requestTimeout: parseDuration(options.requestTimeout, '--request-timeout'),
    userAgent: `svcdoctor/${version}`,
  };
  const connection = await connect(wanted, signal);
  const warn = (text: string) => void process.stderr.write(`warning: ${printable(text)}\n`);
  for (const text of connection.warnings) warn(text);
  const cluster = demoClusterOf(connection, warn);
  return {
    cluster,
    connection,
    namespace,
    [Symbol.dispose]: () => connection.transport.close(),
  };
}

export function namespaceOf({ namespace = 'demo' }: DemoOptions): string {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(namespace) && namespace.length <= 63) return namespace;
  throw new UserError('bad-option', `-n ${namespace} is no name for a namespace`, {
    hint: 'small letters, digits and hyphens, 63 at most, as in team-a',
  });
}

/** The manifests of this checkout, or those that the package brings along. */
export async function readDemo(choices: Choices): Promise<Demo> {
  const here = import.meta.dirname;
  const packaged = join(here, 'demo');
  const folder = existsSync(join(packaged, '00-namespace.yaml')) ? packaged : join(here, '../../../fixtures/demo');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return demoFrom(await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8'))), choices);
}

/** A cluster on this very machine, by the names that the usual tools give, or since its server is on loopback. */
export function isLocal({ context, server }: Pick<Connection, 'context' | 'server'>): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '');
  return (
    /^(kind-.*|k3d-.*|minikube|docker-desktop|rancher-desktop)$/.test(context) ||
    host === 'localhost' ||
    host === '::1' ||
    /^127\.\d+\.\d+\.\d+$/.test(host)
  );
}

/** Asks before anything is changed in a cluster that others may depend on. */
export async function demandConsent(
  { connection, namespace }: Stage,
  doing: string,
  yes: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (yes || isLocal(connection)) return;
  const where = `namespace ${namespace} of ${connection.context} (${connection.server.origin})`;
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UserError(
      'needs-consent',
      `${connection.context} (${connection.server.origin}) is not a local cluster, and nobody is there to ask`,
      {
        hint: `say --yes to ${doing} namespace ${namespace} there, or name another cluster with --context`,
      },
    );
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // While a question is open, the terminal hears Ctrl-C, not the process.
  terminal.once('SIGINT', () => process.emit('SIGINT'));
  try {
    const answer = await terminal.question(`This is not a local cluster. May svcdoctor ${doing} ${where}? [y/N] `, {
      signal,
    });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Ctrl-D is an answer, too.
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
    process.stderr.write('\n');
  } finally {
    terminal.close();
  }
  throw new UserError('declined', 'nothing was changed', { hint: '--context names another cluster' });
}

export interface StageTeller extends Teller {
  /** A line as it is, without a mark. */
  say(text: string): void;
  /** Takes the line of what is waited for away. */
  rest(): void;
}

/** Lines on stdout; what is waited for, and how long so far, on stderr: in place on a terminal, else a line now and then. */
export async function tellerFor(options: DemoOptions): Promise<StageTeller> {
  const style = await styleFor(process.stdout, { color: options.color, env: process.env });
  // A reader that has seen enough (`| head`) does not end what is going on in the cluster.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  const waiting = process.stderr.isTTY ? liveLine() : occasionalLines();
  const line = (mark: string, text: string) => {
    waiting.clear();
    const [first = '', ...more] = style.wrap(style.spelled(printable(text)), style.columns - 4);
    process.stdout.write(`  ${mark} ${first}\n${more.map((each) => `    ${each}\n`).join('')}`);
  };
  return {
    done: (text) => line(style.good(style.marks.passed), text),
    failed: (text) => line(style.bad(style.marks.broken), text),
    unknown: (text) => line(style.warning(style.marks.unknown), text),
    waiting: (text) => waiting.show(style.spelled(printable(text))),
    say(text) {
      waiting.clear();
      process.stdout.write(`${style.spelled(text)}\n`);
    },
    rest: () => waiting.clear(),
  };
}

interface WaitingLine {
  show(text: string): void;
  clear(): void;
}

function liveLine(): WaitingLine {
  let shown = '';
  let started = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    const text = `  ${Math.round((Date.now() - started) / 1000)} s  ${shown}`;
    process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns || 80) - 1)}`);
  };
  return {
    show(text) {
      if (!timer) {
        started = Date.now();
        timer = setInterval(draw, 1000);
      }
      shown = text;
      draw();
    },
    clear() {
      if (!timer) return;
      clearInterval(timer);
      timer = undefined;
      process.stderr.write('\r\u001b[2K');
    },
  };
}

/** Where nobody watches, in a log of CI for example: what changed, and every 15 s that it goes on. */
function occasionalLines(): WaitingLine {
  let shown = '';
  let started = 0;
  let said = 0;
  return {
    show(text) {
      const now = Date.now();
      if (started === 0) started = now;
      // What takes less than two seconds is not worth a line.
      if (now - started < 2000 || (text === shown && now - said < 15_000)) return;
      shown = text;
      said = now;
      process.stderr.write(`  waiting: ${text} (${Math.round((now - started) / 1000)} s)\n`);
    },
    clear() {
      shown = '';
      started = 0;
    },
  };
}

/** What `svcdoctor check` says about a Service of the demo, as its client sees it where one is named; ends with a line break. */
export async function diagnosisOf(
  service: 'db' | 'api',
  client: 'api' | undefined,
  options: DemoOptions,
  signal: AbortSignal,
): Promise<string> {
  const [{ see }, { diagnose }, { renderReport }] = await Promise.all([
    import('../see.ts'),
    import('../../diagnosis/diagnose.ts'),
    import('../../report/text.ts'),
  ]);
  const namespace = namespaceOf(options);
  const { kubeconfig, context, as, asGroup, requestTimeout } = options;
  const seen = await see(
    [`${namespace}/${service}`],
    {
      namespace,
      quiet: true,
      probe: 'forward',
      requestTimeout,
      ...(client === undefined ? {} : { from: `${namespace}/deploy/${client}` }),
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      ...(as === undefined ? {} : { as }),
      ...(asGroup === undefined ? {} : { asGroup }),
    },
    signal,
  );
  const style = await styleFor(process.stdout, { color: options.color, env: process.env });
  return seen.targets
    .map((target) =>
      renderReport(diagnose(seen.view, { target, ...(seen.client ? { client: seen.client } : {}) }), style),
    )
    .join('\n');
}

/** ` -n NAME` for the commands that we advise, where the demo is not in its usual namespace. */
export const inNamespace = (namespace: string): string => (namespace === 'demo' ? '' : ` -n ${namespace}`);
