import { endpointsIn, isReadyEndpoint, serviceNameLabel } from '../../k8s/endpoints.ts';
import type { EndpointSlice, Pod, Service } from '../../k8s/objects.ts';
import { isReady, isTerminating } from '../../k8s/pods.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { DemoCluster, Manifest } from '../cluster.ts';
import { demandDemo } from '../deploy.ts';
import { pause } from '../pause.ts';
import { secondsSince } from '../rollout.ts';
import { withSpec } from './changes.ts';
import { put, see, type Lab } from './lab.ts';

export interface Exercise {
  readonly name: string;
  readonly shows: string;
  readonly run: (lab: Lab) => Promise<void>;
}

const look = 250;
const patience = 90_000;

export const exercises: readonly Exercise[] = [
  { name: 'scale', shows: 'five Pods of the api, and how its EndpointSlices follow', run: scale },
  { name: 'recover-db', shows: 'the db Pod deleted: another one, another IP, and the name goes on', run: recoverDb },
  { name: 'selector', shows: 'a selector that matches nobody, and the way back', run: selector },
];

/** Runs one on a demo that works, and leaves it as it was, whatever happens on the way. */
export async function exercise(lab: Lab, name: string): Promise<void> {
  const chosen = exercises.find((each) => each.name === name);
  if (!chosen)
    throw new UserError('no-such-exercise', `there is no exercise called ${name}`, {
      hint: `there are: ${exercises.map((each) => each.name).join(', ')}`,
    });
  await demandDemo(lab.cluster, lab.demo, lab.signal);
  const before = await see(lab);
  if (before.state !== 'works')
    throw new UserError('not-working', `the demo does not work as it is: ${before.words}`, {
      hint: `svcdoctor lab repair${lab.demo.namespace === 'demo' ? '' : ` -n ${lab.demo.namespace}`} puts everything back`,
    });
  await chosen.run(lab);
}

async function scale(lab: Lab): Promise<void> {
  const { demo, tell } = lab;
  const api = manifestOf(lab, 'Deployment', 'api');
  tell.done(`before: ${formatAddresses(await addressesOf(lab, 'api'))}`);
  await undoing(lab, api, async () => {
    tell.done(`now 5 Pods: kubectl scale deployment/api --replicas=5 -n ${demo.namespace}`);
    await put(
      lab,
      withSpec(api, (spec) => ({ ...spec, replicas: 5 })),
    );
    await watchAddresses(lab, 'api', 5);
    tell.done(`and 2 again: kubectl scale deployment/api --replicas=2 -n ${demo.namespace}`);
  });
  await watchAddresses(lab, 'api', 2);
  tell.done('Nobody had to tell the Service: its selector finds the Pods, and the slices list those that are ready.');
}

async function recoverDb(lab: Lab): Promise<void> {
  const { cluster, demo, tell, signal } = lab;
  const { namespace } = demo;
  const old = await onlyPod(cluster, namespace, signal);
  const address = await clusterIPOf(lab);
  if (!old)
    throw new UserError('not-working', 'there is no ready Pod of db', { hint: 'svcdoctor lab repair puts it back' });
  tell.done(`before: db is ${address}, and leads to ${old.metadata.name} at ${old.status?.podIP}`);
  const started = Date.now();
  await cluster.remove(old, signal);
  tell.done(`deleted: kubectl delete pod ${old.metadata.name} -n ${namespace}`);
  let failed = 0;
  let asked = 0;
  let said = '';
  for (; ; await pause(look, signal)) {
    const sight = await see(lab);
    asked += 1;
    if (sight.state !== 'works') {
      failed += 1;
      if (sight.words !== said) tell.unknown(`after ${secondsSince(started)}: ${sight.words}`);
      said = sight.words;
    }
    const fresh = await onlyPod(cluster, namespace, signal);
    if (sight.state === 'works' && fresh && fresh.metadata.uid !== old.metadata.uid) {
      tell.done(`after ${secondsSince(started)}: ${sight.words}`);
      tell.done(
        `now: db is ${await clusterIPOf(lab)}, and leads to ${fresh.metadata.name} at ${fresh.status?.podIP} (before: ${old.status?.podIP})`,
      );
      tell.done(
        `${failed} of ${asked} requests failed meanwhile. The Pod and its IP changed; the name db and its address did not.`,
      );
      return;
    }
    tell.waiting('the new Pod of db');
    if (Date.now() - started > patience) throw tookTooLong('db did not come back');
  }
}

