import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { access, lstat, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type Api, apiOf } from './api.ts';
import { ensureBinaries } from './binaries.ts';
import { ClusterError } from './cluster-error.ts';
import { type Component, commandLine, death, gone, isOurs, kill, launch, residentMegabytes } from './processes.ts';

/** A running control plane, as plain JSON: it is what the record in its folder says and what tests are handed. */
export interface ControlPlane {
  readonly state: string;
  readonly binaries: string;
  readonly server: string;
  /** Contexts `admin` (current, may do everything) and `viewer` (may do nothing until something is bound to it). */
  readonly kubeconfig: string;
}

/** Lies in the state folder from the first moment on, so that `stop` finds what a start that died left behind. */
interface ClusterRecord {
  readonly what: 'svcdoctor test cluster';
  /** The process that wants the cluster; for a test run its death makes the cluster an orphan. */
  readonly owner: number;
  readonly starting: boolean;
  readonly controlPlane: ControlPlane;
  readonly components: readonly Component[];
}

interface StartTimes {
  /** Milliseconds from the first process until /readyz said ok. */
  readonly ready: number;
  /** … until the ServiceAccount default/default existed, without which no Pod is admitted. */
  readonly usable: number;
}

interface Started {
  readonly controlPlane: ControlPlane;
  readonly times: StartTimes;
}

/** The one cluster that `npm run cluster` manages unless told otherwise. */
export function defaultState(): string {
  const home = process.env['XDG_STATE_HOME'];
  return home
    ? join(home, 'svcdoctor', 'cluster')
    : join(tmpdir(), `svcdoctor-cluster-${process.getuid?.() ?? 'user'}`);
}

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler on free loopback ports, as the user who asks,
 * and returns when the default ServiceAccount exists. Whatever goes wrong, nothing is left running.
 */
export async function startControlPlane(folder: string, binaries: string): Promise<Started> {
  const state = resolve(folder);
  await prepare(state);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(state, binaries);
    } catch (cause) {
      // Between finding a free port and listening on it, somebody else may have taken it.
      const portTaken = attempt < 3 && (await readLogs(state)).includes('address already in use');
      await stopControlPlane(state);
      if (!portTaken) throw cause;
      await prepare(state);
    }
  }
}

/** The control plane in that folder: the one that runs there, or a new one, its binaries built first if need be. */
export async function ensureControlPlane(folder: string, log: (text: string) => void): Promise<ControlPlane> {
  const found = await inspectControlPlane(folder);
  if (found?.running) {
    log('the cluster is up already\n');
    return found.controlPlane;
  }
  if (found?.starting) throw new ClusterError(`another process is just starting a cluster in ${resolve(folder)}`);
  if (found) log('the cluster there does not run any more: starting a new one\n');
  await stopControlPlane(folder);
  const { controlPlane, times } = await startControlPlane(folder, await ensureBinaries(log));
  log(`/readyz after ${times.ready} ms, default ServiceAccount after ${times.usable} ms\n`);
  return controlPlane;
}

/** Ends what the record names, if it still is what the record names, and removes the folder. False: there was none. */
export async function stopControlPlane(folder: string): Promise<boolean> {
  const state = resolve(folder);
  const record = await readRecord(state);
  if (!record) return false;
  // In reverse, so that no component spends its last moments complaining about another. Nothing here is worth a
  // graceful end: the data goes with the folder.
  const mine = await Promise.all(record.components.toReversed().map(async (c) => ((await isOurs(c, state)) ? c : [])));
  for (const { pid } of mine.flat()) kill(pid);
  for (const { pid } of mine.flat()) await gone(pid);
  await rm(state, { recursive: true, force: true, maxRetries: 5 });
  return true;
}

interface ComponentStatus extends Component {
  readonly running: boolean;
  readonly residentMegabytes: number;
}

interface Inspection {
  readonly controlPlane: ControlPlane;
  /** Whoever starts it is still at it. */
  readonly starting: boolean;
  /** It has started, and every component still lives. */
  readonly running: boolean;
  readonly components: readonly ComponentStatus[];
}

/** What the record in a state folder says and which of its processes live; `undefined` where there is no cluster. */
export async function inspectControlPlane(folder: string): Promise<Inspection | undefined> {
  const state = resolve(folder);
  const record = await readRecord(state);
  if (!record) return undefined;
  const components = await Promise.all(
    record.components.map(async (component) => {
      const running = await isOurs(component, state);
      return { ...component, running, residentMegabytes: running ? await residentMegabytes(component.pid) : 0 };
    }),
  );
  return {
    controlPlane: record.controlPlane,
    starting: record.starting && (await commandLine(record.owner)) !== undefined,
    running: !record.starting && components.every(({ running }) => running),
    components,
  };
}

