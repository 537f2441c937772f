import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Edition } from '../report/edition.ts';
import type { Format } from '../report/format.ts';
import { plainStyle, type Style } from '../report/style.ts';
import { writePrivately } from './private-file.ts';
import type { ReportOptions } from './report-options.ts';
import { writeOut } from './stdout.ts';
import { styleFor } from './terminal.ts';

type Renderer = (edition: Edition, style: Style, options: ReportOptions) => string | Iterable<string>;

/** A renderer is loaded when its format is asked for. */
const renderers: Readonly<Record<Format, () => Promise<Renderer>>> = {
  text: async () => {
    const [{ renderText }, { renderGate }] = await Promise.all([
      import('../report/text.ts'),
      import('../report/gate-text.ts'),
    ]);
    return (edition, style, options) =>
      edition.command === 'gate' ? renderGate(edition.reports, style, options) : renderText(edition, style, options);
  },
  json: async () => (await import('../report/json.ts')).renderJson,
  yaml: async () => (await import('../report/yaml.ts')).renderYaml,
  junit: async () => (await import('../report/junit.ts')).renderJunit,
  sarif: async () => (await import('../report/sarif.ts')).renderSarif,
  markdown: async () => (await import('../report/markdown.ts')).renderMarkdown,
  github: async () => (await import('../report/github.ts')).renderGithub,
  html: async () => (await import('../report/html.ts')).renderHtml,
};

/** Prints what a run has to tell, and writes the files that were asked for. Throws a UserError where a file cannot be written. */
export async function publish(edition: Edition, options: ReportOptions): Promise<void> {
  const { output, outputFile = [], color } = options;
  const style = output === 'text' ? await styleFor(process.stdout, { color, env: process.env }) : plainStyle;
  const render = async (format: Format, as: Style) => (await renderers[format]())(edition, as, options);
  await writeOut(await render(output, style));
  if (output === 'github') await appendStepSummary(Array.from(await render('markdown', plainStyle)).join(''));
  for (const { format, path } of outputFile) {
    const text = await render(format, plainStyle);
    // A folder that cannot be made is told by the file that cannot be written into it.
    await mkdir(dirname(path), { recursive: true }).catch(() => {});
    await writePrivately(path, text, 'name another path in --output-file FORMAT=PATH');
  }
}

/** GitHub shows on the page of the run what a step appends to the file that this variable names. */
async function appendStepSummary(text: string): Promise<void> {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (file) await appendFile(file, `${text}\n`);
}
