import { type ChildProcess, execFile, fork } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { type Server, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ensurePackages } from '../../kit/debian-packages.ts';
import { type Api, apiOf } from '../api.ts';
import { ensureBinaries, ensureCoreDns, wholeNode } from '../binaries.ts';
import { ClusterError } from '../cluster-error.ts';
import { auditFlags, type Site, runControlPlane } from '../control-plane.ts';
import { installClusterDns } from '../demo.ts';
import type { Node } from '../objects.ts';
import { searchPath } from '../processes.ts';
import { type ControlPlane, prepare } from '../record.ts';
import { type Crew, crewOf, inspectCluster, stopCluster } from '../running.ts';
import { type Archives, ensureImages } from './images.ts';
import { giveNodeBack, takeNode } from './turn.ts';
import { nodeObstacle, nodePackages } from './packages.ts';
import { makeControlGroups, nodeAddress, nodeName, writeSettings } from './settings.ts';

type Log = (text: string) => void;

const here = import.meta.dirname;

/** The cluster with a node in that folder: the one that runs there, or a new one with whatever it needs first. */
export async function ensureNode(folder: string, log: Log): Promise<ControlPlane> {
  const found = await inspectCluster(folder);
  if (found?.running) {
    log('the cluster is up already\n');
    return found.controlPlane;
  }
  if (found?.starting) throw new ClusterError(`another process is just starting a cluster in ${resolve(folder)}`);
  if (found) log('the cluster there does not run any more: starting a new one\n');
  await stopNode(folder);
  return startNode(folder, log);
}

/** Ends the cluster in that folder and leaves the machine's one place for a node to the next. False: there was none. */
export async function stopNode(folder: string): Promise<boolean> {
  const stopped = await stopCluster(folder);
  await giveNodeBack(resolve(folder));
  return stopped;
}

/** Starts everything and returns when CoreDNS is ready. Whatever goes wrong, nothing is left running. */
export async function startNode(folder: string, log: Log): Promise<ControlPlane> {
  const obstacle = await nodeObstacle();
  if (obstacle !== undefined) throw new ClusterError(`no cluster with a node on this machine: ${obstacle}`);
  const state = resolve(folder);
  if (/^\/(run|var\/(lib|log|run))\//.test(state)) {
    throw new ClusterError(`${state} lies in a folder that the node covers with its own`, {
      hint: 'Name one elsewhere with --state.',
    });
  }
  await ensurePackages(nodePackages, log);
  const binaries = await ensureBinaries(log, wholeNode);
  const archives = await ensureImages(log, await ensureCoreDns(log));
  await takeNode(state, log);
  try {
    await prepare(state);
    return await start(state, binaries, archives, log);
  } catch (cause) {
    await stopNode(state);
    throw cause;
  }
}

async function start(state: string, binaries: string, archives: Archives, log: Log): Promise<ControlPlane> {
  const started = Date.now();
  const times: string[] = [];
  const mark = (what: string): void => void times.push(`${what} ${Date.now() - started} ms`);

  const outside = await listenOnLoopback();
  const kubeconfig = join(state, 'kubeconfig');
  const crew = await crewOf({ state, binaries, server: outside.url, kubeconfig });
  await writeSettings(state);
  await makeControlGroups();

  const unshare = ['unshare', '--net', '--mount', '--pid', '--fork', '--mount-proc'];
  const { pid: init } = await crew.run(join(here, 'init.sh'), [`${state}/`], unshare);
  const controlPlane: ControlPlane = {
    state,
    binaries,
    server: outside.url,
    kubeconfig,
    node: { name: nodeName, init },
  };
  await crew.report({ controlPlane });
  await crew.untilAlive(eventually('the namespaces are not set up', () => existsSync(join(state, 'inside'))));

  const enter = ['nsenter', `--target=${init}`, '--mount', '--net', '--pid', '--'];
  await crew.run('containerd', [`--config=${state}/containerd.toml`], enter);
  const helper = await startInside(crew, controlPlane, outside.server);
  const audited = await auditFlags(state);
  const systemImages = importImages(init, archives.system);
  const [up] = await Promise.all([runControlPlane(crew, controlPlane, site(enter, audited)), systemImages]);
  helper.send('enforce network policies');
  helper.disconnect();
  helper.unref();
  times.push(`/readyz ${up.ready} ms, default ServiceAccount ${up.usable} ms`);

  await crew.run(
    join(binaries, 'kubelet'),
    [
      `--config=${state}/kubelet.yaml`,
      `--kubeconfig=${state}/kubelet.conf`,
      `--node-ip=${nodeAddress}`,
      `--hostname-override=${nodeName}`,
      '--root-dir=/var/lib/kubelet',
      '--cert-dir=/var/lib/kubelet/pki',
    ],
    enter,
  );
  await crew.run(join(binaries, 'kube-proxy'), [`--config=${state}/kube-proxy.yaml`], enter);
  const applicationImages = importImages(init, archives.applications);
  const api = await apiOf(kubeconfig);
  await crew.untilAlive(eventually(`Node ${nodeName} is not Ready`, () => isReady(api)));
  mark('Node Ready');
  await crew.untilAlive(installClusterDns(controlPlane, api));
  mark('CoreDNS Ready');
  await crew.untilAlive(applicationImages);
  mark('all images there');
  await crew.report({ starting: false });
  log(`${times.join(', ')}\n`);
  return controlPlane;
}

