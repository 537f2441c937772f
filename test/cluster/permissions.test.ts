import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { see } from '../../src/cli/see.ts';
import { connect } from '../../src/cluster/connect.ts';
import { probeTransportOf } from '../../src/cluster/probe.ts';
import { diagnose } from '../../src/diagnosis/diagnose.ts';
import type { Report } from '../../src/diagnosis/report.ts';
import { resources } from '../../src/k8s/resources.ts';
import { readPermissions } from '../../src/snapshot/permissions.ts';
import { type Api, apiOf } from './api.ts';
import {
  grantOf,
  grantsAsked,
  grantsIn,
  refusedIn,
  type Role,
  sorted,
  unusedIn,
  type Witness,
  witnessOf,
} from './audit.ts';
import { ensureBinaries } from './binaries.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { apply, createNamespace, installClusterDns, installDemo } from './demo.ts';
import { crashLoop, podsIn } from './kubelet.ts';
import { stopCluster } from './running.ts';

/**
 * What svcdoctor asks of an API server, by the server's own audit log: as somebody with exactly the printed roles everything works and nothing is
 * refused; what is taken away from them is said to be missing. Every kind that svcdoctor knows is served here.
 */

let state = '';
let controlPlane: ControlPlane;
let api: Api;
let witness: Witness;

const svcdoctor: Witness['svcdoctor'] = (...args) => witness.svcdoctor(...args);
const rolesFor: Witness['rolesFor'] = (...use) => witness.rolesFor(...use);
const accountWith: Witness['accountWith'] = (...args) => witness.accountWith(...args);
const askedBy: Witness['askedBy'] = (name) => witness.askedBy(name);

const builtIn =
  /^(|apps|batch|autoscaling|(discovery|networking|rbac\.authorization|admissionregistration|apiextensions|apiregistration)\.k8s\.io)$/;
