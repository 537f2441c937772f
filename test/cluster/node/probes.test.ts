import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, createDemo, createNamespace, kubectl, podsIn, restoreClusterDns, svcdoctor } from '../lab.ts';
import { drop, isReady, startClient, waitFor, waitForPod } from './lab.ts';

/** Faults that no object shows, made for real: each must be found first, and say nothing false where nobody probes. */

interface Found {
  readonly id: string;
  readonly certainty: string;
  readonly summary: string;
}

interface Report {
  readonly verdict: string;
  readonly findings: readonly Found[];
}

async function check(target: string, ...options: readonly string[]): Promise<Report> {
  const { stdout, stderr, exitCode } = await svcdoctor('check', target, '-o', 'json', ...options);
  if (exitCode > 1) throw new Error(stderr);
  return JSON.parse(stdout) as Report;
}

/** What was found, in order, and how surely. */
const told = ({ findings }: Report): readonly string[] => findings.map(({ id, certainty }) => `${id} ${certainty}`);

/** The same from a saved snapshot, as told by the same level of probes. */
async function replayed(target: string, ...options: readonly string[]): Promise<{ live: unknown; offline: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-replay-'));
  try {
    const file = join(folder, 'case.yaml');
    const { stdout } = await svcdoctor('snapshot', target, '-q', ...options);
    await writeFile(file, stdout);
    const withoutTimes = (report: Report) =>
      JSON.parse(
        JSON.stringify(report)
          .replaceAll(/\(\d+ ms\)/g, '(ms)')
          .replaceAll(/\d+(\.\d+)? (s|min|seconds|minutes)\b/g, 'T'),
      ) as unknown;
    return {
      live: withoutTimes(await check(target, ...options)),
      offline: withoutTimes(await check(target, '--snapshot', file)),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const serve = 'mkdir -p /tmp/www; echo ok > /tmp/www/health; exec httpd -f -h /tmp/www -p';

function app(name: string, script: string, more = ''): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: busybox:1.36
          command: [sh, -c, "${script}"]
          ports: [{ containerPort: 8080 }]
${more}
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
---`;
}

describe('who listens', () => {
  let namespace = '';
  beforeAll(async () => {
    namespace = await createNamespace('listen');
    await apply(
      namespace,
      [
        app('nobody', 'exec sleep 86400'),
        app('elsewhere', `${serve} 3000`),
        app('loopback', `${serve} 127.0.0.1:8080`),
        app('healthy', `${serve} 8080`),
        app(
          'own-address',
          `${serve} $(hostname -i):8080`,
          '          readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }',
        ),
        app(
          'wrong-path',
          `${serve} 8080`,
          '          readinessProbe: { httpGet: { path: /ready, port: 8080 }, periodSeconds: 1 }',
        ),
        `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: three }
spec:
  replicas: 3
  podManagementPolicy: Parallel
  serviceName: three
  selector: { matchLabels: { app: three } }
  template:
    metadata: { labels: { app: three } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: app
          image: busybox:1.36
          command: [sh, -c, "[ $(hostname) = three-1 ] && exec sleep 86400; ${serve} 8080"]
---
apiVersion: v1
kind: Service
metadata: { name: three }
spec: { selector: { app: three }, ports: [{ port: 80, targetPort: 8080 }] }
`,
      ].join('\n'),
    );
    for (const name of ['nobody', 'elsewhere', 'loopback', 'healthy', 'own-address'])
      await waitForPod(namespace, `app=${name}`, isReady);
    await waitFor('three Pods', async () => (await podsIn(namespace, 'app=three')).filter(isReady).length === 3);
    await waitForPod(namespace, 'app=wrong-path', ({ status }) => status.containerStatuses?.[0]?.started === true);
    // What has just started may not listen yet; probes give it time, and so do we.
    await waitFor('the slices', async () =>
      (await kubectl('get', 'endpointslices', '-n', namespace)).includes('three'),
    );
  });

  test.each([
    ['nobody', 'forward', ['ports/nobody-listens likely']],
    ['nobody', 'exec', ['ports/nobody-listens certain']],
    ['elsewhere', 'forward', ['ports/nobody-listens certain']],
    ['elsewhere', 'exec', ['ports/nobody-listens certain']],
    ['loopback', 'forward', []],
    ['loopback', 'exec', ['ports/bound-to-loopback certain']],
    ['three', 'forward', ['ports/nobody-listens certain']],
    ['three', 'exec', ['ports/nobody-listens certain']],
    ['healthy', 'forward', []],
    ['healthy', 'exec', []],
    ['own-address', 'forward', []],
    ['own-address', 'exec', []],
    ['wrong-path', 'forward', ['endpoints/readiness-probe certain']],
  ])('%s, by %s', async (name, level, expected) => {
    expect(told(await check(`${namespace}/${name}`, '--probe', level))).toEqual(expected);
  });

  test('the right port and the right path are named', async () => {
    expect((await check(`${namespace}/elsewhere`)).findings[0]?.summary).toContain('they listen on 3000');
    expect((await check(`${namespace}/wrong-path`)).findings[0]?.summary).toContain('/health answers 200');
    expect((await check(`${namespace}/three`)).findings[0]?.summary).toContain('1 of 3 Pods (three-1)');
  });

  test.each(['nobody', 'elsewhere', 'loopback', 'three', 'healthy'])(
    'without probes nothing false is said of %s',
    async (name) => {
      expect(told(await check(`${namespace}/${name}`, '--probe', 'none'))).toEqual([]);
    },
  );

  test.each([
    ['elsewhere', 'forward'],
    ['loopback', 'exec'],
    ['three', 'exec'],
  ])('a snapshot of %s by %s gives the same report', async (name, level) => {
    const { live, offline } = await replayed(`${namespace}/${name}`, '--probe', level);
    expect(offline).toEqual(live);
  });

  test('what is not allowed is said, and proves nothing', async () => {
    await apply(
      namespace,
      `
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader }
`,
    );
    const user = `system:serviceaccount:${namespace}:reader`;
    await kubectl(
      'create',
      'clusterrolebinding',
      `reader-${namespace}`,
      '--clusterrole=view',
      `--serviceaccount=${namespace}:reader`,
    );
    const { stdout, stderr } = await svcdoctor('check', `${namespace}/nobody`, '-o', 'json', '--as', user);
    expect(told(JSON.parse(stdout) as Report).filter((line) => line.startsWith('ports/'))).toEqual([]);
    expect(stderr).toContain('port-forward in namespace');
    expect(stderr).toContain('is not allowed');
  });
});

describe('what the client feels', () => {
  let demo = '';
  let client = '';
  let address = '';
  beforeAll(async () => {
    demo = await createDemo();
    client = await createNamespace('client');
    address = (await startClient(client)).status.podIP ?? '';
  });
  const from = () => ['--from', `${client}/pod/client`] as const;

  test.each(['none', 'forward', 'exec'])('nothing is found in a healthy stack by %s', async (level) => {
    for (const [target, options] of [
      ['db', ['--from', `${demo}/deploy/api`]],
      ['api', from()],
    ] as const) {
      const report = await check(`${demo}/${target}`, '--probe', level, ...options);
      expect([report.verdict, ...told(report)]).toEqual(['healthy']);
    }
  });

  test('a packet filter on the way to the Pod', async () => {
    await using _ = await drop({ from: address, port: 5432 });
    const report = await check(`${demo}/db`, '--probe', 'exec', ...from());
    expect(told(report)).toEqual(['dataplane/packets-dropped certain']);
    expect(told(await check(`${demo}/db`, '--probe', 'none', ...from()))).toEqual([]);
  });

  test('a packet filter on the way to the DNS', async () => {
    await using _ = await drop({ from: address, port: 53 }, { from: address, protocol: 'udp', port: 53 });
    expect(told(await check(`${demo}/db`, '--probe', 'exec', ...from()))).toEqual(['dns/lookups-fail certain']);
  });

  test('one that drops UDP alone', async () => {
    await using _ = await drop({ from: address, protocol: 'udp', port: 53 });
    expect(told(await check(`${demo}/db`, '--probe', 'exec', ...from()))).toEqual(['dns/udp-blocked certain']);
  });

  const asking = (name: string, spec: string, host = `db.${demo}`) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
${spec}
  containers:
    - { name: shell, image: "busybox:1.36", command: [sleep, "86400"], env: [{ name: DB_HOST, value: ${host} }] }
`;

  test.each([
    [
      'dead-nameserver',
      '  dnsPolicy: None\n  dnsConfig: { nameservers: [10.96.0.99], searches: [svc.cluster.local] }',
      'dns/own-resolver certain',
    ],
    ['host-network', '  hostNetwork: true', 'dns/node-resolver certain'],
    ['default-policy', '  dnsPolicy: Default', 'dns/node-resolver certain'],
  ])('a client with %s', async (name, spec, expected) => {
    await apply(client, asking(name, spec));
    await waitForPod(client, `app=${name}`, isReady);
    for (const level of ['none', 'forward', 'exec'])
      expect(told(await check(`${demo}/db`, '--probe', level, '--from', `${client}/pod/${name}`))).toEqual([expected]);
  });

  test('an image without any program, in a namespace that admits only restricted containers', async () => {
    const strict = await createNamespace('strict');
    await kubectl('label', 'namespace', strict, 'pod-security.kubernetes.io/enforce=restricted');
    await apply(
      strict,
      `
apiVersion: v1
kind: Pod
metadata: { name: bare, labels: { app: bare } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: app
      image: registry.k8s.io/pause:3.10
      securityContext:
        runAsNonRoot: true
        runAsUser: 65534
        allowPrivilegeEscalation: false
        capabilities: { drop: [ALL] }
        seccompProfile: { type: RuntimeDefault }
`,
    );
    const bare = await waitForPod(strict, 'app=bare', isReady);
    await using _ = await drop({ from: bare.status.podIP ?? '', port: 5432 });
    const options = ['-o', 'json', '--from', `${strict}/pod/bare`];
    const entered = await svcdoctor('check', `${demo}/db`, '--probe', 'exec', ...options);
    expect(told(JSON.parse(entered.stdout) as Report)).toEqual([]);
    expect(entered.stderr).toContain('--probe debug brings its own');
    const unasked = await svcdoctor('check', `${demo}/db`, '--probe', 'debug', ...options);
    expect(unasked.stderr).toContain('--probe debug needs --yes');
    const added = await svcdoctor('check', `${demo}/db`, '--probe', 'debug', '--yes', ...options);
    expect(told(JSON.parse(added.stdout) as Report)).toEqual(['dataplane/packets-dropped certain']);
    expect(added.stderr).toContain('adding an ephemeral container');
    const ended = await kubectl(
      'get',
      'pod',
      'bare',
      '-n',
      strict,
      '-o',
      'jsonpath={.status.ephemeralContainerStatuses[*].state.terminated.exitCode}',
    );
    expect(ended).toBe('0');
  });

  test('a short name from another namespace', async () => {
    await apply(client, asking('short-name', '', 'db'));
    await waitForPod(client, 'app=short-name', isReady);
    const report = await check(`${demo}/db`, '--probe', 'exec', '--from', `${client}/pod/short-name`);
    expect(told(report)).toEqual(['name/short-name-from-another-namespace certain']);
  });
});