function site(enter: readonly string[], audited: readonly string[]): Site {
  return {
    enter,
    ports: { etcd: 2379, peer: 2380, api: 6443, controllerManager: 10257, scheduler: 10259 },
    bind: '0.0.0.0',
    advertise: nodeAddress,
    server: 'https://127.0.0.1:6443',
    // Bound to every address, it signs for none of them but for this name.
    serverName: 'localhost',
    users: [
      { name: `system:node:${nodeName}`, group: 'system:nodes', file: 'kubelet.conf' },
      { name: 'system:kube-proxy', file: 'kube-proxy.conf' },
      { name: 'network-policies', group: 'system:masters', file: 'policies.conf' },
    ],
    apiServer: ['--kubelet-preferred-address-types=InternalIP', ...audited],
    // A kubelet that stops is missed after 20 s instead of 50: tests wait for that.
    controllerManager: ['--node-monitor-grace-period=20s', '--node-monitor-period=2s'],
  };
}

async function listenOnLoopback(): Promise<{ server: Server; url: string }> {
  const server = createServer();
  await new Promise<void>((settle, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', settle);
  });
  const address = server.address();
  return { server, url: `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}` };
}

/** The process of `inside.ts`: it takes over the socket that listens outside, and gets its orders as messages. */
async function startInside(crew: Crew, { state, node }: ControlPlane, outside: Server): Promise<ChildProcess> {
  const log = openSync(join(state, 'inside.ts.log'), 'a');
  const helper: ChildProcess = fork(new URL('./inside.ts', import.meta.url), [`${state}/`], {
    execPath: 'nsenter',
    // In the process namespace too, so that it ends with all the rest.
    execArgv: [`--target=${node?.init}`, '--mount', '--net', '--pid', '--', process.execPath],
    cwd: state,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { PATH: searchPath(), HOME: state },
  });
  closeSync(log);
  await crew.take('inside.ts', helper, true);
  const relaying = new Promise<void>((settle) => helper.once('message', () => settle()));
  helper.send('relay', outside);
  await crew.untilAlive(relaying);
  outside.close();
  return helper;
}

async function importImages(init: number, archives: readonly string[]): Promise<void> {
  const inside = ['--target', String(init), '--mount', '--net', '--pid', '--', 'ctr', '--namespace=k8s.io'];
  const ctr = (...args: readonly string[]): Promise<unknown> =>
    promisify(execFile)('nsenter', [...inside, ...args], { env: { PATH: searchPath() } });
  await eventually('containerd does not answer', () =>
    ctr('version').then(
      () => true,
      () => false,
    ),
  );
  for (const archive of archives) await ctr('images', 'import', archive);
}

async function isReady(api: Api): Promise<boolean> {
  const node = await api.get<Node>(`/api/v1/nodes/${nodeName}`).catch(() => undefined);
  return node?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

async function eventually(complaint: string, question: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 90_000; !(await question()); await delay(50)) {
    if (Date.now() > deadline) throw new ClusterError(`${complaint} after 90 s`);
  }
}
