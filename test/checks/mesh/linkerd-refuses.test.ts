import check from '../../../src/checks/mesh/linkerd-refuses.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { change, cluster, namespace, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import {
  linkerdAuthorization,
  linkerdServer,
  meshed,
  meshTLSAuthentication,
  serverAuthorization,
} from '../../kit/mesh.ts';

const target = 'demo/web';
const outside = 'batch/Deployment/export';
const inside = 'shop/Deployment/api';
const annotated = (policy: string) =>
  change(
    namespace('demo'),
    (draft) => void (draft.metadata.annotations = { 'config.linkerd.io/default-inbound-policy': policy }),
  );
const base = [
  ...meshed({ name: 'web' }, 'linkerd-proxy'),
  service({ name: 'web' }),
  ...workload({ namespace: 'batch', name: 'export' }),
  ...meshed({ namespace: 'shop', name: 'api', spec: { serviceAccountName: 'api' } }, 'linkerd-proxy'),
];
const given = (...objects: readonly KubeObject[]) => cluster([...base, ...objects]);
const server = (more: object = {}) =>
  linkerdServer('demo', 'web-http', { podSelector: { matchLabels: { app: 'web' } }, port: 'http', ...more });
const forServer = (...refs: readonly object[]) =>
  linkerdAuthorization('demo', 'web-clients', {
    targetRef: { group: 'policy.linkerd.io', kind: 'Server', name: 'web-http' },
    requiredAuthenticationRefs: refs,
  });
const meshTLS = { group: 'policy.linkerd.io', kind: 'MeshTLSAuthentication', name: 'clients' };

examples(check, {
  'the namespace wants identities, and the client has none': {
    target,
    from: outside,
    given: given(annotated('all-authenticated')),
    says: { summary: ['all-authenticated', 'batch/export', 'not meshed'], certainty: 'certain', impact: 'breaks' },
  },
  'the namespace is closed': {
    target,
    from: inside,
    given: given(annotated('deny')),
    says: { summary: ['default-inbound-policy is deny', 'api.shop'], certainty: 'certain' },
  },
  'a Server that nobody is authorized for': {
    target,
    given: given(server()),
    says: { summary: ['Server web-http', 'anybody', 'no authorization'], certainty: 'certain' },
  },
  'a Server that names the port of the Service': {
    target,
    from: inside,
    given: given(
      annotated('deny'),
      server({ port: 80 }),
      forServer(meshTLS),
      meshTLSAuthentication('demo', 'clients', { identities: ['*'] }),
    ),
    says: { summary: ['Server web-http', 'port 80', '8080', 'deny'], certainty: 'certain' },
  },
  'an authorization for other identities': {
    target,
    from: inside,
    given: given(
      server({ port: 8080 }),
      forServer(meshTLS),
      meshTLSAuthentication('demo', 'clients', {
        identities: ['web.shop.serviceaccount.identity.linkerd.cluster.local'],
      }),
    ),
    says: { summary: ['AuthorizationPolicy web-clients', 'api.shop'], certainty: 'certain' },
  },
  'a ServerAuthorization for identities only': {
    target,
    from: outside,
    given: given(
      server(),
      serverAuthorization('demo', 'meshed', {
        server: { name: 'web-http' },
        client: { meshTLS: { identities: ['*'] } },
      }),
    ),
    says: { summary: ['ServerAuthorization meshed', 'not meshed'], certainty: 'certain' },
  },
  'its ServiceAccount is authorized': {
    target,
    from: inside,
    given: given(server(), forServer({ kind: 'ServiceAccount', name: 'api', namespace: 'shop' })),
    says: 'passed',
  },
  'its identity is among those authorized': {
    target,
    from: inside,
    given: given(
      server(),
      forServer(meshTLS),
      meshTLSAuthentication('demo', 'clients', {
        identities: ['*.shop.serviceaccount.identity.linkerd.cluster.local'],
      }),
    ),
    says: 'passed',
  },
  'its network is authorized': {
    target,
    from: outside,
    given: given(server(), forServer({ group: 'policy.linkerd.io', kind: 'NetworkAuthentication', name: 'cluster' })),
    says: 'passed',
  },
  'the Server is open by itself': {
    target,
    from: outside,
    given: given(server({ accessPolicy: 'all-unauthenticated' })),
    says: 'passed',
  },
  'the Server is for another port': { target, from: outside, given: given(server({ port: 9090 })), says: 'passed' },
  'a client with an identity': {
    target,
    from: inside,
    given: given(annotated('cluster-authenticated')),
    says: 'passed',
  },
  'nothing is said': { target, from: outside, given: given(), says: 'passed' },
  'the server is not meshed': {
    target,
    from: outside,
    given: cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web' }),
      ...workload({ namespace: 'batch', name: 'export' }),
    ]),
    says: 'not-applicable',
  },
});
