import { describe } from 'vitest';
import type { KubeObject, Pod, Service } from '../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../kit/cluster.ts';
import { billing, caller, postgres } from '../kit/caller.ts';
import { scenario } from '../kit/scenario.ts';

const from = 'demo/deploy/gateway';
const pg = { target: 'demo/postgres', from };
const calls = { target: 'demo/billing', from };
const proxy = { HTTP_PROXY: 'http://proxy.corp.example:3128', HTTPS_PROXY: 'http://proxy.corp.example:3128' };

const crashing = (objects: readonly KubeObject[], message: string): readonly KubeObject[] =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? change(unready(object as Pod), (draft) => {
          for (const status of draft.status?.containerStatuses ?? []) {
            status.restartCount = 12;
            status.state = {
              waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' },
            };
            status.lastState = { terminated: { exitCode: 1, reason: 'Error', message } };
          }
        })
      : object,
  );

describe('the client has the wrong address', () => {
  scenario(
    'DB_HOST=localhost, moved from compose',
    caller({ DB_HOST: 'localhost', DB_PORT: '5432' }, postgres).given,
    ['client/localhost'],
    pg,
  );
  scenario(
    'a Spring datasource on localhost',
    caller({ SPRING_DATASOURCE_URL: 'jdbc:postgresql://localhost:5432/app' }, postgres).given,
    ['client/localhost'],
    pg,
  );
  scenario(
    'the container’s port',
    caller({ BILLING_URL: 'http://billing:8080' }).given,
    ['client/container-port'],
    calls,
  );
  scenario(
    'the nodePort',
    caller(
      { BILLING_URL: 'http://billing:30080' },
      billing({ type: 'NodePort', ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }),
    ).given,
    ['client/node-port'],
    calls,
  );
  scenario('a port of nobody’s', caller({ BILLING_URL: 'http://billing:3000' }).given, ['client/wrong-port'], calls);
  scenario(
    'https where only 80 is open',
    caller({ BILLING_URL: 'https://billing' }).given,
    ['client/wrong-port'],
    calls,
  );
  scenario(
    'an old ClusterIP',
    caller({ DB_HOST: '10.96.255.1', DB_PORT: '5432' }, postgres).given,
    ['client/hard-coded-address'],
    pg,
  );
  scenario('udp to a TCP port', caller({ BILLING_UDP_ADDR: 'billing:80' }).given, ['client/wrong-protocol'], calls);
});

describe('Knative', () => {
  const external = (name: string, externalName: string, labels = {}): Service =>
    change(
      service({
        name,
        selector: null,
        ports: [{ name: 'http2', port: 80, targetPort: 80 }],
        spec: { type: 'ExternalName', externalName, clusterIP: '', clusterIPs: [] },
      }),
      (draft) => void (draft.metadata.labels = labels),
    );
  const knative = [
    external('hello', 'knative-local-gateway.istio-system.svc.cluster.local', {
      'serving.knative.dev/service': 'hello',
    }),
    ...workload({ name: 'istio-ingressgateway', namespace: 'istio-system' }),
    service({
      name: 'knative-local-gateway',
      namespace: 'istio-system',
      selector: { app: 'istio-ingressgateway' },
      ports: [{ name: 'http2', port: 80, targetPort: 8080 }],
    }),
  ];
  const hello = { target: 'demo/hello', from };
  scenario('by its full name', caller({ HELLO: 'http://hello.demo.svc.cluster.local' }, knative).given, [], hello);
  scenario(
    'at the port of the container',
    caller({ HELLO: 'http://hello.demo:8080' }, knative).given,
    ['client/knative-host'],
    hello,
  );
  scenario(
    'by the gateway',
    caller({ HELLO: 'http://knative-local-gateway.istio-system' }, knative).given,
    ['client/knative-host'],
    hello,
  );
  scenario(
    'by an alias',
    caller({ HELLO: 'http://greeter' }, [...knative, external('greeter', 'hello.demo.svc.cluster.local')]).given,
    ['client/knative-host'],
    { target: 'demo/greeter', from },
  );
});

