import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { parse } from 'yaml';
import type { Finding, Report } from '../../src/diagnosis/report.ts';
import { commandLine } from '../../src/report/command-line.ts';
import { formats, type Format } from '../../src/report/format.ts';
import { commandsAtOnce } from '../kit/commands-at-once.ts';
import type { Ran } from '../kit/command.ts';
import { api, controlPlane, createNamespace, podIn, restoreClusterDns } from './lab.ts';

/**
 * Whatever the API server takes from whoever may write there, sent through it to every form of `check`, `gate` and `snapshot`: it arrives as text, and as
 * nothing else.
 */

/** Each way to be more than text comes first somewhere: messages are cut short. `mark` tells where a text was planted. */
const attacks: readonly ((mark: string) => string)[] = [
  (mark) => `${mark} \u001b[31m\u001b]0;${mark}\u0007\u009b2J\u0008`,
  (mark) => `${mark} \u202egnp.exe\u2066\u200f`,
  (mark) => `${mark}\n::error::${mark}\r\n::set-output name=x::${mark}\n::stop-commands::${mark}`,
  (mark) => `${mark} ##[error]${mark} ##vso[task.setvariable variable=x]${mark} %0A::error::${mark}`,
  (mark) => `${mark} <script>alert("${mark}")</script><img src=x onerror=${mark}>`,
  (mark) => `${mark} | [${mark}](https://evil.example) ![x](https://evil.example/x.png) \`\`\` <b> @octocat`,
  (mark) => `${mark} ]]><${mark}/>&${mark}; \ufffe`,
  (mark) => `${mark} '$(: >${mark})' "\`: >${mark}\`" ; : >${mark} # \\`,
];

const planted: string[] = [];

/** A hostile text with a mark of its own, which begins with another attack each time. */
function hostile(place: string): string {
  const mark = `PWN${planted.length}Z`;
  const turn = planted.length % attacks.length;
  planted.push(place);
  return [...attacks.slice(turn), ...attacks.slice(0, turn)].map((attack) => attack(mark)).join(' ');
}

let folder = '';
let namespace = '';
let kubeconfig = '';
const program = commandsAtOnce();

const pod = (name: string, more: object = {}, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { app: name }, annotations: { 'example.org/note': hostile(`${name} annotation`) } },
  spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'example/app:1', ...more }], ...spec },
});
const service = (name: string, more: object = {}, annotations: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, annotations },
  spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...more },
});

const manifests = () => [
  service('waiting'),
  pod('waiting', { image: `example/${hostile('image').replaceAll(/^\s+|\s+$/g, '')}` }),
  service('crashing'),
  pod('crashing', { command: ['sh', '-c', hostile('command')] }),
  service('probed'),
  pod('probed', {
    readinessProbe: { httpGet: { path: `/${hostile('probe path')}`, port: 8080 } },
    ports: [{ containerPort: 8080 }],
  }),
  service('pending'),
  pod('pending', {}, { nodeName: undefined, nodeSelector: { nobody: 'has-it' } }),
  service(
    'ignored',
    {},
    {
      'svcdoctor.dev/ignore': 'selector/no-matching-pods',
      'svcdoctor.dev/ignore-reason': hostile('ignore reason'),
    },
  ),
  service(
    'vain',
    {},
    {
      'svcdoctor.dev/ignore': hostile('ignored check'),
      'svcdoctor.dev/ignore-reason': 'it will be mended',
      'svcdoctor.dev/ignore-until': '2999-01-01',
    },
  ),
  service(
    'late',
    {},
    {
      'svcdoctor.dev/ignore': 'selector/no-matching-pods',
      'svcdoctor.dev/ignore-reason': 'it will be mended',
      'svcdoctor.dev/ignore-until': hostile('ignore until'),
    },
  ),
  service('balanced', { type: 'LoadBalancer' }),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings' },
    data: { API_URL: `http://waitin:80/${hostile('setting')}` },
  },
  pod('client', {
    env: [
      { name: 'CRASHING_URL', value: `http://crashin.nowhere:80/${hostile('variable')}` },
      { name: 'PROBED_ADDR', value: hostile('variable alone') },
    ],
    envFrom: [{ configMapRef: { name: 'settings' } }],
  }),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: {
      name: 'web',
      annotations: { 'nginx.ingress.kubernetes.io/rewrite-target': hostile('ingress annotation') },
    },
    spec: {
      rules: [
        {
          http: {
            paths: [
              {
                path: `/${hostile('ingress path').replaceAll(/[\p{Cc}/\\]/gu, '')}`,
                pathType: 'ImplementationSpecific',
                backend: { service: { name: 'waiting', port: { number: 81 } } },
              },
            ],
          },
        },
      ],
    },
  },
];

