import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/diagnosis/report.ts';
import type { GatePolicy } from '../../src/gate/policy.ts';
import { judgeAgainst, judgeRendered } from '../../src/gate/rendered.ts';
import { parseManifests } from '../../src/snapshot/manifests.ts';
import { cluster, service, workload } from '../kit/cluster.ts';

const policy: GatePolicy = {
  minReady: { count: 1 },
  failOn: 'breaks',
  allowScaledToZero: false,
  headless: 'judge',
};

const web = (change: (yaml: string) => string = (yaml) => yaml) =>
  change(`apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector:
    app: web
  ports:
    - name: http
      port: 80
      targetPort: http
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: registry.example.com/web:1.0
          ports: [{name: http, containerPort: 8080}]
          env:
            - {name: CATALOG_URL, value: "http://catalog:8000"}
`);
const catalog = `---
apiVersion: v1
kind: Service
metadata: {name: catalog}
spec: {selector: {app: catalog}, ports: [{port: 8000}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: catalog}
spec:
  serviceName: catalog
  selector: {matchLabels: {app: catalog}}
  template:
    metadata: {labels: {app: catalog}}
    spec: {containers: [{name: catalog, image: "registry.example.com/catalog:1.0"}]}
`;

const judged = (...texts: readonly string[]) =>
  judgeRendered(parseManifests(texts.join('\n'), 'shop.yaml', 'demo', false), [], policy);
const shown = (reports: readonly Report[]) =>
  reports.map(({ target, from, gate, findings }) => [
    [target, from].filter(Boolean).join(' from '),
    gate?.result,
    ...findings.map(({ id }) => id),
  ]);

describe('manifests by themselves', () => {
  test('whole ones pass', () => {
    const reports = judged(web(), catalog);
    expect(shown(reports)).toEqual([
      ['demo/catalog', 'pass'],
      ['demo/web', 'pass'],
    ]);
    expect(reports[1]).toMatchObject({ verdict: 'healthy', gate: { why: '2 would be ready on http 80/TCP' } });
    expect(reports[1]?.checks.filter(({ because }) => because === 'blind')).toEqual([]);
  });

  test('a selector is judged by the templates, and the report points at its line', () => {
    const [report] = judged(web((yaml) => yaml.replace('    app: web\n', '    app: webb\n')));
    expect(report).toMatchObject({ gate: { result: 'fail' }, service: { source: { file: 'shop.yaml', line: 3 } } });
    expect(report?.findings[0]).toMatchObject({
      id: 'selector/no-matching-pods',
      evidence: [
        { object: 'service/web', path: 'spec.selector', source: { file: 'shop.yaml', line: 5 } },
        { object: 'deployment/web', source: { line: 19 } },
      ],
      fix: { commands: [] },
    });
  });

  test('a named port is judged by the containers', () => {
    const [report] = judged(web((yaml) => yaml.replace('targetPort: http', 'targetPort: www')));
    expect(shown([report as Report])).toEqual([['demo/web', 'fail', 'ports/named-port-unresolved']]);
    expect(report?.findings[0]?.evidence).toContainEqual(
      expect.objectContaining({
        object: 'deployment/web',
        path: expect.stringMatching(/^spec\.template\.spec\.containers/),
      }),
    );
  });

  test('an address in the environment is judged by the Services of the files', () => {
    const port = judged(
      web((yaml) => yaml.replace('catalog:8000', 'catalog:8080')),
      catalog,
    );
    expect(shown(port)).toContainEqual(['demo/catalog from demo/Deployment/web', 'fail', 'client/wrong-port']);
    expect(port.find(({ from }) => from)?.findings[0]?.evidence[0]?.source).toEqual({ file: 'shop.yaml', line: 26 });
    const name = judged(
      web((yaml) => yaml.replace('catalog:8000', 'catalogue:8000')),
      catalog,
    );
    expect(name.find(({ from }) => from)?.gate?.result).toBe('fail');
  });

  test('what is not in the files is no alarm', () => {
    expect(shown(judged(web()))).toEqual([['demo/web', 'pass']]);
    const operated = `---
apiVersion: v1
kind: Service
metadata: {name: ledger}
spec: {selector: {cluster-name: acid-ledger, spilo-role: master}, ports: [{port: 5432}]}
`;
    expect(judged(web(), operated)[0]?.gate).toMatchObject({
      result: 'exempt',
      why: 'what makes Pods with cluster-name=acid-ledger,spilo-role=master is not in these files',
    });
  });

  test('an HTTPRoute that asks for the container’s port', () => {
    const route = (port: number) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {gatewayClassName: envoy, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec: {parentRefs: [{name: edge}], rules: [{backendRefs: [{name: web, port: ${port}}]}]}
`;
    expect(shown(judged(web(), route(80)))).toEqual([['demo/web', 'pass']]);
    expect(shown(judged(web(), route(8080)))).toEqual([['demo/web', 'fail', 'routes/route-port']]);
  });

  test('a NetworkPolicy that keeps the client of the files out', () => {
    const policyFor = (from: string) => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: catalog}
spec:
  podSelector: {matchLabels: {app: catalog}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: ${from}}}}]}]
`;
    const results = (from: string) => judged(web(), catalog, policyFor(from)).map(({ gate }) => gate?.result);
    expect(results('web')).not.toContain('fail');
    expect(results('webshop')).toContain('fail');
  });

  test('an Ingress that asks for the container’s port', () => {
    const ingress = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec: {rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 8080}}}}]}}]}
