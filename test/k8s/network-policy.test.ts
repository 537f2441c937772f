import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { judge, judgeConnection, policyEndOf, addressEnd } from '../../src/k8s/network-policy.ts';
import type { NetworkPolicy, Protocol } from '../../src/k8s/objects.ts';
import { namespace, pod } from '../kit/cluster.ts';

/**
 * The truth tables of Kubernetes' own conformance tests (k8s.io/kubernetes, test/e2e/network/netpol/network_policy.go), in our words:
 * Pods a, b and c in namespaces x, y and z, each serving 80 and 81 over TCP, UDP and SCTP. `denied` lists from → to; all else connects.
 */
const servedPorts = [80, 81].flatMap((port) =>
  (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
    name: `serve-${port}-${protocol.toLowerCase()}`,
    containerPort: port,
    protocol,
  })),
);
const namespaces = ['x', 'y', 'z'].map((name) => namespace(name, { ns: name }));
const addresses = new Map<string, string>();
const pods = ['x', 'y', 'z'].flatMap((ns, row) =>
  ['a', 'b', 'c'].map((name, column) => {
    const ip = `10.244.${row}.${column + 10}`;
    addresses.set(`${ns}/${name}`, ip);
    return pod({
      namespace: ns,
      name,
      labels: { pod: name },
      spec: { containers: [{ name: 'agnhost', ports: servedPorts }] },
      status: { podIP: ip, podIPs: [{ ip }] },
    });
  }),
);

type PolicySpec = NetworkPolicy['spec'];
interface Table {
  /** Policies in YAML, by namespace and name. */
  readonly policies: Readonly<Record<string, string>>;
  readonly to?: { readonly port?: number; readonly protocol?: Protocol };
  readonly denied: readonly string[];
  /** Exceptions from `denied`. */
  readonly but?: readonly string[];
  readonly labels?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const policiesOf = (table: Table): readonly NetworkPolicy[] =>
  Object.entries(table.policies).map(([path, spec]) => {
    const [ns = '', name = ''] = path.split('/');
    return {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace: ns },
      spec: parse(spec) as PolicySpec,
    };
  });

const matches = (pattern: string, from: string, to: string) => {
  const [source = '', destination = ''] = pattern.split(' → ');
  const covers = (wanted: string, name: string) =>
    wanted === '*' || wanted === name || (wanted.endsWith('/*') && name.startsWith(wanted.slice(0, -1)));
  return covers(source, from) && covers(destination, to);
};

const podA = 'podSelector: {matchLabels: {pod: a}}';
const deny = 'podSelector: {}\npolicyTypes:';

