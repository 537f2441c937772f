import { readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ClusterError } from '../cluster-error.ts';
import { commandLine } from '../processes.ts';
import { inspectCluster, stopCluster } from '../running.ts';

/**
 * One cluster with a node per machine: their kubelets would share the control groups. Whose turn it is stands in a
 * file, and the turn of somebody who has died is over.
 */
const file = '/run/svcdoctor-node.json';

interface Turn {
  readonly owner: number;
  readonly state: string;
}

/** Half an hour: several test runs may stand in the queue. */
const patience = 30 * 60_000;

/** Returns when it is this folder's turn. Waits for a test run's end, but not for a cluster that was put up to stay. */
export async function takeNode(state: string, log: (text: string) => void): Promise<void> {
  const mine: Turn = { owner: process.pid, state };
  for (const deadline = Date.now() + patience; ; await delay(500)) {
    const taken = await writeFile(file, JSON.stringify(mine), { flag: 'wx' }).then(
      () => true,
      () => false,
    );
    if (taken) return;
    const other = await whoseTurn();
    if (!other) continue;
    const owned = (await commandLine(other.owner)) !== undefined;
    const running = (await inspectCluster(other.state))?.components.some((component) => component.running);
    if (!owned && !running) {
      await stopCluster(other.state);
      await giveNodeBack(other.state);
    } else if (!owned || Date.now() > deadline) {
      throw new ClusterError(`this machine's one cluster with a node is up in ${other.state}`, {
        hint: `Use that one, or end it: npm run cluster -- down --node --state ${other.state}`,
      });
    } else if (deadline - Date.now() > patience - 500) {
      log(`waiting for the cluster with a node in ${other.state}: this machine has room for one\n`);
    }
  }
}

export async function giveNodeBack(state: string): Promise<void> {
  if ((await whoseTurn())?.state === state) await rm(file, { force: true });
}

async function whoseTurn(): Promise<Turn | undefined> {
  return readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Turn,
    () => undefined,
  );
}