`;
    expect(shown(judged(web(), ingress))).toEqual([['demo/web', 'fail', 'routes/ingress-port']]);
  });

  test('dual stack: each family that is asked for', () => {
    const dual = web((yaml) =>
      yaml.replace(
        '  ports:\n    - name: http\n      port',
        '  ipFamilies: [IPv4, IPv6]\n  ports:\n    - name: http\n      port',
      ),
    );
    expect(judged(dual)[0]?.gate?.endpoints.map(({ family, ready }) => [family, ready])).toEqual([
      ['IPv4', 2],
      ['IPv6', 2],
    ]);
  });

  test('objects that no API server would let in break nothing', () => {
    const odd = `---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: null}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: c}, spec: {template: {spec: {}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: d}}
---
{apiVersion: example.com/v1, kind: Widget, metadata: {name: e}}
`;
    expect(judged(web(), odd).find(({ target }) => target === 'demo/web')?.gate?.result).toBe('pass');
  });
});

describe('manifests over the cluster', () => {
  const live = cluster([
    ...workload({ name: 'web' }),
    service({ name: 'web' }),
    ...workload({ name: 'old' }),
    service({ name: 'old', selector: { app: 'olde' } }),
  ]);
  const against = (yaml: string) => judgeAgainst(live, parseManifests(yaml, 'web.yaml', 'demo', false), [], policy);

  test('what is broken there already is known, and does not fail', () => {
    const report = against(web()).find(({ target }) => target === 'demo/old');
    expect(report?.gate).toMatchObject({ result: 'pass', baseline: 'known' });
    expect(report?.findings[0]?.baseline).toBe('known');
  });

  test('what the manifests introduce fails', () => {
    const report = against(web((yaml) => yaml.replace('targetPort: http', 'targetPort: www'))).find(
      ({ target }) => target === 'demo/web',
    );
    expect(report?.gate).toMatchObject({ result: 'fail', baseline: 'new' });
  });

  test('what they mend is fixed', () => {
    const mended = `{apiVersion: v1, kind: Service, metadata: {name: old}, spec: {selector: {app: old}, ports: [{name: http, port: 80, targetPort: 8080}]}}`;
    const report = against(mended).find(({ target }) => target === 'demo/old');
    expect(report?.gate).toMatchObject({ result: 'pass', fixed: [{ id: 'selector/no-matching-pods' }] });
  });

  test('Pods in trouble today are not what manifests are about', () => {
    const [deployment, ...rest] = workload({ name: 'web' });
    const crashed = rest.map((object) =>
      object.kind === 'Pod' ? { ...object, status: { phase: 'Pending' } } : object,
    ) as unknown as typeof rest;
    const reports = judgeAgainst(
      cluster([deployment, ...crashed, service({ name: 'web' })]),
      parseManifests(web(), 'web.yaml', 'demo', false),
      [],
      policy,
    );
    expect(reports.find(({ target }) => target === 'demo/web')?.gate?.result).toBe('pass');
  });
});
