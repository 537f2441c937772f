import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  apply,
  controlPlane,
  createDemo,
  createNamespace,
  kubectl,
  podsIn,
  restoreClusterDns,
  svcdoctor,
} from '../lab.ts';
import type { ClusterOptions } from '../../../src/cli/cluster-options.ts';
import { see, type Seen } from '../../../src/cli/see.ts';
import { diagnose } from '../../../src/diagnosis/diagnose.ts';
import type { Report } from '../../../src/diagnosis/report.ts';
import { formatSnapshot } from '../../../src/report/yaml.ts';
import type { Pod } from '../objects.ts';
import { drop, eventsOf, exec, inside, isReady, startClient, waitFor, waitForPod } from './lab.ts';

/**
 * Faults that no object shows, made for real. Each must be found first by the probes that can prove it; the lesser ones say nothing false, and name those
 * that would tell. Every report is also made from a snapshot of the same look.
 */

type Level = 'none' | 'forward' | 'exec' | 'debug';

/**
 * What is said about a target as the CLI looks and judges, in this process: dozens of runs would take minutes to start. From a snapshot of the very same
 * look, the very same must be said.
 */
async function check(target: string, probe: Level, from?: string, more: Partial<ClusterOptions> = {}): Promise<Report> {
  const options = { requestTimeout: '30s', quiet: true, ...(from === undefined ? {} : { from }) };
  const live = await see(
    [target],
    { ...options, kubeconfig: controlPlane.kubeconfig, probe, ...more },
    new AbortController().signal,
  );
  const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-replay-'));
  try {
    const file = join(folder, 'case.yaml');
    await writeFile(file, formatSnapshot(live.redaction.snapshot));
    const offline = await see([target], { ...options, snapshot: file }, new AbortController().signal);
    expect(JSON.stringify(judged(offline))).toBe(JSON.stringify(judged(live)));
  } finally {
    await rm(folder, { recursive: true });
  }
  return judged(live);
}

function judged({ view, targets: [target], client }: Seen): Report {
  if (!target) throw new Error('no target');
  return diagnose(view, { target, ...(client ? { client } : {}) });
}

/** What was found, in order, and how surely. */
const told = ({ findings }: Report): readonly string[] => findings.map(({ id, certainty }) => `${id} ${certainty}`);

/** The probes that a report says it lacks. */
const lacking = ({ unasked = [] }: Report): readonly string[] => unasked.map(({ probe }) => probe);

const serve = 'mkdir -p /tmp/www; echo ok > /tmp/www/health; exec httpd -f -h /tmp/www -p';