const definitions = resources
  .filter(({ group }) => !builtIn.test(group))
  .map(({ group, resource, kind, namespaced, versions: [version] }) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${resource}.${group}`,
      annotations: { 'api-approved.kubernetes.io': 'unapproved, a stand-in of the tests' },
    },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { plural: resource, singular: kind.toLowerCase(), kind },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  }));

/** Besides the healthy demo: what makes a diagnosis look further. */
const troubles = `
apiVersion: v1
kind: Service
metadata: { name: lost }
spec: { type: LoadBalancer, selector: { app: nobody }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: webhook }
spec: { selector: { app: api }, ports: [{ name: http, port: 443, targetPort: http }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { rules: [{ http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: api, port: { name: http } } } }] } }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: open }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{}] }
---
apiVersion: v1
kind: Pod
metadata: { name: waiting, labels: { app: waiting } }
spec:
  containers: [{ name: c, image: example/app:1 }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
---
apiVersion: v1
kind: Service
metadata: { name: waiting }
spec: { selector: { app: waiting }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: hoarding, labels: { app: hoarding } }
spec:
  containers: [{ name: c, image: example/app:1 }]
  volumes: ${JSON.stringify([1, 2, 3, 4, 5].map((claim) => ({ name: `d${claim}`, persistentVolumeClaim: { claimName: `d${claim}` } })))}
---
apiVersion: v1
kind: Service
metadata: { name: hoarding }
spec: { selector: { app: hoarding }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: crashing, labels: { app: crashing } }
spec: { nodeName: node-1, containers: [{ name: c, image: example/app:1 }] }
---
apiVersion: v1
kind: Service
metadata: { name: crashing }
spec: { selector: { app: crashing }, ports: [{ name: http, port: 80 }] }
`;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'svcdoctor-test-audit-'));
  ({ controlPlane } = await startControlPlane(state, await ensureBinaries(() => {}), { audit: true }));
  api = await apiOf(controlPlane.kubeconfig);
  witness = witnessOf(controlPlane);
  await Promise.all([
    apply(controlPlane, definitions.map((definition) => stringify(definition)).join('---\n')),
    installClusterDns(controlPlane, api),
    ...['shop', 'ci', 'practice'].map((namespace) => createNamespace(api, namespace)),
  ]);
  await installDemo(controlPlane, api, 'shop');
  await apply(controlPlane, troubles, 'shop');
  const [crashing] = await podsIn(api, 'shop', 'app=crashing');
  if (crashing) await crashLoop(api, crashing);
});

afterAll(async () => {
  await stopCluster(state);
  await rm(state, { recursive: true, force: true });
});

const reportsIn = (stdout: string): readonly Report[] => {
  const content = JSON.parse(stdout) as Report | { readonly items: readonly Report[] };
  return 'items' in content ? content.items : [content];
};

/** What was asked for and refused. What fails for want of kubelets is none of this. */
const forbiddenIn = (reports: readonly Report[]) =>
  reports.flatMap(({ unread = [] }) => unread).filter(({ because }) => because === 'forbidden');

const targets = ['db', 'api', 'lost', 'waiting', 'crashing', 'webhook'].map((name) => `shop/${name}`);

test('cluster-wide: every form of check and snapshot sees all there is, and asks for no more than the printed role', async () => {
  const kubeconfig = await accountWith('doctor', '--probe', 'exec');
  const roles = await rolesFor('--probe', 'exec');
  const forms: readonly (readonly string[])[] = [
    ['svc/db', '-n', 'shop', '--probe', 'none'],
    ['http://db.shop:5432', '--from', 'shop/deploy/api', '--probe', 'exec'],
    [...targets, '--from', 'shop/deploy/api'],
    ['-n', 'shop'],
    ['-A'],
  ];
  for (const form of forms) {
    const { stdout } = await svcdoctor(kubeconfig, 'check', ...form, '-o', 'json');
    expect(forbiddenIn(reportsIn(stdout)), form.join(' ')).toEqual([]);
    expect(reportsIn(stdout).find(({ target }) => target === 'shop/db')?.verdict, form.join(' ')).toBe('healthy');
  }
  const file = join(state, 'snapshot.yaml');
  expect((await svcdoctor(kubeconfig, 'snapshot', '-A', '-f', file, '-q')).exitCode).toBe(0);
  const events = await askedBy('doctor');
  expect(refusedIn(events)).toEqual([]);
  // The server checks `create` on an opened stream besides `get`, and logs one request.
  const logged = grantsIn(roles).filter((grant) => !grant.startsWith('create '));
  const asked = grantsAsked(events);
  expect(asked.filter((grant) => !logged.includes(grant))).toEqual([]);
  expect(logged.filter((grant) => !asked.includes(grant))).toEqual([]);
  expect(unusedIn(roles, events)).toEqual([]);
  expect(asked.filter((grant) => !/^(get|list) /.test(grant))).toEqual([]);
}, 150_000);

test('without the right to create a stream none is opened, and that is told', async () => {
  const use = ['--probe', 'exec', '--name', 'mute'];
  await apply(
    controlPlane,
    (await rolesFor(...use))
      .flatMap((role) => [
        {
          ...role,
          apiVersion: 'rbac.authorization.k8s.io/v1',
          rules: role.rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => verb !== 'create') })),
        },
        {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: `${role.kind}Binding`,
          metadata: role.metadata,
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name: 'mute' },
          subjects: [{ kind: 'User', name: 'mute' }],
        },
      ])
      .map((object) => stringify(object))
      .join('---\n'),
  );
  const form = ['check', 'shop/db', '--from', 'shop/deploy/api', '--as', 'mute', '--probe', 'exec', '-v'];
  await expect
    .poll(async () => (await svcdoctor(controlPlane.kubeconfig, ...form)).stderr, { timeout: 20_000 })
    .toMatch(
      /exec in namespace shop is not allowed[\s\S]*port-forward in namespace \S+ is not allowed|port-forward in namespace \S+ is not allowed[\s\S]*exec in namespace shop is not allowed/,
    );
});

test('--probe debug adds a container and looks at its Pod, and needs no more than the printed role', async () => {
  const kubeconfig = await accountWith('surgeon', '--probe', 'debug', '-n', 'shop');
  const connection = await connect(
    { kubeconfig, requestTimeout: 5_000, userAgent: 'test' },
    AbortSignal.timeout(5_000),
  );
  const beside = { namespace: 'shop', name: 'waiting', container: 'svcdoctor-test' };
  await expect(
    probeTransportOf(connection).debug(beside, 'busybox:1.36', ['true'], AbortSignal.timeout(1_500)),
  ).rejects.toThrow(/timed out|timeout|time|abort/i);
  connection.transport.close();
  const events = await askedBy('surgeon');
  expect(refusedIn(events)).toEqual([]);
  expect(sorted(grantsAsked(events))).toEqual(['get pods', 'patch pods/ephemeralcontainers']);
});

test('the gate: lists and watches, and asks for no more than the printed role', async () => {
  const kubeconfig = await accountWith('gatekeeper', '--gate');
  const granted = grantsIn(await rolesFor('--gate'));
  const gate = (...args: string[]) => svcdoctor(kubeconfig, 'gate', ...args);
  expect(await gate('shop/db', 'shop/api', '--wait=10s')).toMatchObject({ exitCode: 0 });
  expect(await gate('-n', 'shop')).toMatchObject({ exitCode: 1 });
  expect(await gate('shop/crashing', 'shop/db', '--wait=6s', '--settle=1s', '--min-ready=100%')).toMatchObject({
    exitCode: 1,
  });
  const events = await askedBy('gatekeeper');
  expect(refusedIn(events)).toEqual([]);
  const asked = grantsAsked(events);
  expect(asked.filter((grant) => !granted.includes(grant))).toEqual([]);
  const watched = unusedIn(await rolesFor('--gate'), events).filter((grant) => grant.startsWith('watch '));
  expect(watched).toEqual([]);
  expect(asked).toEqual(expect.arrayContaining(['watch services', 'watch discovery.k8s.io/endpointslices']));
  expect(asked.filter((grant) => !/^(get|list|watch) /.test(grant))).toEqual([]);
}, 120_000);

describe('one namespace', () => {
  test('its roles are enough to call a Service healthy; only other namespaces’ Pods and endpoints are asked for in vain', async () => {
    const kubeconfig = await accountWith('tenant', '-n', 'shop');
    const { stdout } = await svcdoctor(kubeconfig, 'check', ...targets, '-o', 'json', '--from', 'shop/deploy/api');
    const reports = reportsIn(stdout);
    expect(reports.find(({ target }) => target === 'shop/db')?.verdict).toBe('healthy');
    const elsewhere = readPermissions.elsewhere.flatMap(({ resources: of }) =>
      of.map(({ group, resource }) => `${group}/${resource}`),
    );
    const strange = forbiddenIn(reports).filter(({ group, resource }) => !elsewhere.includes(`${group}/${resource}`));
    expect(strange).toEqual([]);
  });

  test('its Role alone: unknown, with what that takes', async () => {
    const roles = await rolesFor('-n', 'shop', '--name', 'alone');
    const own = roles.find(({ metadata }) => metadata.namespace === 'shop');
    await apply(
      controlPlane,
      `${stringify(own)}---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: alone, namespace: shop }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: alone }
