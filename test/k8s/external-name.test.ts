import { expect, test } from 'vitest';
import { aliasOf } from '../../src/k8s/external-name.ts';
import { service } from '../kit/cluster.ts';

const db = service({ name: 'db', namespace: 'prod' });
const alias = (externalName: string) =>
  service({ name: 'store', selector: null, spec: { type: 'ExternalName', externalName } });

test.each([
  ['10.0.0.5', 'address'],
  ['2001:db8::1', 'address'],
  ['db.example.com', 'outside'],
  ['db.example.com.', 'outside'],
  ['https://db.example.com/x', 'invalid'],
  ['my_db.example.com', 'invalid'],
  ['db.prod.svc.cluster.local', 'service'],
  ['db-0.db.prod.svc.cluster.local', 'service'],
  ['db.staging.svc.cluster.local', 'missing'],
  ['db.prod', 'short'],
  ['db.prod.svc', 'short'],
  ['db.prod.svc.other.domain', 'other-domain'],
])('%s is %s', (externalName, kind) => {
  expect(aliasOf(alias(externalName), [db], 'cluster.local').kind).toBe(kind);
});
