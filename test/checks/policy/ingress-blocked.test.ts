import check from '../../../src/checks/policy/ingress-blocked.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, namespace, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { denyIngress, policy } from '../../kit/policies.ts';

const db = workload({
  name: 'db',
  labels: { app: 'db', tier: 'backend' },
  container: { ports: [{ name: 'postgres', containerPort: 5432 }] },
});
const dbService = service({ name: 'db', ports: [{ name: 'postgres', port: 5432, targetPort: 'postgres' }] });
const api = workload({ name: 'api', labels: { app: 'api', tier: 'frontend' } });
const shopApi = workload({ name: 'api', namespace: 'shop', labels: { app: 'api', tier: 'frontend' } });
const web = workload({ name: 'db', container: { ports: [{ name: 'http', containerPort: 8080 }] } });
const webService = service({ name: 'db', ports: [{ name: 'http', port: 80, targetPort: 'http' }] });

const toDb = (ingress: string) =>
  policy('demo/db-policy', `podSelector: {matchLabels: {app: db}}\npolicyTypes: [Ingress]\ningress:\n${ingress}`);
const given = (...more: (KubeObject | readonly KubeObject[])[]) => cluster([...db, dbService, ...api, ...more.flat()]);
const from = 'demo/Deployment/api';
const ownNamespace = policy(
  'demo/allow-same-namespace',
  'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {}}]}]',
);

