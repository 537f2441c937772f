import { describe, expect, test } from 'vitest';
import { defineCheck, problem, type AnyCheck } from '../../src/checks/define.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
import type { Report } from '../../src/diagnosis/report.ts';
import type { ReferenceGrant } from '../../src/k8s/objects.ts';
import { resourceKey, resources } from '../../src/k8s/resources.ts';
import type { Coverage, Snapshot } from '../../src/snapshot/snapshot.ts';
import { cluster, service, snapshotOf, workload } from '../kit/cluster.ts';

const target = { namespace: 'demo', name: 'db' };
const objects = [...workload({ name: 'db' }), service({ name: 'db' })];
const verdictWith = (coverage: readonly Coverage[]) => diagnose(viewOf(cluster(objects, [], coverage)), { target });

/** The same objects, of which nobody says that they are all. */
const plainFileOf = ({ apiVersion, kind, objects: all, observations }: Snapshot): Snapshot => ({
  apiVersion,
  kind,
  objects: all,
  observations,
});

const everything = (state: Coverage['state'], ...resources: readonly string[]): readonly Coverage[] =>
  resources.map((name) => {
    const [resource = '', group = ''] = name.split('/').toReversed();
    return { group, resource, namespaces: 'all', state };
  });
const usual = [
  'services',
  'pods',
  'namespaces',
  'nodes',
  'events',
  'configmaps',
  'endpoints',
  'discovery.k8s.io/endpointslices',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'apps/daemonsets',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/ingressclasses',
];

describe('what could not be read is never healthy', () => {
  test('everything was read', () => {
    expect(diagnose(viewOf(cluster(objects)), { target }).verdict).toBe('healthy');
  });

  test('NetworkPolicies are forbidden: unknown, and the permission is named', () => {
    const report = verdictWith([
      ...everything('read', ...usual),
      ...everything('forbidden', 'networking.k8s.io/networkpolicies'),
    ]);
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('unknown');
    const skipped = report.checks.find(({ id }) => id === 'policy/admits-nobody');
    expect(skipped).toMatchObject({ outcome: 'skipped', because: 'blind' });
    expect(skipped?.missing).toContainEqual({
      verb: 'list',
      group: 'networking.k8s.io',
      resource: 'networkpolicies',
      namespace: 'demo',
    });
  });

  test('a plain file of objects: what it lacks is unknown, never absent', () => {
    const report = diagnose(viewOf(plainFileOf(snapshotOf([service({ name: 'db' })]))), { target });
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('unknown');
  });

  test('a fact out of a plain file is likely at most', () => {
    const plain = plainFileOf(
      cluster([...workload({ name: 'db' }), service({ name: 'db', selector: { app: 'dbx' } })]),
    );
    const [first] = diagnose(viewOf(plain), { target }).findings;
    expect(first).toMatchObject({ id: 'selector/no-matching-pods', certainty: 'likely' });
  });
});

