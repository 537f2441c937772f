import { describe, expect, test } from 'vitest';
import type { KubeObject, Pod } from '../../src/k8s/objects.ts';
import { redact } from '../../src/snapshot/redact.ts';
import { change, snapshotOf, workload } from '../kit/cluster.ts';

const pod = workload({ name: 'api' }).find((object): object is Pod => object.kind === 'Pod');
if (!pod) throw new Error('no Pod');

const envAfter = (env: Readonly<Record<string, string>>) => {
  const given = change(pod, (draft) => {
    for (const container of draft.spec.containers)
      container.env = Object.entries(env).map(([name, value]) => ({ name, value }));
  });
  const [shown] = redact(snapshotOf([given])).snapshot.objects as readonly Pod[];
  return Object.fromEntries(shown?.spec.containers[0]?.env?.map(({ name, value }) => [name, value]) ?? []);
};

describe('the environment', () => {
  test('values of names that mean credentials go', () => {
    const secret = 'hunter2';
    const names = [
      'PASSWORD',
      'PGPASSWORD',
      'DB_PASS',
      'API_TOKEN',
      'CLIENT_SECRET',
      'AWS_SECRET_ACCESS_KEY',
      'apiKey',
      'PRIVATE_KEY',
      'GH_CREDENTIALS',
      'ENCRYPTION_KEY',
    ];
    const after = envAfter(Object.fromEntries(names.map((name) => [name, secret])));
    expect(after).toEqual(Object.fromEntries(names.map((name) => [name, 'REDACTED'])));
  });

  test('passwords in URLs and connection strings go, where they lead stays', () => {
    expect(
      envAfter({
        DATABASE_URL: 'postgres://app:s3cr@t!@db.demo:5432/shop?sslmode=disable',
        JDBC: 'jdbc:postgresql://db:5432/shop?user=app&password=hunter2',
        DSN: 'host=db port=5432 password=hunter2 user=app',
      }),
    ).toEqual({
      DATABASE_URL: 'postgres://app:REDACTED@db.demo:5432/shop?sslmode=disable',
      JDBC: 'jdbc:postgresql://db:5432/shop?user=app&password=REDACTED',
      DSN: 'REDACTED',
    });
  });

  test('addresses stay, whatever they are called', () => {
    const plain = {
      DB_HOST: 'db.demo',
      DB_PORT: '5432',
      AUTH_URL: 'http://auth:8080',
      REPORTS_DSN: 'host=db port=5432 user=app',
      TOKEN_SERVICE: 'tokens.demo:80',
      PASSWORD_FILE: '/run/secrets/db',
      KEYCLOAK_HOST: 'keycloak',
      SECRET_REF: '$(OTHER)',
      MONKEY: 'banana',
    };
    expect(envAfter(plain)).toEqual(plain);
  });
});

test('arguments that give a password', () => {
  const given = change(pod, (draft) => {
    for (const container of draft.spec.containers)
      container.args = ['--password=hunter2', '--token', 'abc', '--db-host=db'];
  });
  const [shown] = redact(snapshotOf([given])).snapshot.objects as readonly Pod[];
  expect(shown?.spec.containers[0]?.args).toEqual(['--password=REDACTED', '--token', 'REDACTED', '--db-host=db']);
});

