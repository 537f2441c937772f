import { describe } from 'vitest';
import type { KubeObject, Pod, Service } from '../../src/k8s/objects.ts';
import type { Lookup } from '../../src/snapshot/snapshot.ts';
import { change, cluster, objectsIn, service, unready, workload } from '../kit/cluster.ts';
import {
  client,
  crashed,
  dnsPodsIn,
  healthy,
  kubeletConfig,
  logOf,
  podIn,
  resolvConf,
  stack,
  withCorefile,
  withDns,
  withDnsPods,
  withObservations,
} from '../kit/dns.ts';
import { scenario } from '../kit/scenario.ts';

const given = healthy();
const from = { from: 'demo/Deployment/api' };
const search = (domain: string, server = '10.96.0.10') =>
  `search demo.svc.${domain} svc.${domain} ${domain}\nnameserver ${server}\noptions ndots:5\n`;
const own = {
  from: { pod: { namespace: 'demo', name: podIn(given, 'api-') } },
  server: { resolverOf: { namespace: 'demo', name: podIn(given, 'api-') } },
} as const;
const lookup = (outcome: Lookup['outcome'], rest: Partial<Omit<Lookup, 'kind'>> = {}): Lookup => ({
  kind: 'Lookup',
  transport: 'udp',
  name: 'db.demo.svc.cluster.local',
  type: 'A',
  outcome,
  ...own,
  ...rest,
});
const address = stack.find((object): object is Service => object.kind === 'Service')?.spec.clusterIP ?? '';
const waiting: NonNullable<Pod['status']> = {
  containerStatuses: [
    {
      name: 'coredns',
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-03-02T09:00:20Z' } },
    },
  ],
};

