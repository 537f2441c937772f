import stringWidth from 'fast-string-width';
import { describe, expect, test } from 'vitest';
import { styleFor } from '../../src/cli/terminal.ts';
import type { Finding, Report } from '../../src/diagnosis/report.ts';
import { renderReport, renderReports } from '../../src/report/text.ts';
import { printable } from '../../src/report/printable.ts';
import { plainStyle } from '../../src/report/style.ts';

const symptom: Finding = {
  id: 'endpoints/none-ready',
  identity: 'endpoints/none-ready demo/db',
  title: 'The Service has no ready endpoint',
  summary: 'Nothing answers for db: its EndpointSlice is empty',
  impact: 'breaks',
  certainty: 'certain',
  evidence: [{ object: 'endpointslice/db-x7k2p', path: 'endpoints', saw: 'none' }],
  confirm: [{ command: ['kubectl', 'get', 'endpointslices', '-n', 'demo'], expect: '<unset>' }],
  fix: { explain: 'Look at the Pods.', commands: [] },
  consequences: [],
};

const cause: Finding = {
  ...symptom,
  id: 'selector/label-mismatch',
  identity: 'selector/label-mismatch demo/db',
  title: 'The selector misses the Pods by a label',
  summary: 'db-7c9d5 matches but for its app label: the Service asks for dbx, the Pod carries db',
  evidence: [
    { object: 'service/db', path: 'spec.selector.app', saw: 'dbx' },
    { object: 'pod/db-7c9d5', path: 'metadata.labels.app', saw: 'db' },
  ],
  confirm: [{ command: ['kubectl', 'get', 'pods', '-n', 'demo', '-l', 'app=dbx'], expect: 'No resources found' }],
  fix: {
    explain: 'Select app=db.',
    commands: [
      ['kubectl', 'patch', 'service', 'db', '-n', 'demo', '--type=merge', '-p', '{"spec":{"selector":{"app":"db"}}}'],
    ],
  },
  consequences: [symptom],
};

const broken: Report = {
  apiVersion: 'svcdoctor/v1',
  kind: 'Report',
  target: 'demo/db',
  from: 'demo/Deployment/api',
  service: { type: 'ClusterIP', address: '10.96.11.7', ports: ['postgres 5432/TCP → 5432'] },
  verdict: 'broken',
  findings: [cause],
  checks: [
    { id: 'name/resolves', outcome: 'passed', detail: 'db resolves from demo as db.demo.svc.cluster.local' },
    { id: 'selector/label-mismatch', outcome: 'problem', detail: cause.summary },
    { id: 'endpoints/none-ready', outcome: 'problem', detail: symptom.summary },
    { id: 'ports/named-port-unresolved', outcome: 'not-applicable', detail: 'nothing is selected' },
    { id: 'mesh/strict-mtls', outcome: 'not-applicable', detail: 'no mesh is installed' },
  ],
};

const healthy: Report = {
  ...broken,
  target: 'demo/api',
  verdict: 'healthy',
  findings: [],
  checks: [
    { id: 'endpoints/none-ready', outcome: 'passed', detail: '2 of 2 endpoints are ready' },
    { id: 'ports/nobody-listens', outcome: 'skipped', detail: 'not probed: nobody looked', because: 'not-asked' },
    { id: 'ports/named-port-unresolved', outcome: 'passed', detail: '3000/TCP reaches port 3000 of 2 Pods' },
  ],
};

const unseen: Report = {
  ...healthy,
  verdict: 'unknown',
  checks: [
    {
      id: 'policy/ingress-blocked',
      outcome: 'skipped',
      detail: 'may not list networkpolicies.networking.k8s.io in demo',
      because: 'blind',
      missing: [{ verb: 'list', group: 'networking.k8s.io', resource: 'networkpolicies', namespace: 'demo' }],
    },
  ],
};

const terminal = (columns: number, locale = 'C.UTF-8', color: 'never' | 'always' = 'never') =>
  styleFor({ isTTY: true, columns } as never, { color, env: { LANG: locale } });

