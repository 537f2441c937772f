import type { KubeObject } from '../k8s/objects.ts';
import { UserError } from '../snapshot/user-error.ts';
import type { DemoCluster, Manifest, Written } from './cluster.ts';
import { isOurs, titleOf, type Demo } from './manifests.ts';
import type { Teller } from './teller.ts';

export interface DeployOptions {
  /** The person named the namespace, and so agreed to its being used as it is. */
  readonly namespaceChosen: boolean;
  /** Take over objects and fields of others. */
  readonly force: boolean;
}

type Outcome = Extract<Written, { object: unknown }>['state'] | 'used as it is';

export interface Deployed {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  readonly unchanged: boolean;
}

/**
 * Puts the demo's objects into the cluster. Before the first of them is written, whose they are and what the server would say to each is
 * asked: nothing of other people's is touched, and a refusal leaves nothing half done. Throws UserErrors.
 */
export async function deploy(
  cluster: DemoCluster,
  demo: Demo,
  options: DeployOptions,
  tell: Teller,
  signal: AbortSignal,
): Promise<Deployed> {
  const room = await inspectNamespace(cluster, demo, options.namespaceChosen, signal);
  const foreign = room === 'missing' ? [] : await demandOwnership(cluster, demo, options.force, signal);
  if (room !== 'missing') await rehearse(cluster, demo, foreign, options.force, signal);
  const outcomes = new Map<string, Outcome>();
  const [namespace, ...others] = demo.manifests;
  for (const manifest of room === 'foreign' ? others : [namespace, ...others]) {
    // Of an object that was somebody else's, apply alone would leave half.
    if (foreign.includes(titleOf(manifest))) await takeOver(cluster, manifest, demo.namespace, signal);
    const written = await cluster.apply(manifest, { force: options.force, dryRun: false }, signal);
    if (!('object' in written)) throw explainRefusal(manifest, demo.namespace, written, outcomes);
    outcomes.set(titleOf(manifest), written.state);
    tell.done(`${titleOf(manifest)} ${written.state}`);
  }
  return { outcomes, unchanged: [...outcomes.values()].every((outcome) => outcome === 'unchanged') };
}

async function takeOver(
  cluster: DemoCluster,
  manifest: Manifest,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  const replaced = await cluster.replace(manifest, signal);
  if ('object' in replaced) return;
  if (replaced.state !== 'refused' || replaced.status !== 422)
    throw explainRefusal(manifest, namespace, replaced, new Map());
  throw new UserError(
    'cannot-take-over',
    `${titleOf(manifest)} in namespace ${namespace} cannot be turned into ours: ${replaced.message}`,
    {
      hint: `if nobody needs it: kubectl delete ${titleOf(manifest)} -n ${namespace}, then run this again; or put the demo elsewhere with -n NAME`,
    },
  );
}

/** What the server says it would do to each object; nothing is written. Throws as `deploy` would. */
export async function tryOut(
  cluster: DemoCluster,
  demo: Demo,
  options: DeployOptions,
  tell: Teller,
  signal: AbortSignal,
): Promise<void> {
  const room = await inspectNamespace(cluster, demo, options.namespaceChosen, signal);
  const [namespace, ...others] = demo.manifests;
  if (room === 'missing') {
    const written = await cluster.apply(namespace, { force: options.force, dryRun: true }, signal);
    if (!('object' in written)) throw explainRefusal(namespace, demo.namespace, written, new Map());
    tell.done(`${titleOf(namespace)} created (server dry run)`);
    for (const manifest of others) tell.unknown(`${titleOf(manifest)} not tried: its namespace does not exist yet`);
    return;
  }
  const foreign = await demandOwnership(cluster, demo, options.force, signal);
  for (const title of foreign) tell.done(`${title} overwritten`);
  for (const [manifest, state] of await rehearse(cluster, demo, foreign, options.force, signal))
    tell.done(`${titleOf(manifest)} ${state} (server dry run)`);
}