describe('the server', () => {
  const down = withDnsPods(given, crashed(1));
  scenario(
    'loops through the node’s stub resolver',
    withObservations(
      down,
      lookup('timeout'),
      logOf(down, '[FATAL] plugin/loop: Loop (127.0.0.1:34614 -> :53) detected for zone "."'),
    ),
    ['dns/forwarding-loop'],
    from,
  );
  scenario(
    'loops, and its Corefile shows why',
    withObservations(
      withCorefile(down, (text) => text.replace('/etc/resolv.conf', '10.96.0.10')),
      logOf(down, '[FATAL] plugin/loop: Loop (10.244.0.7:41022 -> :53) detected for zone "."'),
    ),
    ['dns/forwarding-loop'],
  );
  scenario(
    'was never installed',
    withDns(given, () => 'gone'),
    ['dns/service-missing'],
    from,
  );
  scenario(
    'lost its address: the Service was made headless',
    withObservations(
      withDns(given, (object) => {
        if (object.kind === 'Service') Object.assign(object.spec, { clusterIP: 'None', clusterIPs: ['None'] });
      }),
      lookup('timeout'),
    ),
    ['dns/service-missing'],
    from,
  );
  scenario(
    'loops, and nobody read its log',
    withCorefile(down, (text) => text.replace('/etc/resolv.conf', '127.0.0.53')),
    ['dns/forwarding-loop'],
    from,
  );
  scenario(
    'stops at an option that was removed, as its status says',
    withDnsPods(
      withCorefile(given, (text) => text.replace('pods insecure\n', 'pods insecure\n       upstream\n')),
      crashed(
        1,
        'Error',
        "plugin/kubernetes: /etc/coredns/Corefile:9 - Error during parsing: unknown property 'upstream'",
      ),
    ),
    ['dns/corefile-invalid'],
    from,
  );
  scenario(
    'denies AAAA with NXDOMAIN',
    withObservations(
      withCorefile(given, (text) =>
        text.replace('    ready\n', '    ready\n    template ANY AAAA {\n       rcode NXDOMAIN\n    }\n'),
      ),
      lookup('NOERROR', {
        answers: [{ type: 'A', data: address }],
        server: { pod: { namespace: 'kube-system', name: dnsPodsIn(given)[0] ?? '' } },
      }),
      lookup('NXDOMAIN', {
        type: 'AAAA',
        server: { pod: { namespace: 'kube-system', name: dnsPodsIn(given)[0] ?? '' } },
      }),
    ),
    ['dns/cluster-zone-shadowed'],
    from,
  );
  scenario(
    'was upgraded past the proxy plugin',
    withObservations(
      withCorefile(down, (text) => text.replace('forward .', 'proxy .')),
      lookup('timeout'),
      logOf(down, "/etc/coredns/Corefile:13 - Error during parsing: Unknown directive 'proxy'"),
    ),
    ['dns/corefile-invalid'],
    from,
  );
  scenario('runs out of memory', withDnsPods(given, crashed(137, 'OOMKilled')), ['dns/pods-crash'], from);
  scenario(
    'was scaled to zero for an upgrade',
    withObservations(
      withDns(given, (object) => {
        if (object.kind === 'Pod') return 'gone';
        if (object.kind === 'Deployment' || object.kind === 'ReplicaSet') object.spec.replicas = 0;
        return undefined;
      }),
      lookup('timeout'),
    ),
    ['dns/no-pods'],
    from,
  );
  scenario(
    'waits for a network plugin',
    withDns(given, (object) => {
      if (object.kind !== 'Pod') return;
      delete object.spec.nodeName;
      object.status = {
        phase: 'Pending',
        conditions: [
          {
            type: 'PodScheduled',
            status: 'False',
            reason: 'Unschedulable',
            message: '0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }.',
          },
        ],
      };
    }),
    ['dns/pods-pending'],
  );
  const unsynced = withDnsPods(given, waiting);
  scenario(
    'may not list EndpointSlices after an upgrade',
    withObservations(
      unsynced,
      lookup('SERVFAIL'),
      logOf(
        unsynced,
        'Failed to watch *v1.EndpointSlice: endpointslices.discovery.k8s.io is forbidden: User "system:serviceaccount:kube-system:coredns" cannot list resource "endpointslices" in API group "discovery.k8s.io" at the cluster scope',
        false,
      ),
    ),
    ['dns/api-forbidden'],
    from,
  );
  scenario(
    'came from a chart that labels it otherwise',
    withDns(given, (object) => {
      if (object.kind === 'Pod' || object.kind === 'Deployment') object.metadata.labels = { 'k8s-app': 'coredns' };
    }),
    ['dns/not-selected'],
    from,
  );
  scenario(
    'moved to 5353 without its Service',
    withCorefile(given, (text) => text.replace('.:53', '.:5353')),
    ['dns/service-target-port'],
    from,
  );
  scenario(
    'serves another domain than kubelet writes',
    withObservations(
      healthy([...stack, kubeletConfig('clusterDomain: k8s.lan\n')]),
      resolvConf(given, search('k8s.lan')),
      lookup('NXDOMAIN', { name: 'db.demo.svc.k8s.lan' }),
      lookup('NOERROR'),
    ),
    ['dns/cluster-domain-mismatch'],
    from,
  );
  scenario(
    'forwards the cluster’s own zone as a stub domain',
    withObservations(
      withCorefile(given, (text) => `${text}cluster.local:53 {\n    errors\n    forward . 10.150.0.1\n}\n`),
      resolvConf(given, search('cluster.local')),
      lookup('NXDOMAIN'),
    ),
    ['dns/cluster-zone-shadowed'],
    from,
  );
  scenario(
    'got a hosts block without fallthrough',
    withObservations(
      withCorefile(given, (text) =>
        text.replace('    ready\n', '    ready\n    hosts {\n       192.168.1.5 git.example.com\n    }\n'),
      ),
      lookup('SERVFAIL'),
    ),
    ['dns/cluster-zone-shadowed'],
    from,
  );
  scenario(
    'is limited to other namespaces',
    withCorefile(given, (text) => text.replace('pods insecure', 'namespaces kube-system prod')),
    ['dns/namespace-not-served'],
    from,
  );
  const [one = '', two = ''] = dnsPodsIn(given);
  scenario(
    'has one bad replica',
    withObservations(
      given,
      lookup('NOERROR', { server: { pod: { namespace: 'kube-system', name: one } } }),
      lookup('timeout', { server: { pod: { namespace: 'kube-system', name: two } } }),
    ),
    ['dns/replicas-disagree'],
    from,
  );
  scenario(
    'is well, and so are variants of it',
    withObservations(
      withCorefile(
        given,
        (text) =>
          `${text.replace('    ready\n', '    ready\n    hosts /etc/coredns/NodeHosts {\n      ttl 60\n      fallthrough\n    }\n    rewrite stop name exact git.example.com git.tools.svc.cluster.local\n    template IN AAAA example.test {\n      rcode NXDOMAIN\n    }\n').replace('    loop\n', '    loop\n    import /etc/coredns/custom/*.override\n')}import /etc/coredns/custom/*.server\nconsul.local:53 {\n    forward . 10.150.0.1\n}\n`,
      ),
      resolvConf(given, search('cluster.local')),
      lookup('NXDOMAIN', { name: 'db.svc.cluster.local' }),
      lookup('NOERROR'),
    ),
    [],
    from,
  );
  scenario(
    'two faults at once: the server and the target',
    withDnsPods(
      cluster([
        ...workload({ name: 'db' }),
        service({ name: 'db', selector: { app: 'database' } }),
        ...stack.slice(-3),
      ]),
      crashed(1),
    ),
    ['dns/pods-crash', 'selector/no-matching-pods'],
    from,
  );
});

