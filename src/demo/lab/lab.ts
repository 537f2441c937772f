import { nearestName } from '../../k8s/nearest-name.ts';
import type { ConfigMap, KubeObject } from '../../k8s/objects.ts';
import { whyNotReady } from '../../k8s/pod-troubles.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { DemoCluster, HttpAnswer, Manifest } from '../cluster.ts';
import { demandDemo, explainRefusal } from '../deploy.ts';
import { isOurs, owner, ownerLabel, titleOf, type Demo } from '../manifests.ts';
import { pause } from '../pause.ts';
import { deployments, progressOf, readDeployment, type DeploymentName } from '../rollout.ts';
import { askApi, formatAnswer, isOk } from '../prove.ts';
import type { Teller } from '../teller.ts';
import { breakNamed, breaks, damaged, hintsOf, type Break } from './breaks.ts';
import { labLabel } from './changes.ts';
import type { Hint } from './checklist.ts';

/** A demo to practise on. */
export interface Lab {
  readonly cluster: DemoCluster;
  readonly demo: Demo;
  readonly tell: Teller;
  /** How long to wait for Pods at most, in milliseconds. */
  readonly patience: number;
  readonly signal: AbortSignal;
}

const path = '/health/db';
const look = 500;

/** What the person sees of the demo now. */
export type Sight =
  | { readonly state: 'works'; readonly words: string }
  | { readonly state: 'fails'; readonly words: string }
  /** Some Pods answer well, others do not: something is just changing. */
  | { readonly state: 'mixed'; readonly words: string };

/** Asks the api through its Service, each of its Pods. */
export async function see({ cluster, demo, signal }: Lab): Promise<Sight> {
  const answers = await askApi(cluster, demo.namespace, path, signal);
  const wrong = answers.filter(({ answer }) => !isOk(answer));
  const [first] = answers;
  if (!first) return { state: 'fails', words: `GET ${path} → connection refused: nobody answers at svc/api` };
  const shown = ({ answer }: { readonly answer: HttpAnswer | string }) => `GET ${path} → ${formatAnswer(answer)}`;
  const [worst] = wrong;
  if (!worst) return { state: 'works', words: shown(first) };
  return { state: wrong.length === answers.length ? 'fails' : 'mixed', words: shown(worst) };
}

/** Waits until the demo is seen to work, or to fail, twice in a row; returns what is seen last where it never is. */
async function awaitSight(lab: Lab, wanted: 'works' | 'fails', what: string, milliseconds: number): Promise<Sight> {
  let before: Sight | undefined;
  for (const deadline = Date.now() + Math.min(milliseconds, lab.patience); ; await pause(look, lab.signal)) {
    const sight = await see(lab);
    if (Date.now() > deadline || (sight.state === wanted && before?.state === wanted)) return sight;
    before = sight;
    lab.tell.waiting(what);
  }
}

/** Breaks the demo in the way named, or in one that chance picks, and returns what a person sees of it. */
export async function breakIt(lab: Lab, name: string | undefined, random: () => number): Promise<Sight> {
  const { cluster, demo, tell, signal } = lab;
  const chosen = name === undefined ? pickOne(random) : demandBreak(name);
  await demandDemo(cluster, demo, signal);
  const here = inNamespace(demo);
  if (await readState(lab))
    throw new UserError('already-broken', 'something is broken already', {
      hint: `svcdoctor lab hint${here} helps to find it; svcdoctor lab repair${here} puts it back`,
    });
  const before = await see(lab);
  if (before.state !== 'works')
    throw new UserError('not-working', `the demo does not work as it is: ${before.words}`, {
      hint: `svcdoctor lab repair${here} puts everything back`,
    });
  const damage = damaged(chosen, demo.manifests, demo.namespace);
  const added = damage.filter((manifest) => !isPart(demo, manifest));
  for (const manifest of added) await demandPlace(lab, manifest);
  await writeState(lab, { broken: chosen, hints: 0 });
  for (const manifest of damage) await (added.includes(manifest) ? apply(lab, manifest) : put(lab, manifest));
  const sight = await awaitSight(lab, 'fails', 'the failure to show itself', 90_000);
  if (sight.state === 'fails') {
    await awaitSettled(lab, chosen);
    return see(lab);
  }
  tell.waiting('putting everything back');
  await restore(lab);
  throw new UserError('no-effect', `${chosen.name} changed nothing that can be seen here, and was taken back`, {
    hint: /policy/.test(chosen.name)
      ? 'this cluster’s network plugin does not enforce NetworkPolicies; try another: svcdoctor lab list'
      : 'try another: svcdoctor lab list',
  });
}