const collections: Readonly<Record<string, string>> = {
  Service: '/api/v1/namespaces/NS/services',
  Pod: '/api/v1/namespaces/NS/pods',
  ConfigMap: '/api/v1/namespaces/NS/configmaps',
  Ingress: '/apis/networking.k8s.io/v1/namespaces/NS/ingresses',
};
const objects = () => manifests().map((object) => [collections[object.kind] ?? '', object] as const);

const now = () => new Date().toISOString();

async function spoil(name: string, state: object, ready: string): Promise<void> {
  const { metadata, spec } = await podIn(namespace, `app=${name}`);
  await api.patch(`/api/v1/namespaces/${namespace}/pods/${metadata.name}/status`, {
    status: {
      phase: 'Running',
      podIP: '10.244.1.99',
      podIPs: [{ ip: '10.244.1.99' }],
      conditions: [
        { type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: ready, lastTransitionTime: now() },
      ],
      containerStatuses: [
        { name: 'c', image: spec.containers[0]?.image, imageID: '', ready: false, restartCount: 5, ...state },
      ],
    },
  });
}

async function tell(name: string, reason: string, message: string): Promise<void> {
  const { metadata } = await podIn(namespace, `app=${name}`);
  await api.create(`/api/v1/namespaces/${namespace}/events`, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { namespace, generateName: `${name}.` },
    involvedObject: {
      apiVersion: 'v1',
      kind: 'Pod',
      namespace,
      name,
      uid: metadata.uid,
      fieldPath: 'spec.containers{c}',
    },
    type: 'Warning',
    reason,
    message,
    count: 9,
    firstTimestamp: now(),
    lastTimestamp: now(),
    source: { component: 'kubelet' },
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-hostile-'));
  kubeconfig = controlPlane.kubeconfig;
  namespace = await createNamespace('hostile');
  for (const [path, object] of objects()) await api.create(path.replace('NS', namespace), object);
  await spoil(
    'waiting',
    { state: { waiting: { reason: 'ImagePullBackOff', message: hostile('waiting message') } } },
    hostile('ready message'),
  );
  const terminated = {
    exitCode: 1,
    reason: 'Error',
    message: hostile('last words'),
    startedAt: now(),
    finishedAt: now(),
  };
  await spoil(
    'crashing',
    {
      state: { waiting: { reason: 'CrashLoopBackOff', message: hostile('back-off message') } },
      lastState: { terminated },
    },
    hostile('ready message of what crashes'),
  );
  await spoil(
    'probed',
    { state: { running: { startedAt: '2026-01-01T00:00:00Z' } }, started: true },
    hostile('not ready'),
  );
  await api.patch(`/api/v1/namespaces/${namespace}/pods/pending/status`, {
    status: {
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: hostile('scheduler message') },
      ],
    },
  });
  await api.patch(`/api/v1/namespaces/${namespace}/services/balanced/status`, {
    status: {
      conditions: [
        {
          type: 'LoadBalancerReady',
          status: 'False',
          reason: 'Refused',
          message: hostile('load balancer message'),
          lastTransitionTime: now(),
        },
      ],
    },
  });
  await tell('probed', 'Unhealthy', `Readiness probe failed: ${hostile('event message')}`);
  await tell('waiting', 'Failed', hostile('event of the image'));
  await api.patch('/api/v1/namespaces/kube-system/configmaps/coredns', {
    data: { Corefile: `.:53 {\n  kubernetes ${hostile('Corefile').replaceAll(/[\r\n]+/g, ' ')}\n}\n` },
  });
});

afterAll(async () => {
  program[Symbol.dispose]();
  await Promise.all([api.remove(`/api/v1/namespaces/${namespace}`), rm(folder, { recursive: true, force: true })]);
  await restoreClusterDns();
});

const run = (...args: readonly string[]): Promise<Ran> =>
  program.run(...args, '--kubeconfig', kubeconfig, '-n', namespace);

