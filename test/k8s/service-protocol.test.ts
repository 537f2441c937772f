import { expect, test } from 'vitest';
import type { ServicePort } from '../../src/k8s/objects.ts';
import { applicationBehind, declaredProtocolOf } from '../../src/k8s/service-protocol.ts';
import { pod } from '../kit/cluster.ts';

test.each<[Partial<ServicePort>, string]>([
  [{ name: 'http' }, 'http'],
  [{ name: 'http-web' }, 'http'],
  [{ name: 'grpc-web' }, 'http'],
  [{ name: 'https-web' }, 'tls'],
  [{ name: 'tcp-db' }, 'tcp'],
  [{ name: 'web' }, 'auto'],
  [{ name: 'httpweb' }, 'auto'],
  [{}, 'auto'],
  [{ name: 'http', appProtocol: 'tcp' }, 'tcp'],
  [{ name: 'tcp', appProtocol: 'kubernetes.io/h2c' }, 'http'],
  [{ name: 'dns', protocol: 'UDP' }, 'udp'],
  [{ port: 3306 }, 'tcp'],
  [{ name: 'http', port: 3306 }, 'http'],
])('%o is %s', (port, family) => expect(declaredProtocolOf({ port: 80, ...port }).family).toBe(family));

test('applications are told by port and image, and their companions are not taken for them', () => {
  const running = (image: string, containerPort?: number) =>
    pod({
      name: 'db-0',
      spec: { containers: [{ name: 'db', image, ...(containerPort ? { ports: [{ containerPort }] } : {}) }] },
    });
  const at = (port: number, image: string, declared?: number) =>
    applicationBehind({ port, targetPort: port }, [running(image, declared)])?.name;
  expect(at(3306, 'registry.example.com/orders-db:1')).toBe('MySQL');
  expect(at(13306, 'docker.io/library/mariadb:12', 13306)).toBe('MySQL');
  expect(at(9121, 'oliver006/redis_exporter:v1', 9121)).toBeUndefined();
  expect(at(8081, 'mongo-express:1', 8081)).toBeUndefined();
  expect(at(8080, 'registry.example.com/web@sha256:0123456789abcdef')).toBeUndefined();
});