describe('the way there', () => {
  scenario(
    'kubelet hands out the address of an old range',
    withObservations(given, resolvConf(given, search('cluster.local', '10.43.0.10')), lookup('timeout')),
    ['dns/wrong-nameserver'],
    from,
  );
  scenario(
    'a cache is handed out that nobody installed',
    withObservations(given, resolvConf(given, search('cluster.local', '169.254.20.10')), lookup('timeout')),
    ['dns/node-local-down'],
    from,
  );
  const cache = workload({
    namespace: 'kube-system',
    kind: 'DaemonSet',
    name: 'node-local-dns',
    replicas: 2,
    labels: { 'k8s-app': 'node-local-dns' },
    container: {
      image: 'registry.k8s.io/dns/k8s-dns-node-cache:1.26.4',
      args: ['-localip', '169.254.20.10,10.96.0.10', '-upstreamsvc', 'kube-dns-upstream'],
    },
    spec: { hostNetwork: true, dnsPolicy: 'Default' },
  });
  const upstream = change(
    service({
      namespace: 'kube-system',
      name: 'kube-dns-upstream',
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', protocol: 'UDP', port: 53, targetPort: 53 },
        { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 53 },
      ],
    }),
    (draft) => void (draft.metadata.labels = { 'k8s-app': 'kube-dns' }),
  );
  const cached = cluster([upstream, ...stack, ...cache]);
  scenario(
    'a cache that runs on every node is healthy',
    withObservations(cached, resolvConf(given, search('cluster.local', '169.254.20.10')), lookup('NOERROR')),
    [],
    from,
  );
  const policies = (spec: string, name = 'default-deny-egress', namespace = 'demo') =>
    objectsIn(
      `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`,
    );
  const toDb = policies(
    '{ podSelector: { matchLabels: { app: api } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 8080 }] }] }',
    'api-to-db',
  );
  scenario(
    'an egress policy forgets DNS',
    withObservations(
      cluster([...stack, ...policies('{ podSelector: {}, policyTypes: [Egress] }'), ...toDb]),
      lookup('timeout'),
    ),
    ['dns/egress-policy-blocks-dns'],
    from,
  );
  scenario(
    'an egress policy names a label that kube-system lacks',
    cluster([
      ...stack,
      ...toDb,
      ...policies(
        '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: { matchLabels: { name: kube-system } } }], ports: [{ protocol: UDP, port: 53 }] }] }',
        'allow-dns',
      ),
    ]),
    ['dns/egress-policy-blocks-dns'],
    from,
  );
  scenario(
    'a default deny in kube-system',
    cluster([...stack, ...policies('{ podSelector: {}, policyTypes: [Ingress] }', 'default-deny', 'kube-system')]),
    ['dns/ingress-policy-blocks-dns'],
    from,
  );
  scenario(
    'UDP is lost on the way',
    withObservations(given, lookup('timeout'), lookup('NOERROR', { transport: 'tcp' })),
    ['dns/udp-blocked'],
    from,
  );
  scenario(
    'packets are lost now and then',
    withObservations(given, lookup('NOERROR', { milliseconds: 5012 }), lookup('NOERROR', { milliseconds: 3 })),
    ['dns/slow-lookups'],
    from,
  );
});

