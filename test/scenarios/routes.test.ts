import { describe } from 'vitest';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../kit/cluster.ts';
import { gateway, gatewayClass, grant, ingress, ingressClass, route } from '../kit/edge.ts';
import { scenario } from '../kit/scenario.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' })];
const onNginx = (...objects: readonly KubeObject[]) => cluster([...web, ingressClass(), ...objects]);
const onEnvoy = (...objects: readonly KubeObject[]) => cluster([...web, gatewayClass(), ...objects]);
const refused = (type: string, reason: string) => [{ type, status: 'False' as const, reason }];

describe('Ingresses', () => {
  scenario('all in order', onNginx(ingress()), [], { target });
  scenario(
    'a headless Service',
    cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web', ports: [{ name: 'http', port: 8080 }], spec: { clusterIP: 'None' } }),
      ingressClass(),
      ingress({ port: { number: 8080 } }),
    ]),
    [],
    { target },
  );
  scenario('two Ingresses, two paths', onNginx(ingress(), ingress({ name: 'admin', path: { path: '/admin' } })), [], {
    target,
  });
  scenario(
    'an Ingress without class that a controller claims',
    onNginx(
      change(ingress(), (draft) => {
        delete draft.spec.ingressClassName;
      }),
    ),
    [],
    { target },
  );
  scenario('the port of the container', onNginx(ingress({ port: { number: 8080 } })), ['routes/ingress-port'], {
    target,
  });
  scenario(
    'another class',
    onNginx(ingress({ spec: { ingressClassName: 'ngnix' }, address: null })),
    ['routes/ingress-class-missing'],
    { target },
  );
  scenario('another name', onNginx(ingress({ service: 'web-service' })), ['routes/ingress-backend-missing'], {
    target,
  });
  scenario(
    'a Service that does not exist',
    onNginx(ingress({ service: 'web-service' })),
    ['routes/ingress-backend-missing'],
    { target: 'demo/web-service' },
  );
  scenario(
    'another namespace',
    onNginx(ingress({ namespace: 'ingress-nginx' })),
    ['routes/ingress-in-other-namespace'],
    { target },
  );
  scenario(
    'two faults: no class at all, and the port of the container',
    onNginx(
      change(ingress({ port: { number: 8080 }, address: null }), (draft) => {
        delete draft.spec.ingressClassName;
      }),
    ),
    ['routes/ingress-port', 'routes/ingress-no-class'],
    { target },
  );
  scenario(
    'two faults: a typo in the selector, and a missing class',
    cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web', selector: { app: 'wbe' } }),
      ingressClass(),
      ingress({ spec: { ingressClassName: 'public' }, address: null }),
    ]),
    ['selector/no-matching-pods', 'routes/ingress-class-missing'],
    { target },
  );
});

describe('the Gateway API', () => {
  scenario('all in order', onEnvoy(gateway(), route()), [], { target });
  scenario(
    'a route of another namespace, with its grant',
    onEnvoy(gateway(), route({ namespace: 'routes', backend: { namespace: 'demo' } }), grant()),
    [],
    { target },
  );
  scenario(
    'the port of the container',
    onEnvoy(gateway(), route({ backend: { port: 8080 }, conditions: refused('ResolvedRefs', 'BackendNotFound') })),
    ['routes/route-port'],
    { target },
  );
  scenario(
    'no grant',
    onEnvoy(
      gateway(),
      route({
        namespace: 'routes',
        backend: { namespace: 'demo' },
        conditions: refused('ResolvedRefs', 'RefNotPermitted'),
      }),
    ),
    ['routes/reference-not-granted'],
    { target },
  );
  scenario(
    'the namespace is forgotten',
    onEnvoy(gateway(), route({ namespace: 'routes', conditions: refused('ResolvedRefs', 'BackendNotFound') })),
    ['routes/route-backend-missing'],
    { target },
  );
  scenario(
    'only routes of the same namespace',
    onEnvoy(
      gateway({ allowedRoutes: { namespaces: { from: 'Same' } } }),
      route({ conditions: refused('Accepted', 'NotAllowedByListeners') }),
    ),
    ['routes/route-not-accepted'],
    { target },
  );
  scenario(
    'a class that does not exist',
    cluster([...web, gateway({}, null), route({ conditions: null })]),
    ['routes/gateway-not-programmed'],
    { target },
  );
  scenario(
    'a gRPC backend whose protocol is not known',
    onEnvoy(gateway(), route({ kind: 'GRPCRoute', conditions: refused('ResolvedRefs', 'UnsupportedProtocol') })),
    ['routes/refs-unresolved'],
    { target },
  );
});