function app(name: string, script: string, more = '', image = 'busybox:1.36'): string {
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
          image: ${image}
          command: ${JSON.stringify(script.startsWith('node ') ? ['node', '-e', script.slice(5)] : ['sh', '-c', script])}
          ports: [{ containerPort: 8080 }]
${more}
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
---`;
}

const readiness = (probe: string): string => `          readinessProbe: { ${probe}, periodSeconds: 1 }`;

const node = 'node:24-slim';
const udp = "node require('dgram').createSocket('udp4').bind(8080)";
const tls = `node require('https').createServer({ key: process.env.KEY, cert: process.env.CERT }, (request, response) => {
  response.statusCode = request.url === '/health' ? 200 : 404;
  response.end();
}).listen(8080)`;
/** An app that answers no Host that it does not know, and says so in its log alone. */
const picky = `node require('http').createServer((request, response) => {
  console.log('Invalid HTTP_HOST header: ' + request.headers.host);
  response.writeHead(400).end();
}).listen(8080)`;
/** A gRPC server that knows health checks, and no service by a name. */
const grpc = `node require('http2').createServer().on('stream', (stream) => {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '5' }, { endStream: true });
}).listen(8080)`;

describe('who listens', () => {
  let namespace = '';
  beforeAll(async () => {
    namespace = await createNamespace('listen');
    const [key, cert] = await Promise.all(
      ['key', 'crt'].map((kind) => readFile(join(controlPlane.state, 'pki', `apiserver.${kind}`), 'utf8')),
    );
    const identity = `          env: ${JSON.stringify([
      { name: 'KEY', value: key },
      { name: 'CERT', value: cert },
    ])}\n`;
    await apply(
      namespace,
      [
        app('nobody', 'exec sleep 86400'),
        app('nobody-probed', 'exec sleep 86400', readiness('tcpSocket: { port: 8080 }')),
        app('elsewhere', `${serve} 3000`),
        app('loopback', `${serve} 127.0.0.1:8080`),
        app('loopback-probed', `${serve} 127.0.0.1:8080`, readiness('httpGet: { path: /health, port: 8080 }')),
        app('udp-only', udp, '', node),
        app('healthy', `${serve} 8080`),
        app('hangs-up', "node require('net').createServer((socket) => socket.destroy()).listen(8080)", '', node),
        app('own-address', `${serve} $(hostname -i):8080`, readiness('tcpSocket: { port: 8080 }')),
        app('wrong-path', `${serve} 8080`, readiness('httpGet: { path: /ready, port: 8080 }')),
        app('wrong-path-tls', tls, identity + readiness('httpGet: { path: /ready, port: 8080, scheme: HTTPS }'), node),
        app('refused-host', picky, readiness('httpGet: { path: /, port: 8080 }'), node),
        app('wrong-service', grpc, readiness('grpc: { port: 8080, service: shop }'), node),
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
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: reader }
`,
      ].join('\n'),
    );
    for (const name of ['nobody', 'elsewhere', 'loopback', 'udp-only', 'healthy', 'hangs-up', 'own-address'])
      await waitForPod(namespace, `app=${name}`, isReady);
    await waitFor('three Pods', async () => (await podsIn(namespace, 'app=three')).filter(isReady).length === 3);
    await waitFor('the slices', async () =>
      (await kubectl('get', 'endpointslices', '-n', namespace)).includes('three'),
    );
    // What runs without being ready counts once it had time to come up, and kubelet has said why.
    for (const name of [
      'nobody-probed',
      'loopback-probed',
      'wrong-path',
      'wrong-path-tls',
      'refused-host',
      'wrong-service',
    ])
      await waitForPod(namespace, `app=${name}`, hasRunFor(22_000));
    await waitFor('kubelet to speak', async () => (await eventsOf(namespace, 'Unhealthy')).length >= 6);
  });

  const everywhere = (expected: readonly string[]) => ({ none: expected, forward: expected, exec: expected });

  /** What each level of probes says of a fault. Without probes, those are named that would tell. */
  const faults = {
    nobody: { none: [], forward: ['ports/nobody-listens likely'], exec: ['ports/nobody-listens certain'] },
    'nobody-probed': {
      none: ['endpoints/readiness-probe certain'],
      forward: ['endpoints/readiness-probe certain', 'ports/nobody-listens certain'],
      exec: ['endpoints/readiness-probe certain', 'ports/nobody-listens certain'],
    },
    elsewhere: { none: [], forward: ['ports/nobody-listens certain'], exec: ['ports/nobody-listens certain'] },
    loopback: { none: [], forward: [], exec: ['ports/bound-to-loopback certain'] },
    'loopback-probed': {
      none: ['endpoints/readiness-probe certain'],
      forward: ['endpoints/readiness-probe likely'],
      exec: ['endpoints/readiness-probe certain', 'ports/bound-to-loopback certain'],
    },
    'udp-only': { none: [], forward: ['ports/nobody-listens likely'], exec: ['ports/wrong-protocol certain'] },
    three: { none: [], forward: ['ports/nobody-listens certain'], exec: ['ports/nobody-listens certain'] },
    'wrong-path': everywhere(['endpoints/readiness-probe certain']),
    'wrong-path-tls': everywhere(['endpoints/readiness-probe certain']),
    'refused-host': everywhere(['endpoints/readiness-probe certain']),
    'wrong-service': everywhere(['endpoints/readiness-probe certain']),
    'own-address': everywhere([]),
    healthy: everywhere([]),
    'hangs-up': everywhere([]),
  } as const;

  test.each(Object.entries(faults))('%s', async (name, expected) => {
    for (const level of ['none', 'forward', 'exec'] as const) {
      const report = await check(`${namespace}/${name}`, level);
      expect([level, ...told(report)]).toEqual([level, ...expected[level]]);
      // Whatever a probe finds with certainty, the report without it has named that probe, or found it by itself.
      const sure = told(report).some((line) => line.endsWith(' certain'));
      if (sure || level === 'exec') continue;
      const next = (['forward', 'exec'] as const).find((later) =>
        expected[later].some((line) => line.endsWith('certain')),
      );
      if (next) expect(lacking(report)).toContain(next);
    }
  });

  test('the right port, the right path and the address are named', async () => {
    const summary = async (name: string, level: Level = 'forward') =>
      (await check(`${namespace}/${name}`, level)).findings[0]?.summary;
    expect(await summary('elsewhere')).toContain('they listen on 3000');
    expect(await summary('three')).toContain('1 of 3 Pods (three-1)');
    expect(await summary('wrong-path')).toContain('/health answers 200');
    expect(await summary('wrong-path-tls')).toContain('/health answers 200');
    expect(await summary('refused-host', 'none')).toContain('the app refuses the Host header');
    expect(await summary('wrong-service')).toContain('asks for the service shop, which the server does not know');
    expect(await summary('loopback-probed')).toContain('listens there on loopback only');
    expect(await summary('udp-only', 'exec')).toContain('listen on 8080 as UDP');
  });

  test('a guess says how to be sure, and --probe none how to know', async () => {
    const { stdout: guess } = await svcdoctor('check', `${namespace}/nobody`);
    expect(guess).toContain(`svcdoctor check ${namespace}/nobody --probe exec`);
    const { stdout: unprobed } = await svcdoctor('check', `${namespace}/nobody`, '--probe', 'none');
    expect(unprobed).toMatch(/not asked +--probe forward: whether its Pods take connections/);
  });

  test('what is not allowed is said, and proves nothing', async () => {
    const user = `system:serviceaccount:${namespace}:reader`;
    await kubectl(
      'create',
      'clusterrolebinding',
      `reader-${namespace}`,
      '--clusterrole=view',
      `--serviceaccount=${namespace}:reader`,
    );
    for (const [level, means] of [
      ['forward', 'port-forward'],
      ['exec', 'exec'],
    ] as const) {
      const options = ['-o', 'json', '-v', '--probe', level, '--as', user];
      const { stdout, stderr } = await svcdoctor('check', `${namespace}/nobody`, ...options);
      expect(told(JSON.parse(stdout) as Report).filter((line) => line.startsWith('ports/'))).toEqual([]);
      expect(stderr).toMatch(new RegExp(`${means} in namespace ${namespace} is not allowed`));
    }
  });
});