describe('the client', () => {
  scenario(
    'is on the host network',
    cluster(client({ hostNetwork: true, dnsPolicy: 'ClusterFirst' })),
    ['dns/node-resolver'],
    from,
  );
  scenario('asks its node on purpose', cluster(client({ dnsPolicy: 'Default' })), ['dns/node-resolver'], from);
  scenario(
    'asks public servers',
    cluster(client({ dnsPolicy: 'None', dnsConfig: { nameservers: ['8.8.8.8'] } })),
    ['dns/own-resolver'],
    from,
  );
  scenario(
    'has an old address in its hosts file',
    cluster(client({ hostAliases: [{ ip: '10.96.99.99', hostnames: ['db'] }] })),
    ['dns/host-alias'],
    from,
  );
  scenario(
    'has a low ndots on Alpine',
    cluster(
      client(
        { dnsConfig: { options: [{ name: 'ndots', value: '1' }] } },
        [{ name: 'DB_HOST', value: 'db.demo' }],
        'python:3.12-alpine',
      ),
    ),
    ['dns/name-needs-more-dots'],
    from,
  );
  scenario(
    'is on the host network, the right way',
    cluster(client({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })),
    [],
    from,
  );
});

describe('names', () => {
  const alias = (
    externalName: string,
    ports: readonly { readonly port: number; readonly targetPort?: number }[] = [],
  ) =>
    change(service({ name: 'db', selector: null, ports, spec: { type: 'ExternalName', externalName } }), (draft) => {
      delete draft.spec.clusterIP;
      delete draft.spec.clusterIPs;
    });
  const api = (host: string): readonly KubeObject[] =>
    workload({ name: 'api', container: { env: [{ name: 'DB_HOST', value: host }] } });
  const headless = service({ name: 'db', ports: [{ port: 8080 }], spec: { clusterIP: 'None', clusterIPs: ['None'] } });
  const set = (serviceName: string) =>
    workload({ kind: 'StatefulSet', name: 'db', replicas: 2, workloadSpec: { serviceName } });

  scenario(
    'an alias of an address',
    cluster([alias('10.132.32.158', [{ port: 5432 }]), ...api('db')]),
    ['dns/external-name-is-an-address'],
    from,
  );
  scenario(
    'an alias of nobody',
    cluster([alias('postgres.prod.svc.cluster.local'), ...api('db')]),
    ['dns/external-name-target-missing'],
    from,
  );
  scenario(
    'an alias that should map ports',
    cluster([
      alias('web.prod.svc.cluster.local', [{ port: 80, targetPort: 8080 }]),
      ...workload({ name: 'web', namespace: 'prod' }),
      service({ name: 'web', namespace: 'prod', ports: [{ port: 8080 }] }),
      ...api('db:80'),
    ]),
    ['dns/external-name-ports'],
    from,
  );
  scenario(
    'an alias of a database outside',
    cluster([alias('db.abc.eu-west-1.rds.amazonaws.com', [{ port: 5432 }]), ...api('db:5432')]),
    [],
    from,
  );
  scenario(
    'members under another Service',
    cluster([...set('release'), headless, ...api('db-0.db:8080')]),
    ['dns/stateful-set-service-name'],
    from,
  );
  scenario('members under the Service', cluster([...set('db'), headless, ...api('db-0.db:8080')]), [], from);
  scenario(
    'a member that never was',
    cluster([...set('db'), headless, ...api('db-7.db:8080')]),
    ['dns/pod-name-unpublished'],
    from,
  );
  scenario(
    'a member that is not ready',
    cluster([
      ...set('db').map((object) =>
        object.kind === 'Pod' && object.metadata.name === 'db-1' ? unready(object as Pod) : object,
      ),
      headless,
      ...api('db-1.db:8080'),
    ]),
    ['dns/peer-not-ready'],
    from,
  );
});