type Room = 'missing' | 'ours' | 'foreign';

/** Whose the namespace is. One of somebody else's is used only where the person named it, and never changed. */
async function inspectNamespace(
  cluster: DemoCluster,
  { namespace, manifests: [manifest] }: Demo,
  chosen: boolean,
  signal: AbortSignal,
): Promise<Room> {
  const seen = await cluster.look(manifest, signal);
  if (seen.state === 'absent') return 'missing';
  // Who may not see whether it exists may still work in it.
  if (seen.state === 'forbidden' && chosen) return 'foreign';
  if (seen.state === 'forbidden')
    throw new UserError('forbidden', `you may not see whether there is a namespace ${namespace}`, {
      hint: 'name the namespace that you may use: -n NAME',
    });
  if (seen.object.metadata.deletionTimestamp !== undefined)
    throw new UserError('being-deleted', `namespace ${namespace} is just being deleted`, {
      hint: `wait until it is gone, then run this again: kubectl wait --for=delete namespace/${namespace} --timeout=3m`,
    });
  if (isOurs(seen.object)) return 'ours';
  if (chosen) return 'foreign';
  throw new UserError('not-ours', `there is a namespace ${namespace}, and svcdoctor did not make it`, {
    hint: `put the demo elsewhere with -n NAME, or into this namespace as it is with -n ${namespace}`,
  });
}

/** An object that exists and does not carry our label is somebody else's; which ones are, where they may be overwritten. */
async function demandOwnership(
  cluster: DemoCluster,
  demo: Demo,
  force: boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { namespace } = demo;
  const [, ...others] = demo.manifests;
  const seen = await Promise.all(others.map((manifest) => cluster.look(manifest, signal)));
  const there = seen.flatMap((each): KubeObject[] => (each.state === 'found' ? [each.object] : []));
  const leaving = there.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  if (leaving.length > 0)
    throw new UserError(
      'being-deleted',
      `${listed(leaving)} in namespace ${namespace} ${are(leaving)} just being deleted`,
      {
        hint: 'wait a moment, then run this again',
      },
    );
  const foreign = there.filter((object) => !isOurs(object));
  if (foreign.length === 0 || force) return foreign.map(titleOf);
  throw new UserError(
    'not-ours',
    `${listed(foreign)} in namespace ${namespace} ${are(foreign)} there already, and svcdoctor did not make ${foreign.length === 1 ? 'it' : 'them'}`,
    { hint: 'put the demo elsewhere with -n NAME, or overwrite what is there with --force-conflicts' },
  );
}

const listed = (objects: readonly KubeObject[]): string => objects.map(titleOf).join(', ');
const are = (objects: readonly KubeObject[]): string => (objects.length === 1 ? 'is' : 'are');

/** A server-side dry run of all that is ours or new; the Namespace exists. */
async function rehearse(
  cluster: DemoCluster,
  demo: Demo,
  foreign: readonly string[],
  force: boolean,
  signal: AbortSignal,
): Promise<readonly (readonly [Manifest, Outcome])[]> {
  const [, ...others] = demo.manifests;
  return Promise.all(
    others
      .filter((manifest) => !foreign.includes(titleOf(manifest)))
      .map(async (manifest) => {
        const written = await cluster.apply(manifest, { force, dryRun: true }, signal);
        if (!('object' in written)) throw explainRefusal(manifest, demo.namespace, written, new Map());
        return [manifest, written.state] as const;
      }),
  );
}

