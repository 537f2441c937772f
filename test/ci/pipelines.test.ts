import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { codeBlocksOf } from '../kit/code-blocks.ts';
import actionSchema from '../schemas/github-actions.json' with { type: 'json' };
import workflowSchema from '../schemas/github-workflows.json' with { type: 'json' };
import gitlabSchema from '../schemas/gitlab-ci.json' with { type: 'json' };

/** What docs/ci.md and action.yml say, as far as it can be judged without running it; test/cluster/pipelines.test.ts runs it. */

const root = join(import.meta.dirname, '../..');
const blocks = await codeBlocksOf('docs/ci.md');
const action = await readFile(join(root, 'action.yml'), 'utf8');
const page = await readFile(join(root, 'docs/ci.md'), 'utf8');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { readonly version: string };

function faultsOf(schema: object, text: string): unknown {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const validate = ajv.compile(schema);
  validate(parse(text));
  return validate.errors;
}

const workflows = ['.github/workflows/deploy.yml', '.github/workflows/manifests.yml'];

describe('the schemas that editors use accept', () => {
  test('action.yml', () => {
    expect(faultsOf(actionSchema, action)).toBeNull();
    expect(faultsOf(actionSchema, action.replace('using: composite', 'using: shell'))).not.toBeNull();
  });
  test.each(workflows)('the workflow %s', (name) => {
    expect(faultsOf(workflowSchema, blocks.get(name) ?? '')).toBeNull();
  });
  test('the GitLab job', () => {
    expect(faultsOf(gitlabSchema, blocks.get('.gitlab-ci.yml') ?? '')).toBeNull();
  });
});

test.each(workflows)('%s gives the action only inputs that it has, and takes only outputs that it has', (name) => {
  interface Action {
    readonly inputs: object;
    readonly outputs: object;
  }
  interface Workflow {
    readonly jobs: Readonly<
      Record<string, { readonly steps: readonly { readonly id?: string; readonly with?: object }[] }>
    >;
  }
  const { inputs, outputs } = parse(action) as Action;
  const workflow = blocks.get(name) ?? '';
  const steps = Object.values((parse(workflow) as Workflow).jobs).flatMap((job) => job.steps);
  const given = steps.find(({ id }) => id === 'gate')?.with ?? {};
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  const taken = [...workflow.matchAll(/steps\.gate\.outputs\.([\w-]+)/g)].map(([, name]) => name);
  expect(taken.length).toBeGreaterThan(0);
  expect(Object.keys(outputs)).toEqual(expect.arrayContaining(taken));
});

test('a script of the action has no expression in it: what is given cannot become a command', () => {
  interface Action {
    readonly runs: { readonly steps: readonly { readonly run?: string }[] };
  }
  const scripts = (parse(action) as Action).runs.steps.flatMap(({ run }) => run ?? []);
  expect(scripts).toHaveLength(1);
  for (const script of scripts) expect(script).not.toContain('${{');
});

test('the braces of the Jenkinsfile match, and its steps are in a stage', () => {
  const text = blocks.get('Jenkinsfile') ?? '';
  let depth = 0;
  for (const character of text.replaceAll(/'[^']*'/g, '')) {
    depth += character === '{' ? 1 : character === '}' ? -1 : 0;
    expect(depth).toBeGreaterThanOrEqual(0);
  }
  expect(depth).toBe(0);
  expect(text).toMatch(/^pipeline \{\s+agent any\s+stages \{\s+stage\('Gate'\) \{\s+steps \{/);
});

test('every manifest is YAML, and each example runs this version', () => {
  for (const name of ['role.yaml', 'job.yaml', 'post-sync.yaml', 'gate.yaml'])
    for (const document of parseAllDocuments(blocks.get(name) ?? '')) expect(document.errors, name).toEqual([]);
  const named = [...`${page}\n${action}`.matchAll(/svcdoctor@([\w.-]+)/g)].map(([, found]) => found);
  expect(named.length).toBeGreaterThan(4);
  expect(new Set(named)).toEqual(new Set([version]));
});