describe('one target', () => {
  test('at 100 columns', async () => {
    expect(renderReport(broken, await terminal(100))).toMatchInlineSnapshot(`
      "demo/db  ClusterIP 10.96.11.7  postgres 5432/TCP → 5432   from demo/Deployment/api
        ✔ name       db resolves from demo as db.demo.svc.cluster.local
        ✖ selector   The selector misses the Pods by a label
        ✖ endpoints  The Service has no ready endpoint
        · ports      nothing is selected

      ✖ The selector misses the Pods by a label: db-7c9d5 matches but for its app label: the Service asks
        for dbx, the Pod carries db
          service/db    spec.selector.app    dbx
          pod/db-7c9d5  metadata.labels.app  db
        confirm  kubectl get pods -n demo -l app=dbx
                   → No resources found
        fix      Select app=db.
                 kubectl patch service db -n demo --type=merge -p '{"spec":{"selector":{"app":"db"}}}'
        so       The Service has no ready endpoint: Nothing answers for db: its EndpointSlice is empty
      "
    `);
  });

  test('at 50 columns nothing but commands is wider than the terminal', async () => {
    const text = renderReport(broken, await terminal(50));
    expect(text).toMatchInlineSnapshot(`
      "demo/db
        ClusterIP 10.96.11.7
        postgres 5432/TCP → 5432
        from demo/Deployment/api
        ✔ name       db resolves from demo as
                     db.demo.svc.cluster.local
        ✖ selector   The selector misses the Pods by a
                     label
        ✖ endpoints  The Service has no ready endpoint
        · ports      nothing is selected

      ✖ The selector misses the Pods by a label:
        db-7c9d5 matches but for its app label: the
        Service asks for dbx, the Pod carries db
          service/db    spec.selector.app    dbx
          pod/db-7c9d5  metadata.labels.app  db
        confirm  kubectl get pods -n demo -l app=dbx
                   → No resources found
        fix      Select app=db.
                 kubectl patch service db -n demo --type=merge -p '{"spec":{"selector":{"app":"db"}}}'
        so       The Service has no ready endpoint:
                 Nothing answers for db: its
                 EndpointSlice is empty
      "
    `);
    for (const line of text.split('\n').filter((candidate) => !candidate.includes('kubectl')))
      expect(stringWidth(line)).toBeLessThanOrEqual(50);
  });

  test('wide characters take two columns', async () => {
    const wide = {
      ...cause,
      evidence: [
        { object: 'pod/db', path: 'metadata.labels.app', saw: '数据库' },
        { object: 'pod/数据', path: 'x', saw: 'db' },
      ],
    };
    const columns = renderReport({ ...broken, findings: [wide] }, await terminal(100))
      .split('\n')
      .filter((line) => line.startsWith('    pod/'))
      .map((line) => stringWidth(line.slice(0, line.search(/数据库|db$/))));
    expect(columns[1]).toBe(columns[0]);
  });

  test('what stands in a file is shown with its line', async () => {
    const evidence = cause.evidence.map((seen) => ({ ...seen, source: { file: 'shop.yaml', line: 5 } }));
    expect(renderReport({ ...broken, findings: [{ ...cause, evidence }] }, await terminal(100))).toContain(
      `    ${cause.evidence[0]?.object} (shop.yaml:5)  `,
    );
  });

  test('in an ASCII locale', async () => {
    // oxlint-disable-next-line no-control-regex -- ASCII is the subject
    expect(renderReport(broken, await terminal(100, 'C'))).toMatch(/^[\u0000-\u007f]*$/);
  });

  test('in colour, the words are the same', async () => {
    const coloured = renderReport(broken, await terminal(100, 'C.UTF-8', 'always'));
    // oxlint-disable-next-line no-control-regex -- colours are escape sequences
    expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderReport(broken, await terminal(100)));
    expect(coloured).toContain('\u001b[31m');
  });

  test('healthy', async () => {
    expect(renderReport(healthy, await terminal(100))).toMatchInlineSnapshot(`
      "demo/api  ClusterIP 10.96.11.7  postgres 5432/TCP → 5432   from demo/Deployment/api
        ✔ endpoints  2 of 2 endpoints are ready
        ✔ ports      3000/TCP reaches port 3000 of 2 Pods (not probed)

      ✔ demo/api is healthy
      "
    `);
  });

  test('what only probes tell is named with the probe, unless a cause is certain', async () => {
    const unasked = [
      { question: 'whether its Pods take connections', probe: 'forward' },
      { question: 'on which addresses its Pods listen', probe: 'exec' },
      { question: 'what each DNS Pod answers', probe: 'forward' },
    ] as const;
    expect(
      renderReport({ ...healthy, unasked }, await terminal(100))
        .split('\n')
        .slice(-4),
    ).toEqual([
      '✔ demo/api is healthy',
      '  not asked  --probe forward: whether its Pods take connections; what each DNS Pod answers',
      '             --probe exec: on which addresses its Pods listen',
      '',
    ]);
    const guess = { ...broken, findings: [{ ...cause, certainty: 'likely' as const }] };
    expect(renderReport({ ...guess, unasked }, await terminal(100))).toContain('not asked  --probe forward');
    expect(renderReport({ ...broken, unasked }, await terminal(100))).not.toContain('not asked');
  });

  test('not all could be seen: the missing permission is named', async () => {
    expect(renderReport(unseen, await terminal(100))).toMatchInlineSnapshot(`
      "demo/api  ClusterIP 10.96.11.7  postgres 5432/TCP → 5432   from demo/Deployment/api
        ? policy     may not list networkpolicies.networking.k8s.io in demo

      ? Nothing wrong was seen in demo/api, but 1 check could not look; missing:
          list networkpolicies.networking.k8s.io in demo
      "
    `);
  });

  test('verbose lists every check', async () => {
    expect(renderReport(broken, await terminal(120), { verbose: true })).toContain('mesh/strict-mtls');
  });

  test('quiet says nothing of a healthy one, and one line of a broken one', async () => {
    expect(renderReport(healthy, await terminal(100), { quiet: true })).toBe('');
    expect(renderReport(broken, await terminal(100), { quiet: true })).toBe(
      `✖ demo/db: ${cause.title}: ${cause.summary}\n`,
    );
  });
});