async function selector(lab: Lab): Promise<void> {
  const { demo, tell } = lab;
  const { namespace } = demo;
  const service = manifestOf(lab, 'Service', 'db');
  tell.done(`before: ${formatAddresses(await addressesOf(lab, 'db'))}`);
  const patch = (app: string) =>
    `kubectl patch service db -n ${namespace} --type=merge -p '{"spec":{"selector":{"app":"${app}"}}}'`;
  await undoing(lab, service, async () => {
    tell.done(`broken: ${patch('dbx')}`);
    await put(
      lab,
      withSpec(service, (spec) => ({ ...spec, selector: { app: 'dbx' } })),
    );
    await watchAddresses(lab, 'db', 0);
    await watchSight(lab, 'fails');
    tell.done(`mended: ${patch('db')}`);
  });
  await watchAddresses(lab, 'db', 1);
  await watchSight(lab, 'works');
  tell.done('A Service with a wrong selector is no error to Kubernetes: it has no endpoints, and its address refuses.');
}

/** Does something, and puts the object back in any case: after Ctrl-C too. */
async function undoing(lab: Lab, manifest: Manifest, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await put({ ...lab, signal: AbortSignal.timeout(15_000) }, manifest);
  }
}

async function watchAddresses(lab: Lab, service: 'api' | 'db', wanted: number): Promise<void> {
  let said = '';
  for (const started = Date.now(); ; await pause(look, lab.signal)) {
    const addresses = await addressesOf(lab, service);
    const words = formatAddresses(addresses);
    if (words !== said) lab.tell.done(`  after ${secondsSince(started)}: ${words}`);
    said = words;
    if (addresses.length === wanted && addresses.every(({ ready }) => ready)) return;
    lab.tell.waiting(`${wanted} endpoints of Service ${service}`);
    if (Date.now() - started > patience) throw tookTooLong(`Service ${service} has not ${wanted} endpoints`);
  }
}

async function watchSight(lab: Lab, wanted: 'works' | 'fails'): Promise<void> {
  for (const started = Date.now(); ; await pause(look, lab.signal)) {
    const sight = await see(lab);
    if (sight.state === wanted) return lab.tell[wanted === 'works' ? 'done' : 'unknown'](`  ${sight.words}`);
    if (Date.now() - started > patience) throw tookTooLong(`the api goes on saying ${sight.words}`);
  }
}

const tookTooLong = (what: string): UserError =>
  new UserError('took-too-long', `${what}, after ${patience / 1000} s`, {
    hint: 'svcdoctor lab repair puts everything back; svcdoctor check says what is wrong',
  });

interface Address {
  readonly address: string;
  readonly ready: boolean;
}

async function addressesOf({ cluster, demo, signal }: Lab, service: string): Promise<readonly Address[]> {
  const slices = await cluster.list<EndpointSlice>(
    { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    demo.namespace,
    `${serviceNameLabel}=${service}`,
    signal,
  );
  return endpointsIn(slices).flatMap(({ endpoint }) =>
    endpoint.addresses.map((address) => ({ address, ready: isReadyEndpoint(endpoint) })),
  );
}

const formatAddresses = (addresses: readonly Address[]): string =>
  addresses.length === 0
    ? 'the slice is empty'
    : `${addresses.filter(({ ready }) => ready).length} ready: ${addresses.map(({ address, ready }) => (ready ? address : `${address} (not ready)`)).join(', ')}`;

async function onlyPod(cluster: DemoCluster, namespace: string, signal: AbortSignal): Promise<Pod | undefined> {
  const pods = await cluster.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, namespace, 'app=db', signal);
  return pods.find((pod) => isReady(pod) && !isTerminating(pod));
}

async function clusterIPOf({ cluster, demo, signal }: Lab): Promise<string> {
  const name = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'db', namespace: demo.namespace } };
  return (await cluster.get<Service>(name, signal))?.spec.clusterIP ?? 'nowhere';
}

function manifestOf({ demo }: Lab, kind: string, name: string): Manifest {
  const found = demo.manifests.find((each) => each.kind === kind && each.metadata.name === name);
  if (!found) throw new Error(`the demo has no ${kind} ${name}`);
  return found;
}
