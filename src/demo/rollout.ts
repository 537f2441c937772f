import type { Pod, Workload } from '../k8s/objects.ts';
import { whyNotReady, type PodTrouble } from '../k8s/pod-troubles.ts';
import { conditionOf, isTerminating } from '../k8s/pods.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { DemoCluster } from './cluster.ts';
import { pause } from './pause.ts';
import type { Teller } from './teller.ts';

export const deployments = ['db', 'api'] as const;
export type DeploymentName = (typeof deployments)[number];

/** How the wait for the Deployments ended. `stuck`: it will not become better by itself, or did not in time. */
export type RolloutEnd =
  | { readonly state: 'complete' }
  | { readonly state: 'stuck'; readonly deployment: DeploymentName; readonly why: string };

export interface RolloutOptions {
  readonly namespace: string;
  readonly deployments?: readonly DeploymentName[];
  /** When to stop waiting, in milliseconds since the epoch. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

const look = 500;

/** Waits until every Pod of the Deployments is of their newest template, and available; ends early where waiting is vain. */
export async function awaitRollouts(
  cluster: DemoCluster,
  { namespace, deployments: names = deployments, deadline, signal }: RolloutOptions,
  tell: Teller,
): Promise<RolloutEnd> {
  const started = Date.now();
  const troubled = new Map<string, number>();
  const complete = new Set<DeploymentName>();
  for (;;) {
    const waited: string[] = [];
    for (const name of names) {
      if (complete.has(name)) continue;
      const { workload, pods } = await readDeployment(cluster, namespace, name, signal);
      const progress = progressOf(workload);
      if (progress.complete) {
        complete.add(name);
        tell.done(
          `deployment/${name} is rolled out, ${counted(progress.wanted, 'Pod')} ready (${secondsSince(started)})`,
        );
        continue;
      }
      const trouble = worstOf(workload, pods);
      if (trouble && isVain(trouble, since(troubled, `${name} ${trouble.key}`)))
        return { state: 'stuck', deployment: name, why: trouble.words };
      waited.push(
        `deployment/${name}: ${progress.ready} of ${counted(progress.wanted, 'Pod')} ready${trouble ? `, ${trouble.words}` : ''}`,
      );
      if (Date.now() >= deadline)
        return {
          state: 'stuck',
          deployment: name,
          why: `${progress.ready} of ${counted(progress.wanted, 'Pod')} ready after ${secondsSince(started)}${trouble ? `, ${trouble.words}` : ''}`,
        };
    }
    if (waited.length === 0) return { state: 'complete' };
    tell.waiting(waited.join(' · '));
    await pause(look, signal);
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
export const secondsSince = (started: number): string => `${Math.round((Date.now() - started) / 1000)} s`;

/** A Deployment and its Pods. Throws a UserError where somebody has deleted it. */
export async function readDeployment(
  cluster: DemoCluster,
  namespace: string,
  name: DeploymentName,
  signal: AbortSignal,
): Promise<{ workload: Workload; pods: readonly Pod[] }> {
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } };
  const [workload, pods] = await Promise.all([
    cluster.get<Workload>(deployment, signal),
    cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, namespace, `app=${name}`, signal),
  ]);
  if (!workload || workload.metadata.deletionTimestamp !== undefined)
    throw new UserError(
      'deleted-meanwhile',
      `somebody has deleted deployment/${name} in namespace ${namespace} meanwhile`,
      {
        hint: `svcdoctor deploy-demo${namespace === 'demo' ? '' : ` -n ${namespace}`} puts it back`,
      },
    );
  return { workload, pods };
}

export interface Progress {
  readonly wanted: number;
  readonly ready: number;
  readonly complete: boolean;
}

/** As `kubectl rollout status` judges it, and demanding that the old Pods are gone. Source: kubectl/pkg/polymorphichelpers/rollout_status.go. */
export function progressOf({ metadata, spec, status = {} }: Workload): Progress {
  const wanted = spec.replicas ?? 1;
  const {
    updatedReplicas = 0,
    replicas = 0,
    readyReplicas = 0,
    availableReplicas = 0,
    observedGeneration = 0,
  } = status;
  return {
    wanted,
    ready: Math.min(readyReplicas, wanted),
    complete:
      observedGeneration >= (metadata.generation ?? 0) &&
      updatedReplicas === wanted &&
      replicas === wanted &&
      availableReplicas === wanted,
  };
}

interface Trouble {
  /** The same while it is the same trouble, however its words change. */
  readonly key: string;
  readonly words: string;
  /** How long it may last before nobody should wait any more, in milliseconds; undefined for what may end by itself. */
  readonly patience: number | undefined;
}

const isVain = ({ patience }: Trouble, lasts: number): boolean => patience !== undefined && lasts >= patience;

function since(troubled: Map<string, number>, key: string): number {
  const first = troubled.get(key) ?? Date.now();
  troubled.set(key, first);
  return Date.now() - first;
}

/** What keeps a Deployment from its Pods: that which lasts, if there is any. */
function worstOf(workload: Workload, pods: readonly Pod[]): Trouble | undefined {
  const failure = conditionOf(workload, 'ReplicaFailure');
  if (failure?.status === 'True')
    return { key: 'creation', words: `its Pods are refused: ${firstLine(failure.message)}`, patience: 10_000 };
  const troubles = pods
    .filter((pod) => !isTerminating(pod))
    .flatMap((pod) => whyNotReady(pod) ?? [])
    .map(troubleOf);
  return troubles.find(({ patience }) => patience !== undefined) ?? troubles[0];
}

function troubleOf(trouble: PodTrouble): Trouble {
  switch (trouble.kind) {
    case 'image': {
      const final = ['InvalidImageName', 'ErrImageNeverPull'].includes(trouble.reason);
      // A registry that is busy gets the kubelet's second try, ten seconds later.
      return {
        key: `image ${trouble.image}`,
        words: `cannot pull image ${trouble.image}`,
        patience: final ? 0 : 20_000,
      };
    }
    case 'config':
      return {
        key: 'config',
        words: `container ${trouble.container} cannot be made: ${firstLine(trouble.message)}`,
        patience: 10_000,
      };
    case 'crash':
    case 'killed': {
      const said = `container ${trouble.container} has ended ${trouble.restarts + 1} times${trouble.exitCode === undefined ? '' : `, exit code ${trouble.exitCode}`}`;
      return { key: 'crash', words: said, patience: trouble.restarts >= 3 ? 0 : undefined };
    }
    case 'unschedulable':
      return {
        key: 'unschedulable',
        words: `no node takes its Pod: ${firstLine(trouble.message)}`,
        patience: undefined,
      };
    case 'probe':
      return { key: 'probe', words: `its ${trouble.probe} probe does not succeed yet`, patience: undefined };
    case 'starting':
    case 'init':
      return { key: 'starting', words: 'its containers are being made', patience: undefined };
    case 'volume':
    case 'sandbox':
      return { key: trouble.kind, words: firstLine(trouble.message) || trouble.reason, patience: undefined };
    case 'node':
      return { key: 'node', words: `node ${trouble.node} does not answer`, patience: undefined };
    case 'gate':
    case 'terminating':
    case 'finished':
    case 'unexplained':
      return { key: trouble.kind, words: trouble.reason, patience: undefined };
  }
}

const firstLine = (text = ''): string => (text.split('\n')[0] ?? '').trim();