/** What the API server said no to, in words, and the way back. */
export function explainRefusal(
  manifest: Manifest,
  namespace: string,
  refusal: Exclude<Written, { object: unknown }>,
  done: ReadonlyMap<string, Outcome>,
): UserError {
  const title = titleOf(manifest);
  const made = [...done.values()].includes('created');
  const wayBack = made ? `; what was made so far goes with: svcdoctor deploy-demo --delete -n ${namespace}` : '';
  if (refusal.state === 'conflict') {
    if (refusal.fields.every(({ manager }) => manager === 'svcdoctor-lab'))
      return new UserError('conflict', `the lab has broken ${title} in namespace ${namespace}`, {
        hint: `svcdoctor lab repair${namespace === 'demo' ? '' : ` -n ${namespace}`} puts it back`,
      });
    const fields = refusal.fields.map(({ path, manager }) => `${path} (by ${manager})`).join(', ');
    return new UserError('conflict', `somebody has changed ${title} in namespace ${namespace}: ${fields}`, {
      hint: `--force-conflicts sets it back${wayBack}`,
    });
  }
  const { status, message } = refusal;
  if (/exceeded quota|must specify (limits|requests)/.test(message))
    return new UserError('quota', `a quota of namespace ${namespace} does not admit ${title}: ${tailOf(message)}`, {
      hint: `kubectl describe quota -n ${namespace} shows it; -n NAME puts the demo elsewhere${wayBack}`,
    });
  if (status === 403 && manifest.kind === 'Namespace')
    return new UserError('forbidden', `you may not create namespace ${namespace} here`, {
      hint: 'ask whoever runs the cluster for a namespace, then: svcdoctor deploy-demo -n THAT_NAMESPACE',
    });
  if (status === 403)
    return new UserError('forbidden', `you may not write ${title} in namespace ${namespace}: ${tailOf(message)}`, {
      hint: `kubectl auth can-i --list -n ${namespace} shows what you may do; -n NAME puts the demo elsewhere${wayBack}`,
    });
  if (status === 404)
    return new UserError('no-namespace', `namespace ${namespace} does not exist, or is just being deleted`, {
      hint: `run this again${wayBack}`,
    });
  return new UserError('refused', `the API server refuses ${title}: ${message}`, {
    hint: `${/denied the request|admission webhook/.test(message) ? 'a policy of this cluster says so; ask whoever runs it' : 'svcdoctor deploy-demo -o yaml shows what it was sent'}${wayBack}`,
  });
}

/** `secrets "x" is forbidden: exceeded quota: y` without what we have said ourselves. */
const tailOf = (message: string): string => message.replace(/^\S+ "[^"]*" is forbidden: /, '');

/** Whether a demo of ours is in that namespace, so that it can be broken, watched and removed. */
export async function demandDemo(cluster: DemoCluster, demo: Demo, signal: AbortSignal): Promise<void> {
  const [, ...others] = demo.manifests;
  const seen = await Promise.all(
    others.map(async (manifest) => ({ manifest, looked: await cluster.look(manifest, signal) })),
  );
  const hidden = seen.flatMap(({ looked }) => (looked.state === 'forbidden' ? looked.message : []));
  if (hidden[0] !== undefined)
    throw new UserError('forbidden', `you may not see the demo in namespace ${demo.namespace}: ${hidden[0]}`, {
      hint: `kubectl auth can-i --list -n ${demo.namespace} shows what you may do`,
    });
  const missing = seen.filter(
    ({ looked }) => looked.state !== 'found' || looked.object.metadata.deletionTimestamp !== undefined,
  );
  const elsewhere = demo.namespace === 'demo' ? '' : ` -n ${demo.namespace}`;
  if (missing.length > 0)
    throw new UserError(
      'no-demo',
      missing.length === seen.length
        ? `there is no demo in namespace ${demo.namespace}`
        : `the demo in namespace ${demo.namespace} is not whole: ${missing.map(({ manifest }) => titleOf(manifest)).join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing`,
      { hint: `put it there: svcdoctor deploy-demo${elsewhere}` },
    );
  const foreign = seen.flatMap(({ looked }) =>
    looked.state === 'found' && !isOurs(looked.object) ? [looked.object] : [],
  );
  if (foreign.length > 0)
    throw new UserError(
      'not-ours',
      `${listed(foreign)} in namespace ${demo.namespace} ${are(foreign)} not svcdoctor’s`,
      {
        hint: 'name the namespace that holds the demo: -n NAME',
      },
    );
}