/** Takes down clusters in the temporary folder, named with this prefix, whose owner died before it could. */
export async function stopOrphans(prefix: string): Promise<void> {
  const found = (await readdir(tmpdir())).filter((name) => name.startsWith(prefix));
  for (const name of found) {
    const state = join(tmpdir(), name);
    const record = await readRecord(state).catch(() => undefined);
    if (record && (await commandLine(record.owner)) === undefined) await stopControlPlane(state);
  }
}

const recordFile = 'svcdoctor-cluster.json';

/** Makes the folder, or takes an empty one; never one that holds somebody's files, for `stop` removes it whole. */
async function prepare(state: string): Promise<void> {
  if (state.length > 80) {
    throw new ClusterError(`the state folder's path is too long for a unix socket in it: ${state}`, {
      hint: 'Name a shorter one with --state.',
    });
  }
  await mkdir(state, { recursive: true, mode: 0o700 });
  const { uid } = await lstat(state);
  if (process.getuid && uid !== process.getuid()) {
    throw new ClusterError(`${state} belongs to another user`, { hint: 'Name another folder with --state.' });
  }
  if ((await readdir(state)).length > 0) {
    throw new ClusterError(`${state} is not empty and holds no cluster of ours`, {
      hint: 'Name an empty or new folder with --state.',
    });
  }
}

async function start(state: string, binaries: string): Promise<Started> {
  const [etcd, peer, api, controllerManager, scheduler] = await freePorts();
  const controlPlane: ControlPlane = {
    state,
    binaries,
    server: `https://127.0.0.1:${api}`,
    kubeconfig: join(state, 'kubeconfig'),
  };
  const started = Date.now();
  const components: Component[] = [];
  const record = (starting: boolean) => writeRecord({ owner: process.pid, starting, controlPlane, components });
  await record(true);

  const deaths: Promise<never>[] = [];
  const run = async (name: string, ...flags: string[]) => {
    const child = launch(join(binaries, name), flags, state);
    deaths.push(death(name, child, state));
    if (child.pid === undefined) return;
    components.push({ name, pid: child.pid });
    await record(true);
  };
  const untilAlive = <T>(wait: Promise<T>): Promise<T> => Promise.race([wait, ...deaths]);

  const secret = join(state, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await secretFile(secret, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  const users = ['admin', 'system:kube-controller-manager', 'system:kube-scheduler', 'viewer'].map((name) => ({
    name,
    token: randomBytes(16).toString('hex'),
  }));
  const [admin, manager, binder, viewer] = users as [User, User, User, User];
  await secretFile(
    join(state, 'tokens.csv'),
    users.map(({ name, token }) => `${token},${name},${name}${name === 'admin' ? ',system:masters' : ''}\n`).join(''),
  );
  await writeFile(join(state, 'egress.yaml'), stringify(egressToNowhere(state)));

  await run(
    'etcd',
    '--name=default',
    `--data-dir=${state}/etcd`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=http://127.0.0.1:${etcd}`,
    `--advertise-client-urls=http://127.0.0.1:${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
  );
  await run(
    'kube-apiserver',
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${api}`,
    '--advertise-address=127.0.0.1',
    // The default reconciler refuses a loopback address. The price: Service default/kubernetes has no EndpointSlice.
    '--endpoint-reconciler-type=none',
    `--egress-selector-config-file=${state}/egress.yaml`,
    `--cert-dir=${state}/pki`,
    `--token-auth-file=${state}/tokens.csv`,
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    `--service-account-signing-key-file=${secret}`,
    `--service-account-key-file=${secret}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--service-node-port-range=30000-32767',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    '--allow-privileged=true',
    '--event-ttl=1h',
    '--profiling=false',
    '--shutdown-delay-duration=0s',
  );
  // It signs its own certificate and writes the key last: then the certificate is whole.
  await untilAlive(appears(join(state, 'pki', 'apiserver.key')));
  const authority = join(state, 'pki', 'apiserver.crt');
  const ca = await readFile(authority);
  await secretFile(controlPlane.kubeconfig, kubeconfig(controlPlane.server, ca, [admin, viewer]));
  await secretFile(join(state, 'controller-manager.conf'), kubeconfig(controlPlane.server, ca, [manager]));
  await secretFile(join(state, 'scheduler.conf'), kubeconfig(controlPlane.server, ca, [binder]));

  await run(
    'kube-controller-manager',
    ...controllerFlags(state, 'controller-manager', controllerManager),
    `--service-account-private-key-file=${secret}`,
    `--root-ca-file=${authority}`,
    '--use-service-account-credentials=true',
    `--service-cluster-ip-range=${serviceRange}`,
    '--cluster-cidr=10.244.0.0/16',
    '--allocate-node-cidrs=false',
    // At the default rate it is still creating its own 35 ServiceAccounts when the first test wants one.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    // Nobody sends heartbeats here: Nodes, and Pods on Nodes that do not exist, stay as the test made them.
    '--node-monitor-grace-period=24h',
    '--node-startup-grace-period=24h',
    '--controllers=*,-pod-garbage-collector-controller',
  );
  await run('kube-scheduler', ...controllerFlags(state, 'scheduler', scheduler));

  const client = await apiOf(controlPlane.kubeconfig);
  await untilAlive(answers(client, '/readyz'));
  const ready = Date.now() - started;
  await untilAlive(answers(client, '/api/v1/namespaces/default/serviceaccounts/default'));
  const usable = Date.now() - started;
  await record(false);
  return { controlPlane, times: { ready, usable } };
}

const serviceRange = '10.96.0.0/16';

function controllerFlags(state: string, name: string, port: number): string[] {
  const conf = `${state}/${name}.conf`;
  return [
    `--kubeconfig=${conf}`,
    `--authentication-kubeconfig=${conf}`,
    `--authorization-kubeconfig=${conf}`,
    // Looked up while RBAC is still being set up, the answer is "forbidden", and the process ends instead of retrying.
    '--authentication-skip-lookup=true',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${state}/${name}-pki`,
    '--profiling=false',
  ];
}

/**
 * For logs, exec, port-forward and proxy the API server dials Nodes, Pods and Services. Their addresses are invented
 * here, and some machine may really own them, so all of it goes to a unix socket where nobody listens: it fails at
 * once and no packet leaves. A test that listens there can play every kubelet and every Pod.
 */
function egressToNowhere(state: string): object {
  const connection = { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: join(state, 'cluster.sock') } } };
  return {
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [{ name: 'cluster', connection }],
  };
}