const hasRunFor =
  (milliseconds: number) =>
  ({ status }: Pod): boolean => {
    const state = status.containerStatuses?.[0]?.state;
    return state !== undefined && 'running' in state && Date.now() - Date.parse(state.running.startedAt) > milliseconds;
  };

describe('what the client feels', () => {
  let demo = '';
  let client = '';
  let address = '';
  beforeAll(async () => {
    demo = await createDemo();
    client = await createNamespace('client');
    address = (await startClient(client)).status.podIP ?? '';
  });
  const from = () => `${client}/pod/client`;

  test('a packet filter on the way to the Pod', async () => {
    await using _ = await drop({ from: address, port: 5432 });
    expect(told(await check(`${demo}/db`, 'exec', from()))).toEqual(['dataplane/packets-dropped certain']);
    for (const level of ['none', 'forward'] as const) {
      const report = await check(`${demo}/db`, level, from());
      expect([told(report), lacking(report)]).toEqual([[], expect.arrayContaining(['exec'])]);
    }
  });

  test('a packet filter on the way to the DNS', async () => {
    await using _ = await drop({ from: address, port: 53 }, { from: address, protocol: 'udp', port: 53 });
    expect(told(await check(`${demo}/db`, 'exec', from()))).toEqual(['dns/lookups-fail certain']);
    const unprobed = await check(`${demo}/db`, 'none', from());
    expect([told(unprobed), lacking(unprobed)]).toEqual([[], expect.arrayContaining(['exec'])]);
  });

  test('one that drops UDP alone', async () => {
    await using _ = await drop({ from: address, protocol: 'udp', port: 53 });
    expect(told(await check(`${demo}/db`, 'exec', from()))).toEqual(['dns/udp-blocked certain']);
  });

  test.each([
    ['http://db.DEMO:5432', [], 'healthy'],
    ['db.DEMO.svc.cluster.local:5432', [], 'healthy'],
    ['postgres://db.DEMO:5433/app', ['service/no-such-port certain'], 'broken'],
    ['http://dbb.DEMO:5432', ['name/no-such-service certain'], 'broken'],
    // From another namespace the short name means a Service of that one.
    ['http://db:5432', ['name/no-such-service certain'], 'broken'],
  ])('the address that a client is told: %s', async (url, expected, verdict) => {
    const report = await check(url.replace('DEMO', demo), 'exec', from());
    expect([report.verdict, ...told(report)]).toEqual([verdict, ...expected]);
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
    for (const level of ['none', 'forward', 'exec'] as const)
      expect(told(await check(`${demo}/db`, level, `${client}/pod/${name}`))).toEqual([expected]);
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
    for (const level of ['none', 'exec'] as const)
      expect(told(await check(`${demo}/db`, level, `${client}/pod/short-name`))).toEqual([
        'name/short-name-from-another-namespace certain',
      ]);
  });
});