describe('objects', () => {
  const object = (kind: string, name: string, namespace: string, rest: object): KubeObject => ({
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace },
    ...rest,
  });

  test('Secrets are left out', () => {
    expect(
      redact(snapshotOf([object('Secret', 'db', 'demo', { data: { password: 'eA==' } })])).snapshot.objects,
    ).toEqual([]);
  });

  test('ConfigMaps keep their keys; the Corefile and what the client takes keep their values', () => {
    const settings = object('ConfigMap', 'settings', 'demo', { data: { DB_HOST: 'db', DB_PASSWORD: 'hunter2' } });
    const payroll = object('ConfigMap', 'payroll', 'demo', { data: { boss: '1' }, binaryData: { x: 'AA==' } });
    const coredns = object('ConfigMap', 'coredns', 'kube-system', { data: { Corefile: '.:53 {}' } });
    const { snapshot, configMapValues } = redact(snapshotOf([settings, payroll, coredns]), new Set([settings]));
    expect(snapshot.objects.map((map) => (map as { data?: unknown }).data)).toEqual([
      { DB_HOST: 'db', DB_PASSWORD: 'REDACTED' },
      { boss: 'REDACTED' },
      { Corefile: '.:53 {}' },
    ]);
    expect(snapshot.objects[1]).not.toHaveProperty('binaryData');
    expect(configMapValues).toBe(2);
  });

  test('bookkeeping goes: it holds what the object held before', () => {
    const noisy = change(pod, (draft) => {
      draft.metadata.managedFields = [{ manager: 'kubectl' }];
      draft.metadata.annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"secret":1}', team: 'shop' };
    });
    const [shown] = redact(snapshotOf([noisy])).snapshot.objects;
    expect(shown?.metadata).not.toHaveProperty('managedFields');
    expect(shown?.metadata.annotations).toEqual({ team: 'shop' });
  });

  test('the input is left as it was, and twice is as good as once', () => {
    const given = snapshotOf([object('ConfigMap', 'payroll', 'demo', { data: { boss: '1' } }), pod]);
    const before = structuredClone(given);
    const once = redact(given);
    expect(given).toEqual(before);
    expect(redact(once.snapshot)).toEqual(once);
  });
});

describe('what people and programs write freely', () => {
  const noteAfter = (note: string): string => {
    const given = change(pod, (draft) => void (draft.metadata.annotations = { note }));
    return redact(snapshotOf([given])).snapshot.objects[0]?.metadata.annotations?.['note'] ?? '';
  };

  test.each([
    ['postgres://app:hunter2@db/app', 'postgres://app:REDACTED@db/app'],
    ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=REDACTED psql'],
    ['{"password": "hunter2", "user": "app"}', '{"password": "REDACTED", "user": "app"}'],
    ['db_password: hunter2', 'db_password: REDACTED'],
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer REDACTED'],
    ['it said eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.sig once', 'it said REDACTED once'],
    ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', 'REDACTED'],
  ])('%s', (note, safe) => {
    expect(noteAfter(note)).toBe(safe);
  });

  test.each([
    'secret "db" not found',
    'the password is wrong',
    'key=value',
    'http://db:5432/',
    'Basic authentication failed',
  ])('%s stays', (note) => {
    expect(noteAfter(note)).toBe(note);
  });

  test('headers of a probe, and the count that is told', () => {
    const given = change(pod, (draft) => {
      const [container] = draft.spec.containers;
      if (container)
        container.readinessProbe = {
          httpGet: { port: 80, path: '/', httpHeaders: [{ name: 'Cookie', value: 'session=1' }] },
        };
    });
    const { snapshot, texts } = redact(snapshotOf([given]));
    const [shown] = snapshot.objects as readonly Pod[];
    expect(shown?.spec.containers[0]?.readinessProbe?.httpGet?.httpHeaders).toEqual([
      { name: 'Cookie', value: 'REDACTED' },
    ]);
    expect(texts).toBe(1);
  });

  test('where there is nothing to take out, the object stays the same one', () => {
    expect(redact(snapshotOf([pod])).snapshot.objects[0]).toBe(pod);
  });
});

test('a kind of others may hold anything where a container would be: all of it goes', () => {
  const pipeline = (containers: unknown): KubeObject =>
    ({
      apiVersion: 'example.com/v1',
      kind: 'Pipeline',
      metadata: { name: 'build', namespace: 'demo' },
      spec: { template: { spec: { containers } } },
    }) as KubeObject;
  for (const containers of [[null], [{ name: 'a', env: { PASSWORD: 'hunter2' } }], 'hunter2'])
    expect(redact(snapshotOf([pipeline(containers)])).snapshot.objects).toEqual([pipeline([])]);
});