examples(check, {
  'no policy': { given: given(), from, says: 'passed', detail: 'no NetworkPolicy governs traffic to db' },
  'a policy of other Pods': {
    given: given(policy('demo/cache', 'podSelector: {matchLabels: {app: cache}}')),
    from,
    says: 'passed',
  },
  'the client is admitted': {
    given: given(denyIngress, toDb('- from: [{podSelector: {matchLabels: {app: api}}}]\n  ports: [{port: 5432}]')),
    from,
    says: 'passed',
    detail: 'db-policy admits api',
  },
  'another label': {
    given: given(toDb('- from: [{podSelector: {matchLabels: {tier: backend}}}]\n  ports: [{port: 5432}]')),
    from,
    says: {
      summary: ['db-policy admits tier=backend only', 'api has tier=frontend'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['networkpolicy/db-policy spec.ingress[0].from[0]: podSelector tier=backend: wants tier=backend'],
    },
  },
  'a label the client lacks': {
    given: given(toDb('- from: [{podSelector: {matchLabels: {access: db}}}]')),
    from,
    says: { summary: ['admits access=db only', 'api has no access'], certainty: 'certain' },
  },
  'the default deny alone': {
    given: given(denyIngress),
    from,
    says: { summary: ['default-deny-ingress admits nobody to db', '5432/TCP'], certainty: 'certain' },
  },
  'the Service’s port': {
    given: cluster([...web, webService, ...api, toDb('- ports: [{port: 80, protocol: TCP}]')]),
    from,
    says: { summary: ['db-policy', 'on port 80, the Service', '8080'], certainty: 'certain' },
  },
  'the Pod’s port': {
    given: cluster([...web, webService, ...api, toDb('- ports: [{port: 8080}]')]),
    from,
    says: 'passed',
  },
  'a port by a name nobody declares': {
    given: cluster([...web, webService, ...api, toDb('- ports: [{port: web}]')]),
    from,
    says: { summary: ['port named web', '8080'], certainty: 'certain' },
  },
  'a port by its name': {
    given: cluster([...web, webService, ...api, toDb('- ports: [{port: http}]')]),
    from,
    says: 'passed',
  },
  'a range of ports': { given: given(toDb('- ports: [{port: 5000, endPort: 6000}]')), from, says: 'passed' },
  'UDP for a TCP port': {
    given: given(toDb('- ports: [{port: 5432, protocol: UDP}]')),
    from,
    says: { summary: ['for UDP only', 'TCP on 5432'], certainty: 'certain' },
  },
  'a podSelector alone, and the client elsewhere': {
    given: given(shopApi, toDb('- from: [{podSelector: {matchLabels: {app: api}}}]')),
    from: 'shop/Deployment/api',
    says: { summary: ['its own namespace demo only', 'api is in shop'], certainty: 'certain' },
  },
  'a namespace without the label': {
    given: given(shopApi, toDb('- from: [{namespaceSelector: {matchLabels: {name: shop}}}]')),
    from: 'shop/Deployment/api',
    says: {
      summary: ['namespaces with name=shop only', 'namespace shop of api has no label name'],
      certainty: 'certain',
      evidence: ['namespace/shop metadata.labels: kubernetes.io/metadata.name=shop'],
    },
  },
  'a namespace without the label, beside the own namespace, in one policy': {
    given: given(
      shopApi,
      toDb('- from: [{podSelector: {}}]\n- from: [{namespaceSelector: {matchLabels: {name: shop}}}]'),
    ),
    from: 'shop/Deployment/api',
    says: {
      summary: ['db-policy admits namespaces with name=shop, and namespace shop of api has no label name'],
      certainty: 'certain',
    },
  },
  'a namespace called otherwise, beside the own namespace, in one list': {
    given: given(
      shopApi,
      toDb('- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop-prod}}}, {podSelector: {}}]'),
    ),
    from: 'shop/Deployment/api',
    says: {
      summary: ['kubernetes.io/metadata.name=shop-prod, and namespace shop'],
      certainty: 'certain',
      evidence: ['networkpolicy/db-policy spec.ingress[0].from[0]: namespaceSelector'],
    },
  },
  'a typo in the Pod label of the right namespace, beside the own namespace': {
    given: given(
      shopApi,
      ownNamespace,
      toDb(
        '- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}, podSelector: {matchLabels: {app: apis}}}]',
      ),
    ),
    from: 'shop/Deployment/api',
    says: { summary: ['db-policy admits app=apis only, and api has app=api'], certainty: 'certain' },
  },
  'another port for the right namespace, beside the own namespace': {
    given: given(
      shopApi,
      ownNamespace,
      toDb(
        '- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]\n  ports: [{port: 3306}]',
      ),
    ),
    from: 'shop/Deployment/api',
    says: {
      summary: ['db-policy admits api to db, but on port 3306: traffic reaches the Pod on 5432'],
      certainty: 'certain',
    },
  },
  'nothing but the own namespace, and monitoring': {
    given: given(
      shopApi,
      ownNamespace,
      toDb('- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}]'),
    ),
    from: 'shop/Deployment/api',
    says: { summary: ['admits namespaces with kubernetes.io/metadata.name=monitoring only'], certainty: 'certain' },
  },
  'no policy on this side, and egress governed': {
    given: given(policy('demo/api-out', 'podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]\negress: [{}]')),
    from,
    says: 'passed',
    detail: 'no NetworkPolicy governs ingress to db; egress of api is governed',
  },
  'a namespace with the label': {
    given: given(
      namespace('shop', { name: 'shop' }),
      shopApi,
      toDb('- from: [{namespaceSelector: {matchLabels: {name: shop}}}]'),
    ),
    from: 'shop/Deployment/api',
    says: 'passed',
  },
  'both in one item, where either was meant': {
    given: given(
      toDb(
        '- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}, podSelector: {matchLabels: {app: api}}}]',
      ),
    ),
    from,
    says: {
      summary: ['namespaces with kubernetes.io/metadata.name=monitoring only', 'namespace demo'],
      certainty: 'certain',
      evidence: ['both must match'],
    },
  },
  'either of two items': {
    given: given(
      toDb(
        '- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: monitoring}}}, {podSelector: {matchLabels: {app: api}}}]',
      ),
    ),
    from,
    says: 'passed',
  },
  'addresses of another network': {
    given: given(toDb('- from: [{ipBlock: {cidr: 192.168.0.0/16}}]')),
    from,
    says: { summary: ['db-policy admits 192.168.0.0/16 only'], certainty: 'certain' },
  },
  'addresses with a hole': {
    given: given(toDb('- from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.244.0.0/16]}}]')),
    from,
    says: { summary: ['10.0.0.0/8 except 10.244.0.0/16'], certainty: 'certain' },
  },
  'an allow with a typo in its podSelector': {
    given: given(
      denyIngress,
      policy(
        'demo/allow-api',
        'podSelector: {matchLabels: {app: databse}}\ningress: [{from: [{podSelector: {matchLabels: {app: api}}}], ports: [{port: 5432}]}]',
      ),
    ),
    from,
    says: {
      summary: ['default-deny-ingress keeps api out of db', 'allow-api', 'app=databse'],
      certainty: 'certain',
    },
  },
  'an allow in the client’s namespace': {
    given: given(
      denyIngress,
      shopApi,
      policy(
        'shop/allow-api',
        'podSelector: {matchLabels: {app: db}}\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}]}]',
      ),
    ),
    from: 'shop/Deployment/api',
    says: { summary: ['allow-api', 'stands in namespace shop'], certainty: 'certain' },
  },
  'one of two endpoints': {
    given: given(
      pod({
        name: 'db-old',
        labels: { app: 'db', generation: 'old' },
        spec: db.find((o): o is Pod => o.kind === 'Pod')?.spec ?? {},
      }),
      policy('demo/old', 'podSelector: {matchLabels: {generation: old}}\npolicyTypes: [Ingress]'),
    ),
    from,
    says: { summary: ['old admits nobody'], certainty: 'certain', impact: 'degrades' },
  },
  'the metrics port closed on purpose': {
    given: cluster([
      ...workload({ name: 'db', container: { ports: [{ name: 'metrics', containerPort: 9187 }] } }),
      service({
        name: 'db',
        ports: [
          { name: 'postgres', port: 5432 },
          { name: 'metrics', port: 9187 },
        ],
      }),
      ...api,
      toDb('- ports: [{port: 5432}]'),
    ]),
    from,
    says: 'passed',
  },
  'one of two main ports closed, and the client uses it': {
    given: cluster([
      ...workload({ name: 'db' }),
      service({
        name: 'db',
        ports: [
          { name: 'http', port: 8080 },
          { name: 'grpc', port: 9090 },
        ],
      }),
      ...workload({ name: 'api', container: { env: [{ name: 'DB_URL', value: 'grpc://db:9090' }] } }),
      toDb('- ports: [{port: 8080}]'),
    ]),
    from,
    says: { summary: ['on port 8080', '9090'], certainty: 'certain', impact: 'breaks' },
  },
  'one of two main ports closed, and nobody is seen to use it': {
    given: cluster([
      ...workload({ name: 'db' }),
      service({
        name: 'db',
        ports: [
          { name: 'http', port: 8080 },
          { name: 'grpc', port: 9090 },
        ],
      }),
      ...api,
      toDb('- ports: [{port: 8080}]'),
    ]),
    from,
    says: 'passed',
    detail: 'but not on grpc 9090/TCP',
  },
  'a client on hostNetwork': {
    given: given(
      change(workload({ name: 'agent', spec: { hostNetwork: true }, nodes: ['node-b'] }), (objects) => {
        for (const object of objects)
          if (object.kind === 'Pod')
            (object as { status?: unknown }).status = {
              phase: 'Running',
              podIP: '192.168.10.12',
              podIPs: [{ ip: '192.168.10.12' }],
              hostIP: '192.168.10.12',
            };
      }),
      toDb('- from: [{podSelector: {}}]'),
    ),
    from: 'demo/Deployment/agent',
    says: { summary: ['agent runs on hostNetwork', '192.168.10.12'], certainty: 'likely' },
  },
  'no endpoint': { given: cluster([dbService, ...api]), from, says: 'not-applicable' },
  'policies of other engines': {
    given: given({
      apiVersion: 'cilium.io/v2',
      kind: 'CiliumNetworkPolicy',
      metadata: { name: 'l7', namespace: 'demo' },
    }),
    from,
    says: 'passed',
    detail: 'CiliumNetworkPolicy: l7) not judged',
  },
});
