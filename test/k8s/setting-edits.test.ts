import { expect, test } from 'vitest';
import type { Reference } from '../../src/k8s/client-references.ts';
import { withAddress } from '../../src/k8s/setting-edits.ts';

const reference = (host: string, port?: number, scheme?: string): Reference =>
  ({ host, ...(port === undefined ? {} : { port }), ...(scheme ? { scheme } : {}), setting: {} }) as Reference;

test.each([
  ['http://billing:8080/v1', reference('billing', 8080), { port: 80 }, 'http://billing:80/v1'],
  ['http://billing', reference('billing'), { port: 8080 }, 'http://billing:8080'],
  ['http://db:5432', reference('db', 5432), { host: 'db.demo' }, 'http://db.demo:5432'],
  ['until nc -z db 5432; do', reference('db', 5432), { host: 'db.demo' }, 'until nc -z db.demo 5432; do'],
  ['until nc -z db 5433; do', reference('db', 5433), { port: 5432 }, 'until nc -z db 5432; do'],
  ['mydb://db/db', reference('db'), { host: 'db.demo' }, 'mydb://db.demo/db'],
  ['jdbc:mysql://mysql:3307/app', reference('mysql', 3307, 'mysql'), { port: 3306 }, 'jdbc:mysql://mysql:3306/app'],
  ['jdbc:mysql://mysql/app', reference('mysql', undefined, 'mysql'), { port: 3307 }, 'jdbc:mysql://mysql:3307/app'],
  ['postgres://postgres:5432/app', reference('postgres', 5432, 'postgres'), { host: 'db' }, 'postgres://db:5432/app'],
  [
    'postgresql+psycopg://db:db@db:5433/db',
    reference('db', 5433, 'postgresql'),
    { port: 5432 },
    'postgresql+psycopg://db:db@db:5432/db',
  ],
  ['http://api/api', reference('api', undefined, 'http'), { host: 'api.prod' }, 'http://api.prod/api'],
  ['redis://a:1,amqp://a:1', reference('a', 1, 'amqp'), { port: 2 }, 'redis://a:1,amqp://a:2'],
  ['http://[fd00::7]:80/x', reference('fd00::7', 80, 'http'), { host: 'db' }, 'http://db:80/x'],
  ['user=db host=db port=5433', reference('db', 5433), { port: 5432 }, 'user=db host=db port=5432'],
  ['dbname=db host=db port=5433', reference('db', 5433), { host: 'pg' }, 'dbname=db host=pg port=5433'],
  ["host='db' port='5433'", reference('db', 5433), { port: 5432 }, "host='db' port='5432'"],
  ['Server=tcp:sql,1434;Database=sql', reference('sql', 1434), { port: 1433 }, 'Server=tcp:sql,1433;Database=sql'],
  ['Host=db;Port=5433;Database=db', reference('db', 5433), { port: 5432 }, 'Host=db;Port=5432;Database=db'],
  ['db:pw@tcp(db:3307)/db', reference('db', 3307), { port: 3306 }, 'db:pw@tcp(db:3306)/db'],
  ['psql -h db -p 5433 -U db', reference('db', 5433), { port: 5432 }, 'psql -h db -p 5432 -U db'],
  ['psql -U db -h db', reference('db'), { host: 'pg.demo' }, 'psql -U db -h pg.demo'],
] as const)('%s', (text, told, to, expected) => {
  expect(withAddress(text, told, to)).toBe(expected);
});
