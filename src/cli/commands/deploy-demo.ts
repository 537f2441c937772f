import { deploy, tryOut } from '../../demo/deploy.ts';
import { titleOf, type Choices, type Demo } from '../../demo/manifests.ts';
import { prove } from '../../demo/prove.ts';
import { remove } from '../../demo/remove.ts';
import { awaitRollouts, secondsSince } from '../../demo/rollout.ts';
import { UserError } from '../../snapshot/user-error.ts';
import type { DeployDemoOptions } from '../deploy-demo-command.ts';
import { parseDuration } from '../duration.ts';
import { Interrupted, interruptible } from '../interruption.ts';
import { writeOut } from '../stdout.ts';
import {
  demandConsent,
  diagnosisOf,
  inNamespace,
  namespaceOf,
  openStage,
  readDemo,
  tellerFor,
  type Stage,
  type StageTeller,
} from './demo-stage.ts';

/** `svcdoctor deploy-demo`: applies the demo, waits for it and proves that it works; or removes it. */
export async function runDeployDemo(options: DeployDemoOptions): Promise<number> {
  demandSense(options);
  const namespace = namespaceOf(options);
  const demo = await readDemo(choicesIn(options, namespace));
  if (options.output === 'yaml') {
    await writeOut(demo.yaml);
    return 0;
  }
  const tell = await tellerFor(options);
  if (options.dryRun === 'client') {
    for (const manifest of demo.manifests) tell.say(`${titleOf(manifest)} (client dry run: the cluster was not asked)`);
    return 0;
  }
  const deadline = deadlineOf(options);
  let begun = false;
  try {
    return await interruptible(async (signal) => {
      using stage = await openStage(options, signal);
      if (options.dryRun === 'server') return await runServerDryRun(stage, demo, options, tell, signal);
      await demandConsent(
        stage,
        options.delete ? 'remove the demo from' : 'put the demo into',
        options.yes ?? false,
        signal,
      );
      begun = true;
      return options.delete
        ? await runRemoval(stage, demo, deadline, options, tell, signal)
        : await runDeployment(stage, demo, deadline, options, tell, signal);
    });
  } catch (error) {
    tell.rest();
    if (error instanceof Interrupted && begun) sayHowToGoOn(options, namespace);
    throw error;
  } finally {
    tell.rest();
  }
}

function demandSense(options: DeployDemoOptions): void {
  const clash = (message: string, hint: string) => new UserError('bad-option', message, { hint });
  if (options.delete && options.dryRun)
    throw clash(
      '--delete has no dry run',
      'kubectl get all -n demo -l app.kubernetes.io/managed-by=svcdoctor shows what it would remove',
    );
  if (options.delete && options.output) throw clash('--delete prints no manifests', 'leave out -o, or --delete');
  if (options.output && options.dryRun) throw clash('-o yaml asks no server', 'leave out -o, or --dry-run');
  for (const image of [options.apiImage, options.dbImage])
    if (image !== undefined && !/^[\w.\-/:@]+$/.test(image))
      throw clash(`"${image}" is no name of an image`, 'write it as in registry.example/node:24-slim');
}

const choicesIn = ({ apiImage, dbImage, imagePullPolicy }: DeployDemoOptions, namespace: string): Choices => ({
  namespace,
  ...(apiImage === undefined ? {} : { apiImage }),
  ...(dbImage === undefined ? {} : { dbImage }),
  ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
});

function deadlineOf({ timeout }: DeployDemoOptions): number {
  const milliseconds = parseDuration(timeout, '--timeout');
  return milliseconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + milliseconds;
}

async function runServerDryRun(
  stage: Stage,
  demo: Demo,
  options: DeployDemoOptions,
  tell: StageTeller,
  signal: AbortSignal,
): Promise<number> {
  await tryOut(stage.cluster, demo, permissionsIn(options), tell, signal);
  return 0;
}

const permissionsIn = ({ namespace, forceConflicts = false }: DeployDemoOptions) => ({
  namespaceChosen: namespace !== undefined,
  force: forceConflicts,
});

async function runDeployment(
  stage: Stage,
  demo: Demo,
  deadline: number,
  options: DeployDemoOptions,
  tell: StageTeller,
  signal: AbortSignal,
): Promise<number> {
  const { cluster, namespace, connection } = stage;
  const started = Date.now();
  tell.say(`The demo, into namespace ${namespace} of ${connection.context} (${connection.server.origin})`);
  const { unchanged } = await deploy(cluster, demo, permissionsIn(options), tell, signal);
  if (!options.wait) {
    tell.say(
      `\nApplied; nothing was waited for. svcdoctor deploy-demo${inNamespace(namespace)} waits and proves that it works.`,
    );
    return 0;
  }
  const end = await awaitRollouts(cluster, { namespace, deadline, signal }, tell);
  if (end.state === 'stuck') {
    tell.failed(`deployment/${end.deployment} does not come up: ${end.why}`);
    return diagnosed(end.deployment, undefined, options, tell, signal);
  }
  const proof = await prove(cluster, namespace, tell, signal);
  if (proof.state === 'failed')
    return diagnosed(proof.service, proof.service === 'db' ? 'api' : undefined, options, tell, signal);
  const here = inNamespace(namespace);
  tell.say(
    `\nThe demo works: the api reaches its database by the name db. ${unchanged ? 'Nothing had to be changed. ' : ''}(${secondsSince(started)})\n` +
      `  look at it  svcdoctor check ${namespace}/db --from ${namespace}/deploy/api\n` +
      `  break it    svcdoctor lab list${here}\n` +
      `  remove it   svcdoctor deploy-demo --delete${here}`,
  );
  return 0;
}

/** The doctor's own word on what does not work. */
async function diagnosed(
  service: 'db' | 'api',
  client: 'api' | undefined,
  options: DeployDemoOptions,
  tell: StageTeller,
  signal: AbortSignal,
): Promise<number> {
  const here = inNamespace(namespaceOf(options));
  const diagnosis = await diagnosisOf(service, client, options, signal);
  tell.say(`\n${diagnosis.trimEnd()}\n`);
  tell.say(
    `The demo stays as it is. Mend it and run svcdoctor deploy-demo${here} again, or remove it: svcdoctor deploy-demo --delete${here}`,
  );
  return 1;
}

async function runRemoval(
  stage: Stage,
  demo: Demo,
  deadline: number,
  options: DeployDemoOptions,
  tell: StageTeller,
  signal: AbortSignal,
): Promise<number> {
  const { cluster, namespace, connection } = stage;
  const started = Date.now();
  tell.say(`Removing the demo from namespace ${namespace} of ${connection.context} (${connection.server.origin})`);
  const found = await remove(cluster, demo, { wait: options.wait, deadline }, tell, signal);
  tell.say(found ? `\nDone. (${secondsSince(started)})` : '\nThere was nothing of svcdoctor’s.');
  return 0;
}

function sayHowToGoOn(options: DeployDemoOptions, namespace: string): void {
  const here = inNamespace(namespace);
  process.stderr.write(
    options.delete
      ? `interrupted: what was begun to be deleted goes on being deleted\nhint: svcdoctor deploy-demo --delete${here} finishes it\n`
      : `interrupted: what was applied stays, and goes on starting\nhint: svcdoctor deploy-demo${here} goes on from here, svcdoctor deploy-demo --delete${here} removes it\n`,
  );
}
