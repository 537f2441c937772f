import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Report, ReportList } from '../../src/diagnosis/report.ts';
import { apply, createNamespace, kubectl, readyAddresses, svcdoctor, waitForSlices } from './lab.ts';

/** Everything that need have no endpoint, as objects of a real API server; KEDA and Knative are there as schemas alone. */

const crd = (group: string, version: string, kind: string, plural: string) => `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: ${kind}, plural: ${plural}, singular: ${kind.toLowerCase()}}
  versions:
    - name: ${version}
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`;

const workload = (name: string, more = '', labels = '') => `---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, labels: {app: ${name}${labels}}}
spec:
  replicas: 0
  selector: {matchLabels: {app: ${name}}}
  template: {metadata: {labels: {app: ${name}}}, spec: {containers: [{name: app, image: "registry.example.com/app:1"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}${more}}
spec: {selector: {app: ${name}}, ports: [{port: 80}]}
`;

const annotated = (name: string, pairs: Readonly<Record<string, string>>) =>
  workload(name, `, annotations: ${JSON.stringify(pairs)}`);

const slice = (name: string, family: string, address: string, more: string) => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${name}-${family.toLowerCase()}, labels: {kubernetes.io/service-name: ${name}}}
addressType: ${family}
endpoints: [{addresses: ["${address}"]${more}}]
`;

let namespace = '';
let folder = '';
const gated = new Map<string, Report>();

async function gateAll(...options: string[]): Promise<ReadonlyMap<string, Report>> {
  const { stdout, stderr } = await svcdoctor('gate', '-n', namespace, '-o', 'json', ...options);
  if (stdout === '') throw new Error(stderr);
  const { items } = JSON.parse(stdout) as ReportList;
  return new Map(items.map((report) => [report.target.split('/')[1] ?? '', report]));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'svcdoctor-gate-'));
  namespace = await createNamespace('exempt');
  await apply(
    namespace,
    [
      crd('keda.sh', 'v1alpha1', 'ScaledObject', 'scaledobjects'),
      crd('http.keda.sh', 'v1alpha1', 'HTTPScaledObject', 'httpscaledobjects'),
      crd('serving.knative.dev', 'v1', 'Revision', 'revisions'),
    ].join(''),
  );
  const crds = ['scaledobjects.keda.sh', 'httpscaledobjects.http.keda.sh', 'revisions.serving.knative.dev'];
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', ...crds.map((name) => `crd/${name}`));
  const reason = 'svcdoctor.dev/ignore-reason';
  const ignore = { 'svcdoctor.dev/ignore': 'endpoints/scaled-to-zero' };
  await apply(
    namespace,
    [
      '---\n{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: db.example.com}}\n',
      '---\n{apiVersion: v1, kind: Service, metadata: {name: by-others}, spec: {ports: [{port: 80}]}}\n',
      '---\n{apiVersion: v1, kind: Service, metadata: {name: peers}, spec: {clusterIP: None, selector: {app: peers}, ports: [{port: 80}]}}\n',
      workload('by-hand'),
      workload('keda'),
      '---\n{apiVersion: keda.sh/v1alpha1, kind: ScaledObject, metadata: {name: keda}, spec: {scaleTargetRef: {name: keda}}}\n',
      workload('keda-http'),
      '---\n{apiVersion: http.keda.sh/v1alpha1, kind: HTTPScaledObject, metadata: {name: keda-http}, spec: {scaleTargetRef: {name: keda-http}}}\n',
      workload(
        'knative',
        ', labels: {serving.knative.dev/revision: knative-00001}',
        ', serving.knative.dev/revision: knative-00001',
      ),
      annotated('excused', {
        ...ignore,
        [reason]: 'starts with the campaign',
        'svcdoctor.dev/ignore-until': '2999-01-31',
      }),
      annotated('overdue', {
        ...ignore,
        [reason]: 'starts with the campaign',
        'svcdoctor.dev/ignore-until': '2020-01-31',
      }),
      annotated('unreasoned', ignore),
      '---\n{apiVersion: v1, kind: Service, metadata: {name: null-ready}, spec: {ports: [{name: http, port: 80}]}}\n',
      `${slice('null-ready', 'IPv4', '10.1.1.1', ', conditions: {}')}ports: [{name: http, port: 80}]\n`,
      '---\n{apiVersion: v1, kind: Service, metadata: {name: portless}, spec: {ports: [{name: http, port: 80}]}}\n',
      slice('portless', 'IPv4', '10.1.1.2', ''),
      '---\n{apiVersion: v1, kind: Service, metadata: {name: mirrored}, spec: {ports: [{name: http, port: 80}]}}\n',
      '---\n{apiVersion: v1, kind: Endpoints, metadata: {name: mirrored}, subsets: [{addresses: [{ip: 10.1.1.3}], ports: [{name: http, port: 80}]}]}\n',
    ].join(''),
  );
  await waitForSlices(namespace, 'mirrored', (slices) => readyAddresses(slices).length === 1);
  for (const [name, report] of await gateAll()) gated.set(name, report);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('exempt, with the reason', () => {
  test.each([
    ['alias', 'ExternalName: an alias of db.example.com in DNS'],
    ['by-others', 'it has no selector, and nobody has written an EndpointSlice for it'],
    ['keda', 'Deployment keda is scaled to 0 by ScaledObject keda (KEDA)'],
    ['keda-http', 'Deployment keda-http is scaled to 0 by HTTPScaledObject keda-http (KEDA)'],
    ['knative', 'Deployment knative is scaled to 0 by Knative Revision knative-00001'],
    ['excused', 'endpoints/scaled-to-zero ignored: starts with the campaign (until 2999-01-31)'],
  ])('%s', (name, why) => {
    expect(gated.get(name)?.gate).toMatchObject({ result: 'exempt', why });
  });

  test('by hand, and headless, only where the person says so', async () => {
    expect(gated.get('by-hand')).toMatchObject({
      gate: { result: 'fail' },
      findings: [{ id: 'endpoints/scaled-to-zero' }],
    });
    expect(gated.get('peers')?.gate?.result).toBe('fail');
    const allowing = await gateAll('--allow-scaled-to-zero', '--headless', 'exempt');
    expect(allowing.get('by-hand')?.gate?.why).toBe(
      'Deployment by-hand is scaled to 0 by hand, which --allow-scaled-to-zero allows',
    );
    expect(allowing.get('peers')?.gate).toMatchObject({ result: 'exempt' });
  });
});

test('an annotation without a reason, or past its day, counts for nothing, and says so', () => {
  expect(gated.get('overdue')?.gate).toMatchObject({
    result: 'fail',
    notes: [
      'the annotation svcdoctor.dev/ignore counts for nothing: it was meant until 2020-01-31 (starts with the campaign)',
    ],
  });
  expect(gated.get('unreasoned')?.gate).toMatchObject({
    result: 'fail',
    notes: ['the annotation svcdoctor.dev/ignore counts for nothing: it needs svcdoctor.dev/ignore-reason'],
  });
});

test('what counts: an absent ready, a mirrored slice; not a slice without ports', () => {
  expect(gated.get('null-ready')?.gate).toMatchObject({ result: 'pass', why: '1 ready on http 80/TCP' });
  expect(gated.get('mirrored')?.gate).toMatchObject({ result: 'pass' });
  expect(gated.get('portless')?.gate).toMatchObject({ result: 'fail', why: '0 of 1 endpoint ready on http 80/TCP' });
});

test('of what passes only Services and slices were looked at', () => {
  expect(gated.get('null-ready')).toMatchObject({ verdict: 'not-diagnosed', checks: [] });
});

test('no Service matched is 2, unless that is allowed', async () => {
  const nothing = await svcdoctor('gate', '-n', namespace, '-l', 'app=nowhere');
  expect(nothing).toMatchObject({ exitCode: 2, stdout: '' });
  expect(nothing.stderr).toContain(`error: no Service in namespace ${namespace} has the labels app=nowhere`);
  const allowed = await svcdoctor('gate', '-n', namespace, '-l', 'app=nowhere', '--allow-empty');
  expect(allowed).toMatchObject({ exitCode: 0, stdout: 'gate: nothing to judge\n' });
});

test('a kustomization is judged as kubectl renders it, and its complaint is told', async () => {
  const broken = await mkdtemp(join(tmpdir(), 'svcdoctor-kustomize-'));
  await writeFile(
    join(broken, 'web.yaml'),
    workload('web').replace('replicas: 0', 'replicas: 2').replace('selector: {app: web}', 'selector: {app: webb}'),
  );
  await writeFile(join(broken, 'kustomization.yaml'), 'namePrefix: shop-\nresources: [web.yaml]\n');
  const judged = await svcdoctor('gate', '--kustomize', broken, '-n', 'demo', '-o', 'json');
  expect(judged.exitCode).toBe(1);
  expect((JSON.parse(judged.stdout) as ReportList).items).toMatchObject([
    { target: 'demo/shop-web', gate: { result: 'fail' }, findings: [{ id: 'selector/no-matching-pods' }] },
  ]);
  await writeFile(join(broken, 'kustomization.yaml'), 'resources: [gone.yaml]\n');
  const refused = await svcdoctor('gate', '--kustomize', broken);
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toMatch(/^error: kubectl kustomize .*gone\.yaml/);
  await rm(broken, { recursive: true });
});

test('the exit code is the same in every format', async () => {
  const formats = ['text', 'json', 'yaml', 'junit', 'sarif', 'markdown', 'github', 'html'];
  const files = formats.flatMap((format) => ['--output-file', `${format}=${join(folder, format)}`]);
  for (const [name, expected] of [
    ['null-ready', 0],
    ['portless', 1],
  ] as const) {
    for (const format of ['text', 'junit'])
      expect((await svcdoctor('gate', `${namespace}/${name}`, '-o', format, ...files)).exitCode, format).toBe(expected);
  }
});

test('--live: what the manifests introduce fails, what was there already is known', async () => {
  const yaml =
    workload('by-hand') +
    workload('fresh').replace('app: fresh}, ports', 'app: frehs}, ports').replace('replicas: 0', 'replicas: 1');
  await writeFile(join(folder, 'web.yaml'), yaml);
  const { stdout, stderr, exitCode } = await svcdoctor(
    'gate',
    '-f',
    join(folder, 'web.yaml'),
    '-n',
    namespace,
    '--live',
    '-o',
    'json',
  );
  const { items } = JSON.parse(stdout) as ReportList;
  const of = (name: string) => items.find(({ target }) => target === `${namespace}/${name}`)?.gate;
  expect(of('by-hand')).toMatchObject({ result: 'pass', baseline: 'known' });
  expect(of('fresh')).toMatchObject({ result: 'fail', baseline: 'new' });
  expect(stderr).toMatch(/against the cluster: 1 introduced, 0 fixed, \d+ unchanged/);
  expect(exitCode).toBe(1);
});
