import { baselineOf } from '../../src/diagnosis/baseline.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { FailurePolicy } from '../../src/diagnosis/failure.ts';
import { decide } from '../../src/diagnosis/gate.ts';
import type { Finding, Report } from '../../src/diagnosis/report.ts';
import { exitCodeOf, gateExitCodeOf } from '../../src/cli/exit-code.ts';
import type { Edition } from '../../src/report/edition.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from './cluster.ts';

/** Runs worth telling, for the tests of every renderer. */

const apps = [...workload({ name: 'db' }), ...workload({ name: 'api' })];

const reportOn = (snapshot: Snapshot, name = 'db'): Report =>
  diagnose(viewOf(snapshot), {
    target: { namespace: 'demo', name },
    client: { namespace: 'demo', kind: 'Deployment', name: 'api' },
  });

export const healthy = reportOn(cluster([...apps, service({ name: 'db' })]));

/** A cause with a consequence. */
export const broken = reportOn(cluster([...apps, service({ name: 'db', selector: { app: 'dbx' } })]));

export const missing = reportOn(cluster(apps));

/** Nothing wrong was seen, and not everything was looked at. */
export const blind = reportOn({
  ...cluster([...apps, service({ name: 'db' })]),
  coverage: [
    { group: '', resource: 'services', namespaces: 'all', state: 'read' },
    { group: '', resource: 'pods', namespaces: 'all', state: 'forbidden', detail: 'pods is forbidden' },
  ],
});

/** Not even the Service could be read. */
export const undiagnosed = reportOn({
  ...cluster([]),
  coverage: [
    { group: '', resource: 'services', namespaces: 'all', state: 'forbidden', detail: 'services is forbidden' },
  ],
});

const [cause] = broken.findings;
if (!cause) throw new Error('the broken one has no finding');

/** Only something that may break one day. */
export const atRisk: Report = {
  ...broken,
  target: 'demo/cache',
  verdict: 'at-risk',
  findings: [{ ...cause, impact: 'risks', certainty: 'likely', consequences: [] }],
};

/** What somebody may write into a label, an event or a log to be taken for markup, a command or a control character. */
export const hostileText =
  '</td><script>alert(1)</script> ]]> &amp; "quoted" \'single\' `code` ```fence``` | **bold** [link](https://evil.example) ' +
  '![i](https://evil.example/i.png) <img src=https://evil.example onerror=alert(1)> @octocat #1 www.evil.example ' +
  '\u001b[31mred\u0007\u0000 \u202egnp.exe \ufffe\uffff \ud800 ::error::injected ##[error]injected\n::error::injected\r\n# heading {0} 100%';

const hostileFinding: Finding = {
  ...cause,
  title: `Odd ${hostileText}`,
  summary: hostileText,
  evidence: [
    { object: `pod/${hostileText}`, path: hostileText, saw: hostileText },
    { object: '`', path: '', saw: '``' },
    { object: 'pod/a`b', path: 'x`', saw: 'a` [link](https://evil.example) <b>x</b>' },
  ],
  confirm: [{ command: ['kubectl', 'get', 'pods', '-l', hostileText], expect: hostileText }],
  fix: { explain: hostileText, commands: [['kubectl', 'label', hostileText]] },
};

export const hostile: Report = {
  ...broken,
  target: `demo/${hostileText.replaceAll('/', '')}`,
  from: `demo/Deployment/${hostileText.replaceAll('/', '')}`,
  service: { type: hostileText, address: hostileText, ports: [hostileText] },
  findings: [hostileFinding],
  checks: [
    { id: cause.id, outcome: 'problem', detail: hostileText },
    { id: 'name/malformed', outcome: 'skipped', because: 'blind', detail: hostileText },
    { id: 'dns/no-pods', outcome: 'passed', detail: hostileText },
  ],
};

const count = (ready: number) => ({ port: 'http 80/TCP', family: 'IPv4', ready, wanted: 1 }) as const;

/** The same as a gate decides them. */
export const gated = {
  fails: decide(broken, { counts: [count(0)], notes: ['svcdoctor.dev/ignore counts for nothing without a reason'] }),
  'fails by a finding': decide(atRisk, { counts: [count(1)], failOn: 'risks' }),
  'is exempt': decide(healthy, { counts: [count(0)], exempt: 'scaled to 0 by ScaledObject db (KEDA)' }),
  ignores: decide(broken, {
    counts: [count(0)],
    ignore: { checks: ['selector/no-matching-pods'], reason: 'the database moves on Friday' },
  }),
  'is unknown': decide(blind, { counts: undefined, blind: 'may not list endpointslices.discovery.k8s.io in demo' }),
  passes: decide({ ...healthy, verdict: 'not-diagnosed', checks: [] }, { counts: [count(1)] }),
  'fails as before': decide(broken, { counts: [count(0)], baseline: baselineOf([broken]) }),
  'fails anew': decide(broken, { counts: [count(0)], baseline: baselineOf([]) }),
  mended: decide(healthy, { counts: [count(1)], baseline: baselineOf([broken]) }),
} satisfies Readonly<Record<string, Report>>;

/** Found in files that somebody gave with -f. */
export const fromFiles: Report = {
  ...broken,
  findings: [
    {
      ...cause,
      evidence: cause.evidence.map((piece, index) => ({
        ...piece,
        source: { file: index === 0 ? './deploy/my app/service.yaml' : '-', line: 7 + index },
      })),
    },
  ],
};

export const everyEdition: Readonly<Record<string, readonly Report[]>> = {
  healthy: [healthy],
  broken: [broken],
  missing: [missing],
  blind: [blind],
  undiagnosed: [undiagnosed],
  'at risk': [atRisk],
  hostile: [hostile],
  several: [healthy, broken, blind, { ...broken, target: 'demo/db2' }, atRisk],
  'from files': [fromFiles],
  ...Object.fromEntries(Object.entries(gated).map(([name, report]) => [`gate: ${name}`, [report]])),
  'gate: all': Object.values(gated),
  none: [],
};

/** The exit code of the command that tells this edition. */
export const exitCodeOfEdition = ({ command, reports, policy }: Edition): number =>
  command === 'gate' ? gateExitCodeOf(reports) : exitCodeOf(reports, policy);

export const editionOf = (reports: readonly Report[], policy: Partial<FailurePolicy> = {}): Edition => ({
  command: reports.some(({ gate }) => gate) ? 'gate' : 'check',
  reports,
  single: reports.length === 1,
  policy: { failOn: 'degrades', strict: false, ...policy },
  version: '1.2.3',
  takenAt: '2026-03-02T09:30:00Z',
});