/** Until what is just starting has started, or is seen not to: else whoever looks at once sees a rollout, not the failure. */
async function awaitSettled(lab: Lab, { keepsDown }: Break): Promise<void> {
  const { cluster, demo, tell, signal } = lab;
  const isSettled = async (name: DeploymentName) => {
    const { workload, pods } = await readDeployment(cluster, demo.namespace, name, signal);
    if (name !== keepsDown?.deployment) return progressOf(workload).complete;
    const troubles = pods.map((pod) => whyNotReady(pod));
    return troubles.length > 0 && troubles.every((trouble) => trouble?.kind === keepsDown.as);
  };
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await pause(look, signal)) {
    const settled = await Promise.all(deployments.map(isSettled));
    if (settled.every(Boolean)) return;
    tell.waiting('the Pods to settle');
  }
}

const pickOne = (random: () => number): Break => breaks[Math.floor(random() * breaks.length)] ?? breaks[0];

function demandBreak(name: string): Break {
  const found = breakNamed(name);
  if (found) return found;
  const nearest = nearestName(
    name,
    breaks.map((each) => each.name),
  );
  throw new UserError('no-such-break', `there is no failure called ${name}`, {
    hint: nearest ? `did you mean ${nearest}? svcdoctor lab list names them all` : 'svcdoctor lab list names them all',
  });
}

export interface GivenHint extends Hint {
  readonly number: number;
  readonly of: number;
}

/** The next step on the way to the cause; the last one again once there is no more. */
export async function nextHint(lab: Lab): Promise<GivenHint> {
  const state = await readState(lab);
  if (!state)
    throw new UserError('nothing-broken', 'nothing is broken, as far as the lab knows', {
      hint: `svcdoctor lab break${inNamespace(lab.demo)} breaks something`,
    });
  const hints = hintsOf(state.broken, lab.demo.namespace);
  const number = Math.min(state.hints + 1, hints.length);
  const hint = hints[number - 1];
  if (!hint) throw new Error(`${state.broken.name} has no hints`);
  await writeState(lab, { broken: state.broken, hints: number });
  return { ...hint, number, of: hints.length };
}

export interface Verdict {
  readonly sight: Sight;
  /** What had been wrong, or is; absent where the lab has broken nothing. */
  readonly broken?: Break;
}

/** Whether it works again; if so, the lab forgets what was broken. A rollout that has just begun is given its time. */
export async function verify(lab: Lab): Promise<Verdict> {
  await demandDemo(lab.cluster, lab.demo, lab.signal);
  const state = await readState(lab);
  const sight = await awaitSight(lab, 'works', 'whether it works again', 30_000);
  if (!state) return { sight };
  if (sight.state === 'works') await forget(lab);
  return { sight, broken: state.broken };
}

/** Puts every object back as the manifests say, takes away what the lab has added, and waits until the demo works. */
export async function repair(lab: Lab): Promise<Verdict> {
  const state = await readState(lab);
  await demandRoom(lab);
  await restore(lab);
  const sight = await awaitSight(lab, 'works', 'the demo to work again', lab.patience);
  return { sight, ...(state ? { broken: state.broken } : {}) };
}

/** To repair is to write: only where the demo is ours, though some of it may be missing. */
async function demandRoom({ cluster, demo, signal }: Lab): Promise<void> {
  await demandDemo(cluster, demo, signal).catch((error: unknown) => {
    if (!(error instanceof UserError && error.code === 'no-demo' && /not whole/.test(error.message))) throw error;
  });
}