interface User {
  readonly name: string;
  readonly token: string;
}

/** One context per user, named after it; the first is current. The CA is inside, so that the file can be moved. */
function kubeconfig(server: string, ca: Buffer, users: readonly [User, ...User[]]): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'svcdoctor-test', cluster: { server, 'certificate-authority-data': ca.toString('base64') } }],
    users: users.map(({ name, token }) => ({ name, user: { token } })),
    contexts: users.map(({ name }) => ({ name, context: { cluster: 'svcdoctor-test', user: name } })),
    'current-context': users[0].name,
  });
}

function secretFile(path: string, content: string): Promise<void> {
  return writeFile(path, content, { mode: 0o600 });
}

/** All are held until the last is known: asked one after the other, the system may name the same port twice. */
async function freePorts(): Promise<[number, number, number, number, number]> {
  const servers = await Promise.all(
    Array.from(
      { length: 5 },
      () =>
        new Promise<ReturnType<typeof createServer>>((settle, reject) => {
          const server = createServer().on('error', reject);
          server.listen(0, '127.0.0.1', () => settle(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((settle) => server.close(settle))));
  return ports as [number, number, number, number, number];
}

/** Beside a full compile on two cores the API server needs 12 s; what is not there after this never comes. */
const patience = 90_000;

async function appears(path: string): Promise<void> {
  await eventually(`the API server wrote no ${basename(path)}`, () =>
    access(path).then(
      () => true,
      () => false,
    ),
  );
}

async function answers(api: Api, path: string): Promise<void> {
  await eventually(`no answer from the API server for ${path}`, () =>
    api.get(path).then(
      () => true,
      () => false,
    ),
  );
}

async function eventually(complaint: string, question: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + patience; !(await question());) {
    if (Date.now() > deadline) throw new ClusterError(`${complaint} within ${patience / 1000} s`);
    await delay(25);
  }
}

async function writeRecord(record: Omit<ClusterRecord, 'what'>): Promise<void> {
  const path = join(record.controlPlane.state, recordFile);
  const whole: ClusterRecord = { what: 'svcdoctor test cluster', ...record };
  const unfinished = `${path}.${randomBytes(4).toString('hex')}`;
  await secretFile(unfinished, `${JSON.stringify(whole, null, 2)}\n`);
  await rename(unfinished, path);
}

/** Also the guard of `stop`: a folder without our record is not ours to remove. */
async function readRecord(state: string): Promise<ClusterRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(join(state, recordFile), 'utf8')) as ClusterRecord;
    return record.what === 'svcdoctor test cluster' ? record : undefined;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ClusterError(`cannot read ${join(state, recordFile)}`, { cause });
  }
}

async function readLogs(state: string): Promise<string> {
  const logs = (await readdir(state)).filter((name) => name.endsWith('.log'));
  return (await Promise.all(logs.map((name) => readFile(join(state, name), 'utf8')))).join('');
}