/** Control characters, and what turns a line of text around. Line breaks are our own. */
// oxlint-disable-next-line no-control-regex -- they are the subject here
const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** As runners read a line: GitHub's new form at its beginning, spaces apart; the old form, and Azure's, anywhere in it. */
const commandsIn = (text: string): readonly string[] =>
  text.split(/\r\n|\r|\n/).filter((line) => /^\s*::[a-z][\w-]*(\s.*)?::/i.test(line) || /##\w*\[/.test(line));

const schema = await readFile(join(import.meta.dirname, '../schemas/junit-10.xsd'), 'utf8');
const ours = new Set('h3 h4 p table thead tbody tr th td code pre strong em'.split(' '));

/** What each format must not have become. */
const demands: Readonly<Partial<Record<Format, (text: string) => unknown>>> = {
  json: (text) => JSON.parse(text),
  yaml: (text) => parse(text),
  sarif: (text) => {
    const { runs } = JSON.parse(text) as { runs: { results: { message: { text: string } }[] }[] };
    for (const { message } of runs.flatMap(({ results }) => results)) expect(message.text).not.toMatch(/(?<!\\)\]\(/);
  },
  junit: async (contents) => {
    expect((await validateXML({ xml: { fileName: 'svcdoctor.xml', contents }, schema })).errors).toEqual([]);
    expect(contents.match(/<PWN|<script|&PWN|<b>/g)).toBe(null);
  },
  markdown: (text) => {
    const shown = micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
    const tags = [...shown.matchAll(/<([a-z0-9]+)/gi)].map(([, tag = '']) => tag);
    expect(tags.filter((tag) => !ours.has(tag))).toEqual([]);
    expect(shown.replaceAll(/<code[\s\S]*?<\/code>/g, '')).not.toContain('@octocat');
  },
  html: (text) => {
    expect(text.match(/<script/g)).toHaveLength(1);
    const tags = text
      .replaceAll(/<(style|script)>[\s\S]*?<\/\1>/g, '')
      .match(/<[^>]*>/g)
      ?.map((tag) => tag.replaceAll(/(?<!href)="[^"]*"/g, ''));
    expect(tags?.filter((tag) => /^<(img|iframe|object|link|base)|PWN|evil/.test(tag))).toEqual([]);
  },
};

/** Nothing that is printed is anything but text; a report in GitHub's format holds our own commands and no other. */
async function demandText({ stdout, stderr }: Ran, format: Format | undefined): Promise<void> {
  expect(`${stdout}${stderr}`.match(control)?.[0]).toBe(undefined);
  expect(`${stdout}${stderr}`).not.toMatch(/This is a bug|\n\s+at .*:\d+/);
  expect(commandsIn(stderr)).toEqual([]);
  const commands = commandsIn(stdout);
  expect(commands.filter((line) => format !== 'github' || !/^::(error|warning|notice) title=/.test(line))).toEqual([]);
  if (format === 'github') expect(commands.length).toBeGreaterThan(0);
  if (format !== undefined) await demands[format]?.(stdout);
}

describe.each(formats)('%s', (format) => {
  test.each([
    ['check', ['--from', 'pod/client', '--verbose']],
    ['gate', []],
  ] as const)('%s', async (command, args) => {
    const told = await run(command, ...args, '--output', format);
    expect(told.exitCode, told.stderr).toBe(1);
    await demandText(told, format);
    expect(told.stdout).toMatch(/PWN\dZ/);
  });
});

test('a snapshot, and what is told of it', async () => {
  const written = await run('snapshot', '--from', 'pod/client');
  await demandText(written, undefined);
  const file = join(folder, 'snapshot.yaml');
  await writeFile(file, written.stdout);
  for (const format of formats) await demandText(await run('check', '--snapshot', file, '-v', '-o', format), format);
});

const reportsOf = async (): Promise<readonly Report[]> => {
  const [check, gate] = await Promise.all([
    run('check', '--from', 'pod/client', '-o', 'json'),
    run('gate', '-o', 'json'),
  ]);
  return [check, gate].flatMap(({ stdout }) => (JSON.parse(stdout) as { items: readonly Report[] }).items);
};

/** Of what else was planted other words than its own are said; in a snapshot it is all the same. */
const told = [
  'image',
  'command',
  'probe path',
  'ignore reason',
  'ignored check',
  'ignore until',
  'setting',
  'variable',
  'variable alone',
  'ingress path',
  'waiting message',
  'last words',
  'scheduler message',
  'load balancer message',
  'event message',
  'Corefile',
];

test('what was planted does arrive', async () => {
  const text = JSON.stringify(await reportsOf());
  const arrived = planted.filter((_, number) => text.includes(`PWN${number}Z`));
  expect(arrived).toEqual(expect.arrayContaining(told));
});

test('the commands that are printed run what they show, and nothing else', async () => {
  const every = (findings: readonly Finding[]): readonly Finding[] =>
    findings.flatMap((finding) => [finding, ...every(finding.consequences)]);
  const commands = every((await reportsOf()).flatMap(({ findings }) => findings)).flatMap(({ fix, confirm }) => [
    ...fix.commands,
    ...confirm.map(({ command }) => command),
  ]);
  expect(commands.length).toBeGreaterThan(20);
  const place = await mkdtemp(join(folder, 'pasted-'));
  const show = `#!/bin/sh\nprintf '%s\\037' "$@"\nprintf '\\036'\n`;
  for (const name of new Set(commands.map(([first = '']) => first)))
    await writeFile(join(place, name), show, { mode: 0o755 });
  const before = await readdir(place);
  const printed = execFileSync('bash', [], {
    input: commands.map((command) => `${commandLine(command)}\n`).join(''),
    encoding: 'utf8',
    env: { PATH: place + delimiter + process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: place },
    cwd: place,
  });
  const ran = printed
    .split('\u001e')
    .slice(0, -1)
    .map((line) => line.split('\u001f').slice(0, -1));
  expect(ran).toEqual(commands.map(([, ...rest]) => rest));
  expect(await readdir(place)).toEqual(before);
});