const tables: Readonly<Record<string, Table>> = {
  'default deny of ingress': { policies: { 'x/deny-ingress': `${deny} [Ingress]` }, denied: ['* → x/*'] },
  'default deny of ingress, UDP': {
    policies: { 'x/deny-ingress': `${deny} [Ingress]` },
    to: { protocol: 'UDP' },
    denied: ['* → x/*'],
  },
  'default deny of everything': {
    policies: { 'x/deny-all': `${deny} [Ingress, Egress]` },
    denied: ['* → x/*', 'x/* → *'],
  },
  'traffic from a namespace to no other': {
    policies: { 'x/from-x': `podSelector: {}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {}}]}]` },
    denied: ['y/* → x/*', 'z/* → x/*'],
  },
  'a podSelector admits the same namespace only': {
    policies: {
      'x/x-a-allows-x-b': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]`,
    },
    denied: ['* → x/a'],
    but: ['x/b → x/a'],
  },
  'an allow beside a deny': {
    policies: {
      'x/deny-all': `${deny} [Ingress]`,
      'x/allow-all-to-a': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {}, namespaceSelector: {}}]}]`,
    },
    denied: ['* → x/b', '* → x/c'],
  },
  'an empty namespaceSelector': {
    policies: {
      'x/from-all': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {}}}]}]`,
    },
    denied: [],
  },
  'a namespaceSelector': {
    policies: {
      'x/from-y': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}]}]`,
    },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'a podSelector of expressions': {
    policies: {
      'x/a-from-b': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {matchExpressions: [{key: pod, operator: In, values: [b]}]}}]}]`,
    },
    denied: ['* → x/a'],
    but: ['x/b → x/a'],
  },
  'a namespaceSelector of expressions': {
    policies: {
      'x/from-y': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: In, values: [y]}]}}]}]`,
    },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'two items of a list: either': {
    policies: {
      'x/either': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}}, {podSelector: {matchLabels: {pod: b}}}]}]`,
    },
    denied: ['x/a → x/a', 'x/c → x/a'],
  },
  'one item with both: both': {
    policies: {
      'x/both': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}, podSelector: {matchLabels: {pod: b}}}]}]`,
    },
    denied: ['* → x/a'],
    but: ['y/b → x/a', 'z/b → x/a'],
  },
  'several of both': {
    policies: {
      'x/several': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchExpressions: [{key: ns, operator: NotIn, values: [x]}]}, podSelector: {matchExpressions: [{key: pod, operator: In, values: [b, c]}]}}]}]`,
    },
    denied: ['x/* → x/a', 'y/a → x/a', 'z/a → x/a'],
  },
  'any of two podSelectors': {
    policies: {
      'x/any': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {matchLabels: {pod: b}}}, {podSelector: {matchLabels: {pod: c}}}]}]`,
    },
    denied: ['* → x/a'],
    but: ['x/b → x/a', 'x/c → x/a'],
  },
  'one Pod of another namespace': {
    policies: {
      'x/from-y-a': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: a}}}]}]`,
    },
    denied: ['* → x/a'],
    but: ['y/a → x/a'],
  },
  'a port, asked for': {
    policies: {
      'x/81': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 81, protocol: TCP}]}]`,
    },
    to: { port: 81 },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'a port, not asked for': {
    policies: {
      'x/81': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 81, protocol: TCP}]}]`,
    },
    denied: ['* → x/a'],
  },
  'stacked policies': {
    policies: {
      'x/81': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 81}]}]`,
      'x/80': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 80}]}]`,
    },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'one empty rule allows all': {
    policies: { 'x/allow-all': 'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{}]' },
    denied: [],
  },
  'a named port, asked for': {
    policies: { 'x/named': 'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: serve-81-tcp}]}]' },
    to: { port: 81 },
    denied: [],
  },
  'a named port, not asked for': {
    policies: { 'x/named': 'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: serve-81-tcp}]}]' },
    denied: ['* → x/*'],
  },
  'a named port of a namespace': {
    policies: {
      'x/named': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: serve-80-tcp, protocol: TCP}]}]`,
    },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'egress on a named port of the destination': {
    policies: { 'x/egress': 'podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{port: serve-80-tcp}]}]' },
    denied: [],
  },
  'egress on another named port': {
    policies: { 'x/egress': 'podSelector: {}\npolicyTypes: [Egress]\negress: [{ports: [{port: serve-80-tcp}]}]' },
    to: { port: 81 },
    denied: ['x/* → *'],
  },
  'a namespace without the label yet': {
    policies: {
      'x/updated': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns2: updated}}}]}]`,
    },
    denied: ['* → x/a'],
  },
  'a Pod that has been given the label': {
    policies: {
      'x/updated': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{podSelector: {matchLabels: {pod: b, pod2: updated}}}]}]`,
    },
    labels: { 'x/b': { pod: 'b', pod2: 'updated' } },
    denied: ['* → x/a'],
    but: ['x/b → x/a'],
  },
  'a Pod that a deny begins to select': {
    policies: { 'x/isolated': 'podSelector: {matchLabels: {target: isolated}}\npolicyTypes: [Ingress]' },
    labels: { 'x/a': { target: 'isolated' } },
    denied: ['* → x/a'],
  },
  'egress of one Pod denied': {
    policies: { 'x/deny-egress-a': `${podA}\npolicyTypes: [Egress]` },
    denied: ['x/a → *'],
  },
  'egress of a namespace denied': { policies: { 'x/deny-egress': `${deny} [Egress]` }, denied: ['x/* → *'] },
  'ingress and egress together, the port allowed': {
    policies: {
      'x/together': `${podA}\npolicyTypes: [Egress, Ingress]\ningress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]\negress: [{ports: [{port: 80}]}]`,
    },
    denied: ['* → x/a'],
    but: ['x/b → x/a'],
  },
  'ingress and egress together, another port': {
    policies: {
      'x/together': `${podA}\npolicyTypes: [Egress, Ingress]\ningress: [{from: [{podSelector: {matchLabels: {pod: b}}}]}]\negress: [{ports: [{port: 80}]}]`,
    },
    to: { port: 81 },
    denied: ['* → x/a', 'x/a → *'],
    but: ['x/b → x/a'],
  },
  'egress denied at the client though the server admits': {
    policies: {
      'x/to-y-a': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {matchLabels: {ns: y}}, podSelector: {matchLabels: {pod: a}}}]}]`,
      'y/a-from-x-a': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: x}}, podSelector: {matchLabels: {pod: a}}}]}]`,
      'y/b-from-x-a': `podSelector: {matchLabels: {pod: b}}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: x}}, podSelector: {matchLabels: {pod: a}}}]}]`,
    },
    denied: ['x/a → *', '* → y/a', '* → y/b'],
    but: ['x/a → y/a'],
  },
  'a protocol without a port, asked for': {
    policies: { 'x/proto': `${podA}\npolicyTypes: [Ingress]\ningress: [{ports: [{protocol: TCP}]}]` },
    denied: [],
  },
  'a protocol without a port, another one': {
    policies: { 'x/proto': `${podA}\npolicyTypes: [Ingress]\ningress: [{ports: [{protocol: TCP}]}]` },
    to: { protocol: 'UDP' },
    denied: ['* → x/a'],
  },
  'allow all beside a narrower one': {
    policies: {
      'x/80': 'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: 80}]}]',
      'x/all': 'podSelector: {}\npolicyTypes: [Ingress]\ningress: [{}]',
    },
    to: { port: 81 },
    denied: [],
  },
  'egress to a CIDR': {
    policies: { 'x/cidr': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.244.1.11/32}}]}]` },
    denied: ['x/a → *'],
    but: ['x/a → y/b'],
  },
  'egress to a CIDR with an exception': {
    policies: {
      'x/cidr': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.244.0.0/16, except: [10.244.0.11/32]}}]}]`,
    },
    denied: ['x/a → x/b'],
  },
  'an exception that another policy allows': {
    policies: {
      'x/cidr': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.244.0.0/24, except: [10.244.0.11/32]}}]}]`,
      'x/b': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.244.0.11/32}}]}]`,
    },
    denied: ['x/a → y/*', 'x/a → z/*'],
  },
  'egress open, ingress denied, of one Pod': {
    policies: {
      'x/egress': `${podA}\npolicyTypes: [Egress]\negress: [{}]`,
      'x/ingress': `${podA}\npolicyTypes: [Ingress]`,
    },
    denied: ['* → x/a'],
  },
  'SCTP is not TCP': {
    policies: {
      'x/deny': `${deny} [Ingress]`,
      'x/sctp': `${podA}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: 81, protocol: SCTP}]}]`,
    },
    to: { port: 81 },
    denied: ['* → x/*'],
  },
  'a rule for SCTP isolates': {
    policies: { 'x/sctp': `${podA}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: 80, protocol: SCTP}]}]` },
    to: { port: 81 },
    denied: ['* → x/a'],
  },
  'UDP is not TCP': {
    policies: { 'x/udp': `${podA}\npolicyTypes: [Ingress]\ningress: [{ports: [{port: 81, protocol: UDP}]}]` },
    to: { port: 81 },
    denied: ['* → x/a'],
  },
  'a port over UDP': {
    policies: {
      'x/udp': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {ns: y}}}], ports: [{port: 81, protocol: UDP}]}]`,
    },
    to: { port: 81, protocol: 'UDP' },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'the name label of a namespace': {
    policies: {
      'x/from-y': `${podA}\npolicyTypes: [Ingress]\ningress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: y}}}]}]`,
    },
    denied: ['x/* → x/a', 'z/* → x/a'],
  },
  'the name label in an expression of egress': {
    policies: {
      'x/not-y': `${podA}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: NotIn, values: [y]}]}}]}]`,
    },
    denied: ['x/a → y/*'],
  },
};

describe('the truth tables of Kubernetes’ conformance tests', () => {
  for (const [name, table] of Object.entries(tables)) {
    test(name, () => {
      const policies = policiesOf(table);
      const { port = 80, protocol = 'TCP' } = table.to ?? {};
      const named = pods.map((each) => {
        const path = `${each.metadata.namespace}/${each.metadata.name}`;
        const labels = { ...each.metadata.labels, ...table.labels?.[path] };
        return { path, end: policyEndOf({ ...each, metadata: { ...each.metadata, labels } }, namespaces) };
      });
      const wrong = named.flatMap((from) =>
        named
          .filter((to) => to !== from) // the upstream tables leave loopback out
          .filter((to) => {
            const { egress, ingress } = judgeConnection({ from: from.end, to: to.end, port, protocol }, policies);
            const denied =
              table.denied.some((pattern) => matches(pattern, from.path, to.path)) &&
              !table.but?.some((pattern) => matches(pattern, from.path, to.path));
            return (egress.allowed && ingress.allowed) === denied;
          })
          .map((to) => `${from.path} → ${to.path}`),
      );
      expect(wrong).toEqual([]);
    });
  }
});

/** The example of https://kubernetes.io/docs/concepts/services-networking/network-policies/ */
const documented = policiesOf({
  policies: {
    'default/test-network-policy': `