describe('the cluster DNS', () => {
  let demo = '';
  beforeAll(async () => {
    demo = await createDemo();
  });
  afterAll(restoreClusterDns);

  test('of which one replica has another Corefile', async () => {
    const template = JSON.parse(await kubectl('get', 'deploy', 'coredns', '-n', 'kube-system', '-o', 'json')) as {
      spec: { template: { metadata: { labels: object }; spec: { volumes: { configMap?: { name: string } }[] } } };
    };
    const { metadata, spec } = template.spec.template;
    const volumes = spec.volumes.map((volume) =>
      volume.configMap ? { ...volume, configMap: { ...volume.configMap, name: 'coredns-broken' } } : volume,
    );
    const corefile =
      '.:53 {\n  errors\n  health\n  ready\n  template ANY ANY cluster.local {\n    rcode NXDOMAIN\n  }\n}\n';
    const objects = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns-broken' }, data: { Corefile: corefile } },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'coredns-odd', labels: metadata.labels },
        spec: { ...spec, volumes, terminationGracePeriodSeconds: 0 },
      },
    ];
    await apply('kube-system', objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    try {
      await waitFor('the odd one', async () =>
        (await podsIn('kube-system', 'k8s-app=kube-dns')).some(
          (pod) => pod.metadata.name === 'coredns-odd' && isReady(pod),
        ),
      );
      const report = await check(`${demo}/db`);
      expect(told(report)).toEqual(['dns/replicas-disagree certain']);
      expect(report.findings[0]?.summary).toContain('coredns-odd');
    } finally {
      await kubectl('delete', 'pod/coredns-odd', 'configmap/coredns-broken', '-n', 'kube-system', '--now');
    }
  });

  test('that is scaled to 0', async () => {
    await kubectl('scale', 'deploy/coredns', '-n', 'kube-system', '--replicas=0');
    await waitFor('no DNS Pod', async () => (await podsIn('kube-system', 'k8s-app=kube-dns')).length === 0);
    for (const level of ['none', 'forward', 'exec'])
      expect(told(await check(`${demo}/db`, '--probe', level, '--from', `${demo}/deploy/api`))).toEqual([
        'dns/no-pods certain',
      ]);
    await restoreClusterDns();
  });

  test('whose template shadows the zone', async () => {
    const text = await kubectl('get', 'configmap', 'coredns', '-n', 'kube-system', '-o', 'json');
    const map = JSON.parse(text) as { data: { Corefile: string } };
    map.data.Corefile = map.data.Corefile.replace(
      'ready\n',
      'ready\n    template ANY ANY cluster.local {\n      rcode NXDOMAIN\n    }\n',
    );
    await apply('kube-system', JSON.stringify(map));
    await kubectl('rollout', 'restart', 'deploy/coredns', '-n', 'kube-system');
    await kubectl('rollout', 'status', 'deploy/coredns', '-n', 'kube-system');
    expect(told(await check(`${demo}/db`))).toEqual(['dns/cluster-zone-shadowed certain']);
    await restoreClusterDns();
  });
});
