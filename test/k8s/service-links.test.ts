import { expect, test } from 'vitest';
import { serviceLinksOf } from '../../src/k8s/service-links.ts';
import { service } from '../kit/cluster.ts';

test('the variables of a Service, as kubelet writes them', () => {
  const links = serviceLinksOf(
    service({ name: 'redis-master', ports: [{ name: 'redis', port: 6379 }], spec: { clusterIP: '10.0.0.11' } }),
  );
  expect(Object.fromEntries(links)).toEqual({
    REDIS_MASTER_SERVICE_HOST: '10.0.0.11',
    REDIS_MASTER_SERVICE_PORT: '6379',
    REDIS_MASTER_SERVICE_PORT_REDIS: '6379',
    REDIS_MASTER_PORT: 'tcp://10.0.0.11:6379',
    REDIS_MASTER_PORT_6379_TCP: 'tcp://10.0.0.11:6379',
    REDIS_MASTER_PORT_6379_TCP_PROTO: 'tcp',
    REDIS_MASTER_PORT_6379_TCP_PORT: '6379',
    REDIS_MASTER_PORT_6379_TCP_ADDR: '10.0.0.11',
  });
});

test('a headless Service injects nothing', () => {
  expect(serviceLinksOf(service({ name: 'db', spec: { clusterIP: 'None' } })).size).toBe(0);
});