describe('what the environment does to the client', () => {
  scenario(
    'a proxy that knows no cluster names',
    caller({ ...proxy, NO_PROXY: 'localhost,127.0.0.1', BILLING_URL: 'http://billing' }).given,
    ['client/proxy'],
    calls,
  );
  scenario(
    'a variable defined too late',
    caller({ DATABASE_URL: 'postgres://$(DB_HOST):5432/app', DB_HOST: 'postgres' }, postgres).given,
    ['client/unexpanded-variable'],
    pg,
  );
  scenario(
    'Service variables without links',
    caller({ BILLING_URL: 'http://$(BILLING_SERVICE_HOST)' }, billing(), {}, { enableServiceLinks: false }).given,
    ['client/service-variables-missing'],
    calls,
  );
  scenario(
    'a line break in the host',
    caller({ DB_HOST: 'postgres\n' }, postgres).given,
    ['client/malformed-value'],
    pg,
  );
  scenario(
    'SEARXNG_PORT',
    cluster([
      ...crashing(workload({ name: 'searxng' }), "ValueError: 'tcp://10.43.201.7:8080' is not a valid port number"),
      service({ name: 'searxng', ports: [{ port: 8080 }] }),
    ]),
    ['client/service-link-collision'],
    { target: 'demo/searxng' },
  );
  scenario(
    'two variables that may be meant, and no URL in the words',
    cluster([
      ...crashing(workload({ name: 'dify-api' }), "Error: 'tcp' is not a valid port number."),
      service({ name: 'dify' }),
      service({ name: 'dify-api' }),
    ]),
    ['client/service-link-collision'],
    { target: 'demo/dify-api' },
  );
  scenario(
    'SCHEMA_REGISTRY_PORT',
    cluster([
      ...crashing(
        workload({ name: 'schema-registry' }),
        'PORT is deprecated. Please use SCHEMA_REGISTRY_LISTENERS instead.',
      ),
      service({ name: 'schema-registry' }),
    ]),
    ['client/service-link-collision'],
    { target: 'demo/schema-registry' },
  );
  scenario(
    'one crash, of another kind',
    cluster([
      ...crashing(workload({ name: 'api' }), 'FATAL: password authentication failed for user "app"'),
      service({ name: 'api' }),
    ]),
    ['endpoints/crash-looping'],
    { target: 'demo/api' },
  );
});

describe('healthy clients', () => {
  scenario('the right name and port', caller({ BILLING_URL: 'http://billing' }).given, [], calls);
  scenario(
    'a proxy with exceptions',
    caller({ ...proxy, NO_PROXY: 'localhost,.svc,.cluster.local,billing', BILLING_URL: 'http://billing' }).given,
    [],
    calls,
  );
  scenario(
    'cloud-sql-proxy beside the app',
    caller(
      { DB_HOST: '127.0.0.1', DB_PORT: '5432' },
      postgres,
      {},
      {
        initContainers: [
          {
            name: 'cloud-sql-proxy',
            image: 'gcr.io/cloud-sql-connectors/cloud-sql-proxy:2.8',
            restartPolicy: 'Always',
          },
        ],
      },
    ).given,
    [],
    pg,
  );
  scenario(
    'Service variables that are there',
    caller({ BILLING_URL: 'http://$(BILLING_SERVICE_HOST):$(BILLING_SERVICE_PORT)' }).given,
    [],
    calls,
  );
  scenario(
    'it listens on all its own addresses',
    caller({ HOST: '0.0.0.0', PORT: '3000', DATABASE_URL: 'postgres://postgres:5432/app' }, postgres).given,
    [],
    pg,
  );
  scenario(
    'settings full of other things',
    caller({
      LOG_LEVEL: 'info',
      OTEL_SERVICE_NAME: 'gateway',
      PUBLIC_URL: 'https://billing.demo.example.com',
      SENTRY_DSN: 'https://key@sentry.io/1',
      REDIS_URL: 'redis://cache.prod.example.com:6379',
    }).given,
    [],
    calls,
  );
});