async function restore(lab: Lab): Promise<void> {
  const { cluster, demo, signal } = lab;
  const [, ...others] = demo.manifests;
  const added = await Promise.all(
    [{ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }].map((kind) =>
      cluster.list<KubeObject>(kind, demo.namespace, labLabel, signal),
    ),
  );
  for (const object of added.flat()) await cluster.remove(object, signal);
  for (const manifest of others) await put(lab, manifest);
  await forget(lab);
}

/** Makes an object what the manifest says, whoever has changed what in it, and ours again. */
export async function put(lab: Lab, manifest: Manifest): Promise<void> {
  const { cluster, demo, signal } = lab;
  const seen = await cluster.look(manifest, signal);
  if (seen.state === 'found') {
    const replaced = await cluster.replace(manifest, signal);
    // What cannot be changed, such as a Service that somebody made headless, is made anew.
    if (replaced.state === 'refused' && replaced.status === 422) await removeAndWait(cluster, seen.object, signal);
    else if (!('object' in replaced)) throw explainRefusal(manifest, demo.namespace, replaced, new Map());
  }
  await apply(lab, manifest);
}

async function apply({ cluster, demo, signal }: Lab, manifest: Manifest): Promise<void> {
  const applied = await cluster.apply(manifest, { force: true, dryRun: false }, signal);
  if (!('object' in applied)) throw explainRefusal(manifest, demo.namespace, applied, new Map());
}

const isPart = ({ manifests }: Demo, { kind, metadata }: Manifest): boolean =>
  manifests.some((each) => each.kind === kind && each.metadata.name === metadata.name);

/** What is added to the demo takes nobody's place. */
async function demandPlace({ cluster, demo, signal }: Lab, manifest: Manifest): Promise<void> {
  const seen = await cluster.look(manifest, signal);
  if (seen.state === 'found' && !isOurs(seen.object))
    throw new UserError('not-ours', `${titleOf(manifest)} in namespace ${demo.namespace} is not svcdoctor’s`, {
      hint: `break something else: svcdoctor lab list${inNamespace(demo)}`,
    });
}

async function removeAndWait(cluster: DemoCluster, object: KubeObject, signal: AbortSignal): Promise<void> {
  await cluster.remove(object, signal);
  for (let tries = 0; tries < 60; tries += 1) {
    const seen = await cluster.look(object, signal);
    if (seen.state !== 'found' || seen.object.metadata.uid !== object.metadata.uid) return;
    await pause(look, signal);
  }
  throw new UserError('still-there', `${titleOf(object)} does not go away`, {
    hint: `kubectl get ${titleOf(object)} -n ${object.metadata.namespace} -o yaml shows its finalizers`,
  });
}

interface State {
  readonly broken: Break;
  /** How many hints were given. */
  readonly hints: number;
}

/** The lab's memory is in the cluster, so that whoever comes next knows as well. */
const stateOf = ({ demo }: Lab): Manifest & { readonly metadata: { readonly namespace: string } } => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: 'svcdoctor-lab',
    namespace: demo.namespace,
    labels: { [ownerLabel]: owner },
  },
});

async function readState(lab: Lab): Promise<State | undefined> {
  const { data } = (await lab.cluster.get<ConfigMap>(stateOf(lab), lab.signal)) ?? {};
  const broken = breakNamed(data?.['broken'] ?? '');
  return broken && { broken, hints: Number(data?.['hints'] ?? 0) || 0 };
}

async function writeState(lab: Lab, { broken, hints }: State): Promise<void> {
  const manifest = { ...stateOf(lab), data: { broken: broken.name, hints: String(hints) } };
  const written = await lab.cluster.apply(manifest, { force: true, dryRun: false }, lab.signal);
  if (!('object' in written)) throw explainRefusal(manifest, lab.demo.namespace, written, new Map());
}

async function forget(lab: Lab): Promise<void> {
  const seen = await lab.cluster.look(stateOf(lab), lab.signal);
  if (seen.state === 'found') await lab.cluster.remove(seen.object, lab.signal);
}

const inNamespace = ({ namespace }: Demo): string => (namespace === 'demo' ? '' : ` -n ${namespace}`);
