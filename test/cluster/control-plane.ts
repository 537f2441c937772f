import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { access, readFile, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { type Api, apiOf } from './api.ts';
import { ensureBinaries } from './binaries.ts';
import { ClusterError } from './cluster-error.ts';
import { type ControlPlane, prepare, secretFile } from './record.ts';
import { type Crew, crewOf, inspectCluster, stopCluster } from './running.ts';

export { type ControlPlane, defaultState } from './record.ts';

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

/** What differs between a control plane on the machine's loopback and one in namespaces of its own. */
export interface Site {
  /** Runs the rest of its command line where the control plane is. */
  readonly enter: readonly string[];
  readonly ports: Ports;
  /** Where the API server listens, and the address that Pods are told. */
  readonly bind: string;
  readonly advertise: string;
  /** How its own processes reach it, and the name to expect in its certificate if that is another one. */
  readonly server: string;
  readonly serverName?: string;
  /** Users besides the usual ones, each with the file that it is known from. */
  readonly users: readonly { readonly name: string; readonly group?: string; readonly file: string }[];
  readonly apiServer: readonly string[];
  /** Flags of kube-controller-manager; undefined: neither it nor the scheduler runs, and every object stays as it was written. */
  readonly controllerManager: readonly string[] | undefined;
}

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly api: number;
  readonly controllerManager: number;
  readonly scheduler: number;
}

interface Options {
  readonly controllers?: boolean;
  /** Whether the API server notes who asked for what, in the file that `auditLogOf` names. */
  readonly audit?: boolean;
  /** A file with the certificate of whoever signs those of users. */
  readonly clientAuthority?: string;
}

export const auditLogOf = (state: string): string => join(state, 'audit.jsonl');

/** Of ServiceAccounts that a test has made; of those of the cluster's own components nobody wants to know. */
const everyRequest = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', userGroups: ['system:serviceaccounts:kube-system'] },
    { level: 'Metadata', userGroups: ['system:serviceaccounts'] },
    { level: 'None' },
  ],
};

/** Has the API server note, in the file that `auditLogOf` names, who asked for what; the flags for that. */
export async function auditFlags(state: string): Promise<readonly string[]> {
  await writeFile(join(state, 'audit.yaml'), stringify(everyRequest));
  return [`--audit-policy-file=${state}/audit.yaml`, `--audit-log-path=${auditLogOf(state)}`];
}

/**
 * Starts etcd, kube-apiserver, kube-controller-manager and kube-scheduler on free loopback ports, as the user who asks,
 * and returns when the default ServiceAccount exists. Without controllers the first two are all there is, and their namespaces are enough.
 * Whatever goes wrong, nothing is left running.
 */
export async function startControlPlane(folder: string, binaries: string, options: Options = {}): Promise<Started> {
  const state = resolve(folder);
  await prepare(state);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnLoopback(state, binaries, options);
    } catch (cause) {
      // Between finding a free port and listening on it, somebody else may have taken it.
      const portTaken = attempt < 3 && (await readLogs(state)).includes('address already in use');
      await stopCluster(state);
      if (!portTaken) throw cause;
      await prepare(state);
    }
  }
}

/** The control plane in that folder: the one that runs there, or a new one, its binaries built first if need be. */
export async function ensureControlPlane(folder: string, log: (text: string) => void): Promise<ControlPlane> {
  const found = await inspectCluster(folder);
  if (found?.running) {
    log('the cluster is up already\n');
    return found.controlPlane;
  }
  if (found?.starting) throw new ClusterError(`another process is just starting a cluster in ${resolve(folder)}`);
  if (found) log('the cluster there does not run any more: starting a new one\n');
  await stopCluster(folder);
  const { controlPlane, times } = await startControlPlane(folder, await ensureBinaries(log));
  log(`/readyz after ${times.ready} ms, default ServiceAccount after ${times.usable} ms\n`);
  return controlPlane;
}

async function startOnLoopback(
  state: string,
  binaries: string,
  { controllers = true, audit = false, clientAuthority }: Options,
): Promise<Started> {
  const ports = await freePorts();
  const server = `https://127.0.0.1:${ports.api}`;
  const etcd = `http://127.0.0.1:${ports.etcd}`;
  const controlPlane: ControlPlane = { state, binaries, server, kubeconfig: join(state, 'kubeconfig'), etcd };
  const crew = await crewOf(controlPlane);
  await writeFile(join(state, 'egress.yaml'), stringify(egressToNowhere(state)));
  const audited = audit ? await auditFlags(state) : [];
  const times = await runControlPlane(crew, controlPlane, {
    enter: [],
    ports,
    bind: '127.0.0.1',
    // The EndpointSlice of default/kubernetes may not say 127.0.0.1. This address is for documentation and nobody's.
    advertise: '203.0.113.1',
    server,
    users: [],
    apiServer: [
      `--egress-selector-config-file=${state}/egress.yaml`,
      ...(clientAuthority === undefined ? [] : [`--client-ca-file=${clientAuthority}`]),
      ...audited,
    ],
    controllerManager: controllers
      ? [
          // Nobody sends heartbeats here: Nodes, and Pods on Nodes that do not exist, stay as the test made them.
          '--node-monitor-grace-period=24h',
          '--node-startup-grace-period=24h',
          '--controllers=*,-pod-garbage-collector-controller',
        ]
      : undefined,
  });
  await crew.report({ starting: false });
  return { controlPlane, times };
}