describe('other distributions, all healthy', () => {
  const ports = (targetPort: number | string) => [
    {
      name: 'dns',
      protocol: 'UDP' as const,
      port: 53,
      targetPort: typeof targetPort === 'string' ? 'dns' : targetPort,
    },
    {
      name: 'dns-tcp',
      protocol: 'TCP' as const,
      port: 53,
      targetPort: typeof targetPort === 'string' ? 'dns-tcp' : targetPort,
    },
  ];
  const bare = withDns(given, () => 'gone').objects;
  const declared = (containerPort: number) => [
    { name: 'dns', containerPort, protocol: 'UDP' as const },
    { name: 'dns-tcp', containerPort, protocol: 'TCP' as const },
  ];
  const whole = (objects: readonly KubeObject[], edit: Parameters<typeof withDns>[1] = () => undefined) => {
    const system = cluster(objects).objects.filter(
      (object) =>
        objects.includes(object) ||
        (object.kind === 'EndpointSlice' &&
          objects.some(
            ({ kind, metadata }) =>
              kind === 'Service' && metadata.name === object.metadata.labels?.['kubernetes.io/service-name'],
          )),
    );
    return withDns({ ...given, objects: [...bare, ...system] }, edit);
  };
  const search = 'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver ';

  scenario(
    'GKE: kube-dns with dnsmasq beside it',
    whole([
      ...workload({
        namespace: 'kube-system',
        name: 'kube-dns',
        labels: { 'k8s-app': 'kube-dns' },
        replicas: 2,
        container: { image: 'gke.gcr.io/k8s-dns-kube-dns:1.23.0', ports: declared(10053) },
        spec: {
          dnsPolicy: 'Default',
          containers: [
            {
              name: 'kubedns',
              image: 'gke.gcr.io/k8s-dns-kube-dns:1.23.0',
              ports: [{ name: 'dns-local', containerPort: 10053, protocol: 'UDP' }],
            },
            { name: 'dnsmasq', image: 'gke.gcr.io/k8s-dns-dnsmasq-nanny:1.23.0', ports: declared(53) },
          ],
        },
      }),
      ...workload({
        namespace: 'kube-system',
        name: 'kube-dns-autoscaler',
        container: { image: 'gke.gcr.io/cluster-proportional-autoscaler:v1.8.4' },
      }),
      change(
        service({
          namespace: 'kube-system',
          name: 'kube-dns',
          selector: { 'k8s-app': 'kube-dns' },
          ports: ports(53),
          spec: { clusterIP: '10.0.0.10', clusterIPs: ['10.0.0.10'] },
        }),
        (draft) => void (draft.metadata.labels = { 'k8s-app': 'kube-dns' }),
      ),
    ]),
    [],
    from,
  );

  const openshift = objectsIn(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: dns-default, namespace: openshift-dns }\ndata:\n  Corefile: |\n    .:5353 {\n        bufsize 1232\n        errors\n        health {\n            lameduck 20s\n        }\n        ready\n        kubernetes cluster.local in-addr.arpa ip6.arpa {\n            pods insecure\n            fallthrough in-addr.arpa ip6.arpa\n        }\n        prometheus 127.0.0.1:9153\n        forward . /etc/resolv.conf {\n            policy sequential\n        }\n        cache 900\n        reload\n    }\n    hostname.bind:5353 {\n        chaos\n    }\n',
  );
  const onOpenShift = whole([
    ...openshift,
    ...workload({
      namespace: 'openshift-dns',
      kind: 'DaemonSet',
      name: 'dns-default',
      labels: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
      replicas: 2,
      container: {
        name: 'dns',
        image: 'quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:4f1',
        ports: declared(5353),
      },
      spec: { dnsPolicy: 'Default', volumes: [{ name: 'config-volume', configMap: { name: 'dns-default' } }] },
    }),
    service({
      namespace: 'openshift-dns',
      name: 'dns-default',
      selector: { 'dns.operator.openshift.io/daemonset-dns': 'default' },
      ports: ports('dns'),
      spec: { clusterIP: '172.30.0.10', clusterIPs: ['172.30.0.10'] },
    }),
  ]);
  scenario(
    'OpenShift: 5353 behind 53',
    withObservations(onOpenShift, resolvConf(given, `${search}172.30.0.10\n`)),
    [],
    from,
  );
  scenario(
    'OpenShift: and an egress policy that allows 5353',
    withObservations(
      {
        ...onOpenShift,
        objects: [
          ...onOpenShift.objects,
          ...objectsIn(
            'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: egress, namespace: demo }\nspec: { podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }, { to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: openshift-dns } } }], ports: [{ protocol: UDP, port: 5353 }, { protocol: TCP, port: 5353 }] }] }\n',
          ),
        ],
      },
      resolvConf(given, `${search}172.30.0.10\n`),
    ),
    [],
    from,
  );
  scenario(
    'RKE2: names of its chart',
    whole([
      ...workload({
        namespace: 'kube-system',
        name: 'rke2-coredns-rke2-coredns',
        labels: {
          'app.kubernetes.io/instance': 'rke2-coredns',
          'app.kubernetes.io/name': 'rke2-coredns',
          'k8s-app': 'kube-dns',
        },
        replicas: 2,
        container: { name: 'coredns', image: 'rancher/hardened-coredns:v1.12.3-build20250731', ports: declared(53) },
        spec: {
          dnsPolicy: 'Default',
          volumes: [{ name: 'config-volume', configMap: { name: 'rke2-coredns-rke2-coredns' } }],
        },
      }),
      ...workload({
        namespace: 'kube-system',
        name: 'rke2-coredns-rke2-coredns-autoscaler',
        container: { image: 'rancher/hardened-cluster-autoscaler:v1.9.0' },
      }),
      change(
        service({
          namespace: 'kube-system',
          name: 'rke2-coredns-rke2-coredns',
          selector: { 'app.kubernetes.io/instance': 'rke2-coredns', 'k8s-app': 'kube-dns' },
          ports: ports(53),
          spec: { clusterIP: '10.43.0.10', clusterIPs: ['10.43.0.10'] },
        }),
        (draft) => void (draft.metadata.labels = { 'k8s-app': 'kube-dns' }),
      ),
      ...objectsIn(
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: rke2-coredns-rke2-coredns, namespace: kube-system }\ndata:\n  Corefile: |-\n    .:53 {\n        errors\n        health {\n            lameduck 10s\n        }\n        ready\n        kubernetes  cluster.local  cluster.local in-addr.arpa ip6.arpa {\n            pods insecure\n            fallthrough in-addr.arpa ip6.arpa\n            ttl 30\n        }\n        prometheus  0.0.0.0:9153\n        forward  . /etc/resolv.conf\n        cache  30\n        loop\n        reload\n        loadbalance\n    }\n',
      ),
    ]),
    [],
    from,
  );
});
