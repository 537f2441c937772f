import type { Workload } from '../../k8s/objects.ts';
import { breaks } from '../../demo/lab/breaks.ts';
import { exercise, exercises } from '../../demo/lab/exercises.ts';
import { breakIt, nextHint, repair, verify, type Lab } from '../../demo/lab/lab.ts';
import { choicesIn } from '../../demo/manifests.ts';
import { printable } from '../../report/printable.ts';
import type { DemoOptions } from '../demo-options.ts';
import { parseDuration } from '../duration.ts';
import { Interrupted, interruptible } from '../interruption.ts';
import {
  inNamespace,
  namespaceOf,
  openStage,
  readDemo,
  tellerFor,
  type Stage,
  type StageTeller,
} from './demo-stage.ts';

type Subcommand = (lab: Lab, tell: StageTeller, word: string) => Promise<number>;

const subcommands: Readonly<Record<string, Subcommand>> = {
  break: async (lab, tell, word) => {
    const { words } = await breakIt(lab, word === '' ? undefined : word, Math.random);
    const here = inNamespace(lab.demo.namespace);
    tell.say(
      `Something is broken in namespace ${lab.demo.namespace}. What one sees:\n  ${printable(words)}\n\n` +
        `Find out why, and mend it.\n  a hint           svcdoctor lab hint${here}\n  is it mended?    svcdoctor lab verify${here}\n  give up          svcdoctor lab repair${here}`,
    );
    return 0;
  },
  hint: async (lab, tell) => {
    const { number, of, question, command, look } = await nextHint(lab);
    const more = number < of ? '' : '\nThat was the last one.';
    tell.say(`${number} of ${of}  ${question}\n  ${command}\n  → ${look}${more}`);
    return 0;
  },
  verify: async (lab, tell) => {
    const { sight, broken } = await verify(lab);
    if (sight.state === 'works') {
      tell.done(sight.words);
      tell.say(
        broken ? `It works again. What had been wrong: ${broken.was}` : 'It works, and the lab has broken nothing.',
      );
      return 0;
    }
    tell.failed(sight.words);
    const here = inNamespace(lab.demo.namespace);
    tell.say(
      broken
        ? `Not yet. svcdoctor lab hint${here} helps on, svcdoctor lab repair${here} puts everything back.`
        : `It does not work, and it was not the lab. svcdoctor check ${lab.demo.namespace}/db --from ${lab.demo.namespace}/deploy/api says why.`,
    );
    return 1;
  },
  repair: async (lab, tell) => {
    const { sight, broken } = await repair(lab);
    if (sight.state === 'works') tell.done(sight.words);
    else tell.failed(sight.words);
    tell.say(
      sight.state !== 'works'
        ? `Everything is as the manifests say, and yet it does not work. svcdoctor deploy-demo${inNamespace(lab.demo.namespace)} waits longer, and says why.`
        : broken
          ? `It works again. What had been wrong: ${broken.was}`
          : 'Everything is as the manifests say.',
    );
    return sight.state === 'works' ? 0 : 1;
  },
  exercise: async (lab, _tell, word) => {
    await exercise(lab, word);
    return 0;
  },
};

/** `svcdoctor lab NAME`: one step of practice on the demo. */
export async function runLab(name: string, word: string | undefined, options: DemoOptions): Promise<number> {
  const tell = await tellerFor(options);
  const namespace = namespaceOf(options);
  const subcommand = subcommands[name];
  if (!subcommand) {
    list(tell, namespace);
    return 0;
  }
  try {
    return await interruptible(async (signal) => {
      using stage = await openStage(options, signal);
      const demo = await readDemo(choicesIn(await deploymentsIn(stage, signal), namespace));
      const patience = parseDuration(options.timeout, '--timeout') || Number.POSITIVE_INFINITY;
      return await subcommand({ cluster: stage.cluster, demo, tell, patience, signal }, tell, word ?? '');
    });
  } catch (error) {
    tell.rest();
    if (error instanceof Interrupted && (name === 'break' || name === 'repair'))
      process.stderr.write(
        `interrupted half-way\nhint: svcdoctor lab repair${inNamespace(namespace)} puts everything back\n`,
      );
    throw error;
  } finally {
    tell.rest();
  }
}

/** They remember the images that the person chose. */
async function deploymentsIn({ cluster, namespace }: Stage, signal: AbortSignal): Promise<readonly Workload[]> {
  const found = await Promise.all(
    ['api', 'db'].map((name) =>
      cluster.get<Workload>({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace } }, signal),
    ),
  );
  return found.flatMap((each) => each ?? []);
}

function list(tell: StageTeller, namespace: string): void {
  const rows = (all: readonly (readonly [string, string])[]) =>
    all.map(([name, text]) => `  ${name.padEnd(16)} ${text}`);
  const here = inNamespace(namespace);
  tell.say(
    [
      `Failures, and what one sees of them:  svcdoctor lab break NAME${here}`,
      ...rows(breaks.map(({ name, symptom }) => [name, symptom])),
      '',
      `Without a name, chance picks one, and nobody tells:  svcdoctor lab break${here}`,
      '',
      `Exercises:  svcdoctor lab exercise NAME${here}`,
      ...rows(exercises.map(({ name, shows }) => [name, shows])),
    ].join('\n'),
  );
}
