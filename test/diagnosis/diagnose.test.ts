import { describe, expect, test } from 'vitest';
import { defineCheck, problem, type AnyCheck } from '../../src/checks/define.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { viewOf } from '../../src/snapshot/cluster-view.ts';
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
