import { expect, test } from 'vitest';
import { servicesAwaitedBy } from '../../src/k8s/awaited-services.ts';
import { service } from '../kit/cluster.ts';

const services = ['db', 'cache', 'my-db', 'api'].map((name) => service({ name }));
const awaited = (script: string, env: readonly { name: string; value: string }[] = []) =>
  servicesAwaitedBy({ name: 'wait', command: ['sh', '-c', script], env }, services).map(
    ({ metadata }) => metadata.name,
  );

test('the hosts of a script that waits', () => {
  expect(awaited('until nc -z db 5432; do sleep 2; done')).toEqual(['db']);
  expect(awaited('until nslookup db.demo.svc.cluster.local; do sleep 2; done')).toEqual(['db']);
  expect(awaited('while ! curl -s http://api:8080/health; do sleep 1; done')).toEqual(['api']);
  expect(awaited('until </dev/tcp/cache/6379; do sleep 1; done')).toEqual(['cache']);
  expect(awaited('wait-for-it.sh my-db:5432 -t 0')).toEqual(['my-db']);
  expect(awaited('until nc -z $DB_HOST 5432; do sleep 2; done', [{ name: 'DB_HOST', value: 'db' }])).toEqual(['db']);
});

test('a script that waits for nobody, or somewhere else', () => {
  expect(awaited('cp -r /seed/db /data')).toEqual([]);
  expect(awaited('until nc -z db.other 5432; do sleep 2; done')).toEqual([]);
  expect(awaited('until nc -z $DB_HOST 5432; do sleep 2; done', [{ name: 'OTHER', value: 'db' }])).toEqual([]);
});