/** The four processes at their site, up to the moment when Pods are admitted; the kubeconfigs too. */
export async function runControlPlane(crew: Crew, controlPlane: ControlPlane, site: Site): Promise<StartTimes> {
  const { state, binaries } = controlPlane;
  const { etcd, peer, api, controllerManager, scheduler } = site.ports;
  const started = Date.now();
  const run = (name: string, ...flags: readonly string[]): Promise<unknown> =>
    crew.run(join(binaries, name), flags, site.enter);

  const secret = join(state, 'service-account.key');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await secretFile(secret, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  const admin = newUser('admin', 'system:masters');
  const viewer = newUser('viewer');
  const components = [
    { ...newUser('system:kube-controller-manager'), file: 'controller-manager.conf' },
    { ...newUser('system:kube-scheduler'), file: 'scheduler.conf' },
    ...site.users.map(({ name, group, file }) => ({ ...newUser(name, group), file })),
  ];
  await secretFile(
    join(state, 'tokens.csv'),
    [admin, viewer, ...components].map(({ name, token, group }) => `${token},${name},${name},${group}\n`).join(''),
  );

  await run(
    'etcd',
    '--name=default',
    `--data-dir=${state}/etcd`,
    '--unsafe-no-fsync',
    '--log-level=warn',
    // The usual 2 GB are less than a large generated cluster takes.
    '--quota-backend-bytes=8589934592',
    `--listen-client-urls=http://127.0.0.1:${etcd}`,
    `--advertise-client-urls=http://127.0.0.1:${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
    `--initial-cluster=default=http://127.0.0.1:${peer}`,
  );
  await run(
    'kube-apiserver',
    `--etcd-servers=http://127.0.0.1:${etcd}`,
    `--bind-address=${site.bind}`,
    `--secure-port=${api}`,
    `--advertise-address=${site.advertise}`,
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
    ...site.apiServer,
  );
  // It signs its own certificate and writes the key last: then the certificate is whole.
  await crew.untilAlive(appears(join(state, 'pki', 'apiserver.key')));
  const authority = join(state, 'pki', 'apiserver.crt');
  const ca = await readFile(authority);
  const config = (server: string, users: readonly [User, ...User[]]): string =>
    kubeconfig({ server, ca, ...(site.serverName && { serverName: site.serverName }) }, users);
  await secretFile(controlPlane.kubeconfig, config(controlPlane.server, [admin, viewer]));
  for (const user of components) await secretFile(join(state, user.file), config(site.server, [user]));

  const client = await apiOf(controlPlane.kubeconfig);
  if (site.controllerManager === undefined) {
    await crew.untilAlive(answers(client, '/readyz'));
    await crew.untilAlive(answers(client, '/api/v1/namespaces/kube-system'));
    return { ready: Date.now() - started, usable: Date.now() - started };
  }
  await run(
    'kube-controller-manager',
    ...controllerFlags(state, 'controller-manager', controllerManager),
    `--service-account-private-key-file=${secret}`,
    `--root-ca-file=${authority}`,
    '--use-service-account-credentials=true',
    `--service-cluster-ip-range=${serviceRange}`,
    `--cluster-cidr=${podRange}`,
    '--allocate-node-cidrs=false',
    // At the default rate it is still creating its own 35 ServiceAccounts when the first test wants one.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    ...site.controllerManager,
  );
  await run('kube-scheduler', ...controllerFlags(state, 'scheduler', scheduler));

  await crew.untilAlive(answers(client, '/readyz'));
  const ready = Date.now() - started;
  await crew.untilAlive(answers(client, '/api/v1/namespaces/default/serviceaccounts/default'));
  return { ready, usable: Date.now() - started };
}

const serviceRange = '10.96.0.0/16';
export const podRange = '10.244.0.0/16';

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
  readonly group: string;
  readonly token: string;
}

function newUser(name: string, group = ''): User {
  return { name, group, token: randomBytes(16).toString('hex') };
}

/** One context per user, named after it; the first is current. The CA is inside, so that the file can be moved. */
function kubeconfig(
  { server, ca, serverName }: { server: string; ca: Buffer; serverName?: string },
  users: readonly [User, ...User[]],
): string {
  const cluster = {
    server,
    'certificate-authority-data': ca.toString('base64'),
    ...(serverName !== undefined && { 'tls-server-name': serverName }),
  };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'svcdoctor-test', cluster }],
    users: users.map(({ name, token }) => ({ name, user: { token } })),
    contexts: users.map(({ name }) => ({ name, context: { cluster: 'svcdoctor-test', user: name } })),
    'current-context': users[0].name,
  });
}

/** All are held until the last is known: asked one after the other, the system may name the same port twice. */
async function freePorts(): Promise<Ports> {
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
  const [etcd = 0, peer = 0, api = 0, controllerManager = 0, scheduler = 0] = ports;
  return { etcd, peer, api, controllerManager, scheduler };
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

async function readLogs(state: string): Promise<string> {
  const logs = (await readdir(state)).filter((name) => name.endsWith('.log'));
  return (await Promise.all(logs.map((name) => readFile(join(state, name), 'utf8')))).join('');
}
