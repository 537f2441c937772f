import { expect, test } from 'vitest';
import type { Reference } from '../../src/k8s/client-references.ts';
import { withAddress } from '../../src/k8s/setting-edits.ts';

const reference = (host: string, port?: number): Reference =>
  ({ host, ...(port === undefined ? {} : { port }), setting: {} }) as Reference;

test.each([
  ['http://billing:8080/v1', reference('billing', 8080), { port: 80 }, 'http://billing:80/v1'],
  ['http://billing', reference('billing'), { port: 8080 }, 'http://billing:8080'],
  ['http://db:5432', reference('db', 5432), { host: 'db.demo' }, 'http://db.demo:5432'],
  ['until nc -z db 5432; do', reference('db', 5432), { host: 'db.demo' }, 'until nc -z db.demo 5432; do'],
  ['until nc -z db 5433; do', reference('db', 5433), { port: 5432 }, 'until nc -z db 5432; do'],
  ['mydb://db/db', reference('db'), { host: 'db.demo' }, 'mydb://db.demo/db'],
] as const)('%s', (text, told, to, expected) => {
  expect(withAddress(text, told, to)).toBe(expected);
});