test('several targets: the healthy ones take a line, a shared cause is told once', async () => {
  expect(renderReports([healthy, broken, { ...broken, target: 'demo/db-read' }, unseen], await terminal(100)))
    .toMatchInlineSnapshot(`
    "✔ demo/api  2 of 2 endpoints are ready

    demo/db  ClusterIP 10.96.11.7  postgres 5432/TCP → 5432   from demo/Deployment/api
      ✔ name       db resolves from demo as db.demo.svc.cluster.local
      ✖ selector   The selector misses the Pods by a label
      ✖ endpoints  The Service has no ready endpoint
      · ports      nothing is selected

    ✖ The selector misses the Pods by a label: db-7c9d5 matches but for its app label: the Service asks
      for dbx, the Pod carries db
        service/db    spec.selector.app    dbx
        pod/db-7c9d5  metadata.labels.app  db
      confirm  kubectl get pods -n demo -l app=dbx
                 → No resources found
      fix      Select app=db.
               kubectl patch service db -n demo --type=merge -p '{"spec":{"selector":{"app":"db"}}}'
      so       The Service has no ready endpoint: Nothing answers for db: its EndpointSlice is empty

    demo/db-read  ClusterIP 10.96.11.7  postgres 5432/TCP → 5432   from demo/Deployment/api
      ✔ name       db resolves from demo as db.demo.svc.cluster.local
      ✖ selector   The selector misses the Pods by a label
      ✖ endpoints  The Service has no ready endpoint
      · ports      nothing is selected
    ✖ The selector misses the Pods by a label: the same as for demo/db, above

    ? demo/api  not all could be looked at

    4 Services: 2 broken, 1 unknown, 1 healthy
    "
  `);
});

test.each([
  ['colours', '\u001b[31mred\u001b[0m', String.raw`\u001b[31mred\u001b[0m`],
  ['a carriage return that would hide the line', 'bad\rgood', String.raw`bad\u000dgood`],
  ['line breaks', 'one\n  two', 'one two'],
  ['right-to-left override', 'a\u202eb', String.raw`a\u202eb`],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
])('%s from the cluster cannot act on the terminal', (_name, text, safe) => {
  expect(printable(text)).toBe(safe);
});

test('not even the name of a Service in a file moves the cursor', () => {
  const report = { ...healthy, target: 'demo/\u001b[2Jdb', findings: [] };
  for (const verdict of ['healthy', 'unknown'] as const)
    expect(renderReport({ ...report, verdict }, plainStyle)).not.toContain('\u001b');
});