describe('a healthy stack', () => {
  /** By hand: SVCDOCTOR_RUNS=20. */
  const runs = Number(process.env['SVCDOCTOR_RUNS'] ?? 2);
  let demo = '';
  beforeAll(async () => {
    demo = await createDemo();
  });

  /** Containers, files that a probe could leave in them, and open connections to the kubelet, which carry every exec and port-forward. */
  async function traces(): Promise<unknown> {
    const pods = [...(await podsIn(demo)), ...(await podsIn('kube-system'))];
    const containers = pods.flatMap(({ metadata, spec }) => [metadata.name, JSON.stringify(spec)]).toSorted();
    const files = await Promise.all(
      ['deploy/api', 'deploy/db'].map(async (target) => (await exec(demo, target, 'ls', '-A', '/tmp', '/root')).stdout),
    );
    const { stdout } = await inside(['sh', '-c', 'cat /proc/net/tcp /proc/net/tcp6']);
    // 282A is 10250, 01 is established.
    const connections = stdout.split('\n').filter((line) => /:282A [0-9A-F]+:[0-9A-F]{4} 01 /.test(line)).length;
    return { containers, files, connections };
  }

  test.each(['none', 'forward', 'exec', 'debug'] as const)(
    `%s finds and leaves nothing, ${runs} times`,
    async (level) => {
      const before = await traces();
      const folder = await mkdtemp(join(tmpdir(), 'svcdoctor-traces-'));
      vi.stubEnv('TMPDIR', folder);
      try {
        for (let count = 0; count < runs; count += 1)
          for (const [target, from] of [
            ['db', 'deploy/api'],
            ['api', 'deploy/db'],
          ] as const) {
            const report = await check(`${demo}/${target}`, level, `${demo}/${from}`, { yes: true });
            expect([report.verdict, ...told(report)]).toEqual(['healthy']);
          }
        expect(await readdir(folder)).toEqual([]);
      } finally {
        vi.unstubAllEnvs();
        await rm(folder, { recursive: true });
      }
      await waitFor('nothing to be left', async () => isDeepStrictEqual(await traces(), before), 20_000).catch(
        async () => expect(await traces()).toEqual(before),
      );
    },
    60_000 + runs * 30_000,
  );

  test('asking by port-forward takes little longer than not asking', async () => {
    const times = { none: [] as number[], forward: [] as number[] };
    for (let round = 0; round < 5; round += 1)
      for (const level of ['none', 'forward'] as const) {
        const start = performance.now();
        const { exitCode } = await svcdoctor('check', `${demo}/db`, '--from', `${demo}/deploy/api`, '--probe', level);
        expect(exitCode).toBe(0);
        times[level].push(performance.now() - start);
      }
    const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
    expect(median(times.forward) - median(times.none)).toBeLessThan(1_500);
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
      const unprobed = await check(`${demo}/db`, 'none');
      expect([told(unprobed), lacking(unprobed)]).toEqual([[], expect.arrayContaining(['forward'])]);
      const report = await check(`${demo}/db`, 'forward');
      expect(told(report)).toEqual(['dns/replicas-disagree certain']);
      expect(report.findings[0]?.summary).toContain('coredns-odd');
    } finally {
      await kubectl('delete', 'pod/coredns-odd', 'configmap/coredns-broken', '-n', 'kube-system', '--now');
    }
  });

  test('that is scaled to 0', async () => {
    await kubectl('scale', 'deploy/coredns', '-n', 'kube-system', '--replicas=0');
    await waitFor('no DNS Pod', async () => (await podsIn('kube-system', 'k8s-app=kube-dns')).length === 0);
    for (const level of ['none', 'forward', 'exec'] as const)
      expect(told(await check(`${demo}/db`, level, `${demo}/deploy/api`))).toEqual(['dns/no-pods certain']);
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
    for (const level of ['none', 'forward'] as const)
      expect(told(await check(`${demo}/db`, level))).toEqual(['dns/cluster-zone-shadowed certain']);
    await restoreClusterDns();
  });
});
