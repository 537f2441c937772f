import { describe } from 'vitest';
import type { KubeObject, Pod } from '../../src/k8s/objects.ts';
import { change, cluster, namespace, service, unready, workload } from '../kit/cluster.ts';
import {
  authorizationPolicy,
  destinationRule,
  linkerdServer,
  meshed,
  meshNamespace,
  peerAuthentication,
  virtualService,
} from '../kit/mesh.ts';
import { scenario } from '../kit/scenario.ts';

const target = 'shop/ledger';
const from = 'shop/Deployment/api';
const caller = (
  env: readonly { readonly name: string; readonly value: string }[] = [
    { name: 'LEDGER_URL', value: 'http://ledger:80' },
  ],
) => meshed({ namespace: 'shop', name: 'api', container: { env } });
const ledger = [
  meshNamespace('shop'),
  ...meshed({ namespace: 'shop', name: 'ledger' }),
  service({ namespace: 'shop', name: 'ledger' }),
];
const strict = peerAuthentication('istio-system', 'default', { mtls: { mode: 'STRICT' } });
const plain = (name: string, url: string) =>
  workload({ namespace: 'batch', name, container: { env: [{ name: 'LEDGER_URL', value: url }] } });
const outside = 'batch/Deployment/export';
const given = (...objects: readonly KubeObject[]) => cluster([...ledger, ...objects]);

describe('meshes', () => {
  scenario('STRICT, and everybody has a sidecar', given(...caller(), strict), [], { target, from });
  scenario('PERMISSIVE, and the client has none', given(...plain('export', 'http://ledger.shop:80')), [], {
    target,
    from: outside,
  });
  scenario(
    'STRICT, and the client is outside',
    given(...plain('export', 'http://ledger.shop:80'), strict),
    ['mesh/strict-mtls-plain-client'],
    {
      target,
      from: outside,
    },
  );
  scenario(
    'STRICT, the client is outside, and a policy wants its identity',
    given(
      ...plain('export', 'http://ledger.shop:80'),
      strict,
      authorizationPolicy('shop', 'ledger', { rules: [{ from: [{ source: { principals: ['*'] } }] }] }),
    ),
    ['mesh/strict-mtls-plain-client'],
    { target, from: outside },
  );
  scenario(
    'allow-nothing',
    given(...caller(), authorizationPolicy('shop', 'allow-nothing')),
    ['mesh/authorization-refuses'],
    { target, from },
  );
  scenario(
    'ISTIO_MUTUAL to a database outside of the mesh',
    cluster([
      meshNamespace('shop'),
      ...caller([{ name: 'DB', value: 'postgres://db.data:5432/app' }]),
      ...workload({
        namespace: 'data',
        name: 'db',
        container: { image: 'postgres:18', ports: [{ containerPort: 5432 }] },
      }),
      service({ namespace: 'data', name: 'db', ports: [{ name: 'tcp-postgres', port: 5432 }] }),
      destinationRule('shop', 'default', { host: '*.local', trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } }),
    ]),
    ['mesh/destination-rule-tls'],
    { target: 'data/db', from },
  );
  scenario(
    'Redis behind a port called http',
    cluster([
      meshNamespace('shop'),
      ...caller([{ name: 'REDIS', value: 'redis://cache:6379' }]),
      ...meshed({
        namespace: 'shop',
        name: 'cache',
        container: { image: 'redis:8.2', ports: [{ name: 'redis', containerPort: 6379 }] },
      }),
      service({ namespace: 'shop', name: 'cache', ports: [{ name: 'http', port: 6379, targetPort: 'redis' }] }),
    ]),
    ['mesh/port-protocol'],
    { target: 'shop/cache', from },
  );
  scenario(
    'MySQL in the mesh, a plain client, nothing said about mTLS',
    cluster([
      meshNamespace('shop'),
      ...meshed({ namespace: 'shop', name: 'db', container: { image: 'mysql:8.4', ports: [{ containerPort: 3306 }] } }),
      service({ namespace: 'shop', name: 'db', ports: [{ name: 'mysql', port: 3306 }] }),
      ...plain('export', 'mysql://db.shop:3306/app'),
    ]),
    ['mesh/server-first-permissive'],
    { target: 'shop/db', from: outside },
  );
  scenario(
    'a subset that no Pod is in',
    given(
      ...caller(),
      virtualService('shop', 'ledger', {
        hosts: ['ledger'],
        http: [{ route: [{ destination: { host: 'ledger', subset: 'v2' } }] }],
      }),
      destinationRule('shop', 'ledger', { host: 'ledger', subsets: [{ name: 'v2', labels: { version: 'v2' } }] }),
    ),
    ['mesh/subset-without-pods'],
    { target, from },
  );
  scenario(
    'two Services, two protocols, one port',
    given(
      ...caller(),
      service({
        namespace: 'shop',
        name: 'ledger-raw',
        selector: { app: 'ledger' },
        ports: [{ name: 'tcp', port: 9000, targetPort: 8080 }],
      }),
    ),
    ['mesh/conflicting-protocols'],
    { target, from },
  );
  scenario(
    'a Server of Linkerd that nobody may use',
    cluster([
      namespace('shop'),
      ...meshed({ namespace: 'shop', name: 'ledger' }, 'linkerd-proxy'),
      service({ namespace: 'shop', name: 'ledger' }),
      ...meshed({ namespace: 'shop', name: 'api' }, 'linkerd-proxy'),
      linkerdServer('shop', 'ledger-http', { podSelector: { matchLabels: { app: 'ledger' } }, port: 'http' }),
    ]),
    ['mesh/linkerd-refuses'],
    { target, from },
  );
  scenario(
    'two faults: a typo in the selector, and STRICT with a client outside',
    cluster([
      meshNamespace('shop'),
      ...meshed({ namespace: 'shop', name: 'ledger' }),
      service({ namespace: 'shop', name: 'ledger', selector: { app: 'leger' } }),
      ...plain('export', 'http://ledger.shop:80'),
      strict,
    ]),
    ['selector/no-matching-pods'],
    { target, from: outside },
  );
  scenario(
    'two faults: a wrong port in the client, and DISABLE towards a strict server',
    given(
      ...caller([{ name: 'LEDGER_URL', value: 'http://ledger:8080' }]),
      strict,
      destinationRule('shop', 'ledger', { host: 'ledger', trafficPolicy: { tls: { mode: 'DISABLE' } } }),
    ),
    ['client/container-port', 'mesh/destination-rule-tls'],
    { target, from },
  );
  scenario(
    'the proxy of every Pod waits for istiod',
    cluster([
      meshNamespace('shop'),
      ...meshed({ namespace: 'shop', name: 'ledger' }).map((object) =>
        object.kind === 'Pod'
          ? change(unready(object as Pod), (draft) => {
              for (const status of draft.status?.containerStatuses ?? []) status.ready = status.name !== 'istio-proxy';
            })
          : object,
      ),
      service({ namespace: 'shop', name: 'ledger' }),
      ...caller(),
    ]),
    ['mesh/proxy-not-ready'],
    { target, from },
  );
});
