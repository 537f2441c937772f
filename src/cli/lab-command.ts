import type { Command } from 'commander';
import { addDemoOptions, type DemoOptions } from './demo-options.ts';

const help = `
A session:
  svcdoctor deploy-demo             the demo to practise on
  svcdoctor lab break               breaks something; or name it: svcdoctor lab break selector
  svcdoctor lab hint                one step on the way to the cause; call it again for the next
  svcdoctor lab verify              does it work again? if so: what had been wrong
  svcdoctor lab repair              puts everything back
  svcdoctor lab exercise scale      also recover-db and selector

Everything happens in the demo's namespace, on objects that svcdoctor made.

Exit code:
  0  done; verify: it works         2  could not be done
  1  verify: it does not work     130  interrupted
`;

/** Declares `svcdoctor lab` and its subcommands; what they do is loaded only when one runs. */
export function addLabCommand(program: Command, exitWith: (code: number) => void): void {
  const lab = program
    .command('lab')
    .description('Break the demo in the ways real clusters break, and find out why')
    .helpCommand(false)
    .addHelpText('after', help);
  const run = (name: string, description: string, argument?: readonly [name: string, description: string]) => {
    const command = addDemoOptions(lab.command(name).description(description));
    if (argument) command.argument(...argument);
    command.action(async (...given: readonly unknown[]) => {
      const { runLab } = await import('./commands/lab.ts');
      const [word, options] = (argument ? given : [undefined, ...given]) as [string | undefined, DemoOptions];
      exitWith(await runLab(name, word, options));
    });
  };
  run('list', 'the failures, by what one sees of them');
  run('break', 'break the demo, and say what a person sees', ['[name]', 'which failure; without: one by chance']);
  run('hint', 'the next step on the way to the cause');
  run('verify', 'say whether it works again, and what had been wrong');
  run('repair', 'put everything back');
  run('exercise', 'watch Kubernetes at work', ['<name>', 'scale, recover-db or selector']);
}