podSelector: {matchLabels: {role: db}}
policyTypes: [Ingress, Egress]
ingress:
- from:
  - ipBlock: {cidr: 172.17.0.0/16, except: [172.17.1.0/24]}
  - namespaceSelector: {matchLabels: {project: myproject}}
  - podSelector: {matchLabels: {role: frontend}}
  ports: [{protocol: TCP, port: 6379}]
egress:
- to: [{ipBlock: {cidr: 10.0.0.0/24}}]
  ports: [{protocol: TCP, port: 5978}]`,
  },
  denied: [],
});

describe('the example of the documentation', () => {
  const spaces = [namespace('default'), namespace('other', { project: 'myproject' }), namespace('far')];
  const end = (ns: string, name: string, labels: Record<string, string> = {}) =>
    policyEndOf(pod({ namespace: ns, name, labels }), spaces);
  const db = end('default', 'redis', { role: 'db' });
  const enters = (from: ReturnType<typeof end>, port = 6379) =>
    judge('Ingress', { from, to: db, port, protocol: 'TCP' }, documented).allowed;

  test('the frontend of the same namespace, on 6379 alone', () => {
    expect(enters(end('default', 'web', { role: 'frontend' }))).toBe(true);
    expect(enters(end('default', 'web', { role: 'frontend' }), 6380)).toBe(false);
    expect(enters(end('default', 'batch', { role: 'batch' }))).toBe(false);
    expect(enters(end('far', 'web', { role: 'frontend' }))).toBe(false);
  });
  test('any Pod of a namespace with the label', () => expect(enters(end('other', 'anything'))).toBe(true));
  test('addresses in the block, but not in its hole', () => {
    expect(enters(addressEnd('172.17.0.5'))).toBe(true);
    expect(enters(addressEnd('172.17.2.255'))).toBe(true);
    expect(enters(addressEnd('172.17.1.9'))).toBe(false);
    expect(enters(addressEnd('172.18.0.1'))).toBe(false);
  });
  test('egress to the block on 5978', () => {
    const leaves = (address: string, port: number) =>
      judge('Egress', { from: db, to: addressEnd(address), port, protocol: 'TCP' }, documented).allowed;
    expect(leaves('10.0.0.7', 5978)).toBe(true);
    expect(leaves('10.0.0.7', 5979)).toBe(false);
    expect(leaves('10.0.1.7', 5978)).toBe(false);
  });
  test('a range of ports', () => {
    const ranged = policiesOf({
      policies: {
        'default/multi-port-egress':
          'podSelector: {matchLabels: {role: db}}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: 10.0.0.0/24}}], ports: [{protocol: TCP, port: 32000, endPort: 32768}]}]',
      },
      denied: [],
    });
    const leaves = (port: number) =>
      judge('Egress', { from: db, to: addressEnd('10.0.0.7'), port, protocol: 'TCP' }, ranged).allowed;
    expect([31999, 32000, 32768, 32769].map(leaves)).toEqual([false, true, true, false]);
  });
});

describe('what policies do not govern, and how they are read', () => {
  const spaces = [namespace('x')];
  const denyAll = policiesOf({ policies: { 'x/deny': `${deny} [Ingress, Egress]` }, denied: [] });
  const server = pod({ namespace: 'x', name: 'server', spec: { nodeName: 'node-a' } });
  const connect = (
    from: Parameters<typeof policyEndOf>[0],
    to: Parameters<typeof policyEndOf>[0],
    policies = denyAll,
  ) =>
    judgeConnection(
      { from: policyEndOf(from, spaces), to: policyEndOf(to, spaces), port: 80, protocol: 'TCP' },
      policies,
    );

  test('a Pod that talks to itself', () => {
    const { egress, ingress } = connect(server, server);
    expect([egress.because, ingress.because]).toEqual(['exempt', 'exempt']);
  });
  test('a node that talks to its own Pods', () => {
    const agent = (nodeName: string) =>
      pod({ namespace: 'kube-system', name: 'agent', spec: { hostNetwork: true, nodeName } });
    expect(connect(agent('node-a'), server).ingress.allowed).toBe(true);
    const far = connect(agent('node-b'), server).ingress;
    expect(far.allowed).toBe(false);
  });
  test('a hostNetwork client is no Pod to a selector', () => {
    const all = policiesOf({
      policies: { 'x/all': 'podSelector: {}\ningress: [{from: [{namespaceSelector: {}}]}]' },
      denied: [],
    });
    const host = pod({ namespace: 'x', name: 'host', spec: { hostNetwork: true, nodeName: 'node-b' } });
    expect(connect(host, server, all).ingress.misses[0]?.peer[0]?.kind).toBe('host-network');
  });
  test('policyTypes left out', () => {
    const left = (spec: string) =>
      connect(
        pod({ namespace: 'x', name: 'client' }),
        pod({ namespace: 'y', name: 'other' }),
        policiesOf({ policies: { 'x/p': spec }, denied: [] }),
      ).egress.because;
    expect(left('podSelector: {}')).toBe('open');
    expect(left('podSelector: {}\negress: []')).toBe('open');
    expect(left('podSelector: {}\negress: [{to: [{podSelector: {}}]}]')).toBe('denied');
  });
  test('IPv6, and null lists', () => {
    const block = policiesOf({
      policies: {
        'x/six':
          'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{ipBlock: {cidr: "fd00:10:244::/56", except: ["fd00:10:244:0:1::/80"]}}], ports: null}]',
      },
      denied: [],
    });
    const leaves = (address: string) =>
      judge('Egress', { from: policyEndOf(server), to: addressEnd(address), port: 80, protocol: 'TCP' }, block).allowed;
    expect(['fd00:10:244::5', 'fd00:10:244:0:1::5', 'fd00:20::5', '10.0.0.1'].map(leaves)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('the nearest rule', () => {
  const nearest = (spec: string) =>
    judge(
      'Ingress',
      {
        from: policyEndOf(pod({ namespace: 'y', name: 'web', labels: { tier: 'frontend', app: 'web' } }), namespaces),
        to: policyEndOf(pod({ namespace: 'x', name: 'db', labels: { app: 'db' } }), namespaces),
        port: 8080,
        protocol: 'TCP',
      },
      policiesOf({ policies: { 'x/p': `podSelector: {}\n${spec}` }, denied: [] }),
    ).misses[0];

  test('differs in one label of the Pod', () =>
    expect(
      nearest('ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {tier: backend, app: web}}}]}]'),
    ).toMatchObject({
      peer: [{ kind: 'pod-label', key: 'tier', wants: 'tier=backend', has: 'frontend' }],
    }));
  test('matches the Pod, in another namespace', () =>
    expect(nearest('ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]')).toMatchObject({
      peer: [{ kind: 'other-namespace', wants: 'x', has: 'y' }],
    }));
  test('wants a label of the namespace', () =>
    expect(nearest('ingress: [{from: [{namespaceSelector: {matchLabels: {team: web}}}]}]')).toMatchObject({
      peer: [{ kind: 'namespace-label', wants: 'team=web', has: undefined }],
    }));
  test('allows another port', () =>
    expect(nearest('ingress: [{from: [{namespaceSelector: {}}], ports: [{port: 80}]}]')).toMatchObject({
      peer: [],
      port: { kind: 'number', wants: '80', has: 8080 },
    }));
  test('names a port that the Pod lacks', () =>
    expect(nearest('ingress: [{ports: [{port: web}]}]')).toMatchObject({
      port: { kind: 'name', wants: 'web', resolves: undefined },
    }));
  test('of several: the one with the fewest differences', () =>
    expect(
      nearest(
        'ingress: [{from: [{podSelector: {matchLabels: {app: api, tier: x}}}], ports: [{port: 1}]}, {from: [{namespaceSelector: {}}], ports: [{port: 80}]}]',
      )?.rule,
    ).toBe(1));
});