describe('what could not be read counts where it matters', () => {
  const all = (state: Coverage['state'], of: readonly string[]) => everything(state, ...of);
  const blindTo = (forbidden: readonly string[], given = objects, only: readonly Coverage[] = []) =>
    diagnose(
      viewOf(
        cluster(
          given,
          [],
          [
            ...all(
              'read',
              resources
                .map(({ group, resource }) => resourceKey(group, resource))
                .filter((key) => !forbidden.includes(key)),
            ),
            ...all('forbidden', forbidden),
            ...only,
          ],
        ),
      ),
      { target },
    );
  const check = (report: Report, id: string) => report.checks.find((each) => each.id === id);
  const inDemo = (key: string): Coverage => {
    const [resource = '', group = ''] = key.split('/').toReversed();
    return { group, resource, namespaces: ['demo'], state: 'read' };
  };

  test('Ingresses of other namespaces: they cannot send here, and the report says so', () => {
    const report = blindTo(['networking.k8s.io/ingresses'], objects, [inDemo('networking.k8s.io/ingresses')]);
    expect(report.verdict).toBe('healthy');
    expect(check(report, 'routes/ingress-in-other-namespace')).toEqual({
      id: 'routes/ingress-in-other-namespace',
      outcome: 'skipped',
      because: 'immaterial',
      detail:
        'may not list ingresses.networking.k8s.io in all namespaces; an Ingress sends only to Services of its own namespace',
      missing: [{ verb: 'list', group: 'networking.k8s.io', resource: 'ingresses' }],
    });
  });

  test('routes of other namespaces: they can send here where a ReferenceGrant lets them', () => {
    const kinds = ['httproutes', 'grpcroutes', 'tlsroutes', 'tcproutes', 'udproutes'].map(
      (kind) => `gateway.networking.k8s.io/${kind}`,
    );
    const own = kinds.map(inDemo);
    expect(blindTo(kinds, objects, own).verdict).toBe('healthy');
    expect(blindTo(kinds).verdict).toBe('unknown');
    const grant: ReferenceGrant = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'ReferenceGrant',
      metadata: { name: 'edge', namespace: 'demo' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'edge' }],
        to: [{ group: '', kind: 'Service' }],
      },
    };
    const granted = blindTo(kinds, [...objects, grant], own);
    expect(granted.verdict).toBe('unknown');
    expect(check(granted, 'routes/refs-unresolved')?.missing).toContainEqual({
      verb: 'list',
      group: 'gateway.networking.k8s.io',
      resource: 'httproutes',
    });
  });

  test('what a check never comes to look at: kube-proxy for a headless Service', () => {
    const blind = ['apps/daemonsets'];
    const own = [inDemo('apps/daemonsets')];
    const headless = [...workload({ name: 'db' }), service({ name: 'db', spec: { clusterIP: 'None' } })];
    expect(check(blindTo(blind, objects, own), 'dataplane/kube-proxy-down')?.outcome).toBe('skipped');
    expect(check(blindTo(blind, headless, own), 'dataplane/kube-proxy-down')?.outcome).toBe('not-applicable');
  });

  test('the permission that is named is the one that was asked for', () => {
    const refused: Coverage = { group: '', resource: 'services', namespaces: ['demo'], state: 'forbidden' };
    const told = (coverage: Coverage) => check(blindTo(['services'], objects, [coverage]), 'service/no-ports');
    expect(blindTo(['services']).verdict).toBe('unknown');
    expect(told(refused)).toMatchObject({
      detail: 'may not list services in demo',
      missing: [{ verb: 'list', group: '', resource: 'services', namespace: 'demo' }],
    });
  });

  test('what only makes an answer better is listed, and leaves the verdict as it is', () => {
    const report = blindTo(['batch/jobs']);
    expect(report.verdict).toBe('healthy');
    expect(report.unread).toEqual([
      {
        verb: 'list',
        group: 'batch',
        resource: 'jobs',
        namespace: 'demo',
        because: 'forbidden',
        detail: 'forbidden',
      },
    ]);
  });
});

const crashing: AnyCheck = defineCheck({
  id: 'service/no-ports',
  title: 'It crashes',
  why: 'A bug.',
  impact: 'breaks',
  needs: ['service'],
  evaluate: () => {
    throw new Error('out of luck');
  },
});

test('a check that crashes is an outcome, never the end, and leaves the verdict open', () => {
  const report = diagnose(viewOf(cluster(objects)), { target }, [crashing]);
  expect(report.checks[0]).toMatchObject({ outcome: 'skipped', because: 'crashed' });
  expect(report.verdict).toBe('unknown');
});

test('a client is asked for only where one is named', () => {
  const needsClient: AnyCheck = defineCheck({
    ...crashing,
    needs: ['client'],
    evaluate: ({ client }) =>
      problem({
        certainty: 'certain',
        summary: client.namespace,
        evidence: [{ object: { kind: 'pod', name: 'x' }, path: 'spec', saw: 'x' }],
        confirm: [{ command: ['true'], expect: '' }],
        fix: { explain: 'None.' },
      }),
  });
  expect(diagnose(viewOf(cluster(objects)), { target }, [needsClient]).checks[0]?.outcome).toBe('not-applicable');
});