subjects: [{ kind: User, name: alone }]
`,
    );
    const check = async () =>
      reportsIn(
        (await svcdoctor(controlPlane.kubeconfig, 'check', 'shop/db', '--as', 'alone', '-o', 'json')).stdout,
      )[0];
    // It takes the API server a moment to know of a new binding.
    await expect.poll(async () => (await check())?.service?.type, { timeout: 20_000 }).toBe('ClusterIP');
    const report = await check();
    expect(report?.verdict).toBe('unknown');
    const missing = report?.checks
      .filter(({ because }) => because === 'blind')
      .flatMap(({ missing: all = [] }) =>
        all.map(({ verb, resource, namespace = '*' }) => `${verb} ${resource} in ${namespace}`),
      );
    expect(missing).toEqual(expect.arrayContaining(['list pods in kube-system', 'list services in *']));
    // An Ingress sends to its own namespace, and no grant lets routes of others in.
    expect(missing?.join()).not.toMatch(/ingresses|httproutes|networkpolicies/);
  });
});

test('the demo and the lab: no Secret is read, and nothing is asked beyond the printed role', async () => {
  const kubeconfig = await accountWith('trainer', '--deploy-demo', '-n', 'practice');
  const roles = await rolesFor('--deploy-demo', '-n', 'practice');
  const demo = (...args: string[]) => svcdoctor(kubeconfig, ...args, '-n', 'practice', '--timeout', '1s');
  expect(await demo('deploy-demo', '--no-wait')).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await demo('deploy-demo', '--dry-run', 'server')).exitCode).toBe(0);
  expect((await demo('lab', 'repair')).exitCode).toBe(1);
  expect((await demo('deploy-demo', '--delete', '--no-wait')).exitCode).toBe(0);
  const events = await askedBy('trainer');
  expect(refusedIn(events)).toEqual([]);
  const granted = grantsIn(roles);
  expect(grantsAsked(events).filter((grant) => !granted.includes(grant))).toEqual([]);
  expect(grantsAsked(events).filter((grant) => /^(get|list|watch) secrets/.test(grant))).toEqual([]);
}, 120_000);

/** Kinds without which it stays open whether the demo's db can be reached. */
const decisive = [
  'apps/daemonsets',
  'apps/deployments',
  'apps/replicasets',
  'apps/statefulsets',
  'configmaps',
  'discovery.k8s.io/endpointslices',
  'endpoints',
  'events',
  'gateway.networking.k8s.io/grpcroutes',
  'gateway.networking.k8s.io/httproutes',
  'gateway.networking.k8s.io/tcproutes',
  'gateway.networking.k8s.io/tlsroutes',
  'gateway.networking.k8s.io/udproutes',
  'networking.istio.io/destinationrules',
  'networking.istio.io/virtualservices',
  'networking.k8s.io/ingresses',
  'networking.k8s.io/networkpolicies',
  'pods',
  'projectcontour.io/httpproxies',
  'route.openshift.io/routes',
  'services',
  'traefik.containo.us/ingressroutes',
  'traefik.io/ingressroutes',
  'traefik.io/ingressroutetcps',
];

test('whatever is taken away from the role is told, and where it matters the verdict is open', async () => {
  const roles = await rolesFor('--probe', 'none');
  const taken = grantsIn(roles).map((grant) => grant.slice(grant.indexOf(' ') + 1));
  const keys = sorted([...new Set(taken)]);
  const without = (key: string, { kind, metadata, rules }: Role, name: string) => [
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind,
      metadata: { ...metadata, name },
      rules: rules
        .map((rule) => ({
          ...rule,
          resources: rule.resources.filter(
            (resource) => !rule.apiGroups.some((group) => grantOf('', group, resource).trim() === key),
          ),
        }))
        .filter(({ resources: left }) => left.length > 0),
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: `${kind}Binding`,
      metadata: { ...metadata, name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'User', name }],
    },
  ];
  const users = keys.map((key, index) => ({ key, user: `without-${index}` }));
  await apply(
    controlPlane,
    users
      .flatMap(({ key, user }) => roles.flatMap((role) => without(key, role, user)))
      .map((object) => stringify(object))
      .join('---\n'),
  );
  const verdicts: Record<string, string> = {};
  for (const { key, user } of users) {
    const reports = await reportsAs(user);
    const told = reports.flatMap(({ unread = [] }) =>
      unread.map(({ group, resource }) => grantOf('', group, resource).trim()),
    );
    expect(told, `${key} was taken away`).toContain(key);
    verdicts[key] = reports.find(({ target }) => target === 'shop/db')?.verdict ?? '';
  }
  const open = Object.keys(verdicts).filter((key) => verdicts[key] === 'unknown');
  expect(Object.values(verdicts).filter((verdict) => !['healthy', 'unknown'].includes(verdict))).toEqual([]);
  expect(open).toEqual(expect.arrayContaining([...decisive]));
  for (const helpful of ['batch/jobs', 'limitranges', 'persistentvolumeclaims']) expect(open).not.toContain(helpful);
}, 240_000);

async function reportsAs(user: string): Promise<readonly Report[]> {
  const { signal } = new AbortController();
  const options = {
    kubeconfig: controlPlane.kubeconfig,
    as: user,
    from: 'shop/deploy/api',
    requestTimeout: '10s',
    quiet: true,
  };
  const seen = await see(targets, options, signal);
  return seen.targets.map((target) => diagnose(seen.view, { target, ...(seen.client ? { client: seen.client } : {}) }));
}
