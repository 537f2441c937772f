import { describe, expect, test } from 'vitest';
import { decide, matchOf } from '../../src/k8s/istio-authorization.ts';
import {
  coversService,
  fullHost,
  isExported,
  leavesAlone,
  mutualTlsOf,
  outboundModeOf,
  sees,
} from '../../src/k8s/istio.ts';
import { pod } from '../kit/cluster.ts';
import { authorizationPolicy, peerAuthentication, sidecar } from '../kit/mesh.ts';

const ledger = { name: 'ledger', namespace: 'shop' };

describe('hosts of rules', () => {
  test.each([
    ['ledger', 'shop', true],
    ['ledger', 'istio-config', false],
    ['ledger.shop', 'shop', false],
    ['ledger.shop.svc.cluster.local', 'web', true],
    ['ledger.shop.svc.corp.internal', 'web', true],
    ['*.shop.svc.cluster.local', 'web', true],
    ['*.local', 'istio-system', true],
    ['*', 'web', true],
    ['*.web.svc.cluster.local', 'web', false],
    ['ledger.example.com', 'shop', false],
  ])('%s in %s: %s', (host, namespace, covered) => expect(coversService(host, namespace, ledger)).toBe(covered));
  test('only a name without a dot is completed', () => {
    expect(fullHost('ledger', 'shop')).toBe('ledger.shop.svc.cluster.local');
    expect(fullHost('ledger.shop', 'shop')).toBe('ledger.shop');
  });
  test('exportTo', () => {
    expect(isExported(undefined, 'shop', 'web')).toBe(true);
    expect(isExported(['.'], 'shop', 'web')).toBe(false);
    expect(isExported(['.'], 'shop', 'shop')).toBe(true);
    expect(isExported(['*'], 'shop', 'web')).toBe(true);
    expect(isExported(['web'], 'shop', 'web')).toBe(true);
  });
});

describe('mutual TLS', () => {
  const of = pod({ namespace: 'shop', name: 'ledger-0', labels: { app: 'ledger' } });
  const mode = (value: string, more: object = {}) => ({ mtls: { mode: value }, ...more });
  const forLedger = { selector: { matchLabels: { app: 'ledger' } } };
  test('nothing said is PERMISSIVE', () => expect(mutualTlsOf(of, 8080, []).mode).toBe('PERMISSIVE'));
  test('the nearer policy counts, and UNSET asks the next wider', () => {
    const mesh = peerAuthentication('istio-system', 'default', mode('STRICT'));
    const home = peerAuthentication('shop', 'default', mode('PERMISSIVE'));
    const own = peerAuthentication('shop', 'ledger', mode('UNSET', forLedger));
    expect(mutualTlsOf(of, 8080, [mesh]).policy).toBe(mesh);
    expect(mutualTlsOf(of, 8080, [mesh, home]).mode).toBe('PERMISSIVE');
    expect(mutualTlsOf(of, 8080, [mesh, own]).mode).toBe('STRICT');
  });
  test('a port of the workload before the workload', () => {
    const own = peerAuthentication(
      'shop',
      'ledger',
      mode('STRICT', { ...forLedger, portLevelMtls: { 9090: { mode: 'DISABLE' } } }),
    );
    expect(mutualTlsOf(of, 9090, [own]).mode).toBe('DISABLE');
    expect(mutualTlsOf(of, 8080, [own]).mode).toBe('STRICT');
  });
  test('a policy of the root with a selector is none for the mesh', () =>
    expect(mutualTlsOf(of, 8080, [peerAuthentication('istio-system', 'ledger', mode('STRICT', forLedger))]).mode).toBe(
      'PERMISSIVE',
    ));
});

test('ports that a sidecar leaves alone', () => {
  const annotated = (annotations: Record<string, string>) => ({ metadata: { name: 'ledger-0', annotations } });
  expect(
    leavesAlone(annotated({ 'traffic.sidecar.istio.io/excludeInboundPorts': '9090, 8080' }), 'Inbound', 8080),
  ).toBe(true);
  expect(leavesAlone(annotated({ 'traffic.sidecar.istio.io/includeInboundPorts': '9090' }), 'Inbound', 8080)).toBe(
    true,
  );
  expect(leavesAlone(annotated({ 'traffic.sidecar.istio.io/includeInboundPorts': '*' }), 'Inbound', 8080)).toBe(false);
  expect(leavesAlone(annotated({}), 'Outbound', 8080)).toBe(false);
});

test('what a Sidecar lets see', () => {
  const narrow = (...hosts: readonly string[]) => sidecar('web', 'default', { egress: [{ hosts }] });
  expect(sees(narrow('./*'), 'web', ledger)).toBe(false);
  expect(sees(narrow('./*'), 'shop', ledger)).toBe(true);
  expect(sees(narrow('shop/*'), 'web', ledger)).toBe(true);
  expect(sees(narrow('*/ledger.shop.svc.cluster.local'), 'web', ledger)).toBe(true);
  expect(sees(narrow('~/*'), 'web', ledger)).toBe(false);
  expect(sees(sidecar('web', 'default'), 'web', ledger)).toBe(true);
});

test('the outbound mode of a MeshConfig', () => {
  const config = (mesh: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap' as const,
    metadata: { name: 'istio' },
    data: { mesh },
  });
  expect(outboundModeOf(config('accessLogFile: /dev/stdout\noutboundTrafficPolicy:\n  mode: REGISTRY_ONLY\n'))).toBe(
    'REGISTRY_ONLY',
  );
  expect(outboundModeOf(config('accessLogFile: /dev/stdout\n'))).toBeUndefined();
});

describe('authorization', () => {
  const api = { identity: { namespace: 'shop', serviceAccount: 'api' }, port: 8080, readsRequests: true } as const;
  const from = (source: object) => ({ from: [{ source }] });
  test.each([
    ['an empty rule', {}, 'yes'],
    ['its principal', from({ principals: ['cluster.local/ns/shop/sa/api'] }), 'yes'],
    ['a prefix', from({ principals: ['cluster.local/ns/shop/*'] }), 'yes'],
    ['a suffix', from({ principals: ['*/sa/api'] }), 'yes'],
    ['another principal', from({ principals: ['cluster.local/ns/shop/sa/web'] }), 'no'],
    ['not this namespace', from({ notNamespaces: ['shop'] }), 'no'],
    ['a request principal', from({ requestPrincipals: ['*'] }), 'maybe'],
    ['a service account', from({ serviceAccounts: ['shop/api'] }), 'yes'],
    ['another port', { to: [{ operation: { ports: ['9090'] } }] }, 'no'],
    ['a method', { to: [{ operation: { methods: ['GET'] } }] }, 'maybe'],
    ['a condition', { when: [{ key: 'request.headers[x]', values: ['y'] }] }, 'maybe'],
  ])('%s', (_name, rule, expected) => expect(matchOf(rule, api)).toBe(expected));
  test('without an identity only rules without a source match', () => {
    const nobody = { ...api, identity: 'none' } as const;
    expect(matchOf(from({ principals: ['*'] }), nobody)).toBe('no');
    expect(matchOf(from({ ipBlocks: ['10.0.0.0/8'] }), nobody)).toBe('maybe');
    expect(matchOf({}, nobody)).toBe('yes');
  });
  test('DENY comes first, ALLOW closes the rest, no policy opens', () => {
    const deny = authorizationPolicy('shop', 'deny', { action: 'DENY', rules: [{}] });
    const allow = authorizationPolicy('shop', 'allow', { rules: [{}] });
    expect(decide([], api)).toEqual({ kind: 'allowed' });
    expect(decide([allow, deny], api)).toEqual({ kind: 'refused', by: [deny], denied: true });
    expect(decide([authorizationPolicy('shop', 'nothing')], api)).toMatchObject({ kind: 'refused', denied: false });
    expect(decide([authorizationPolicy('shop', 'audit', { action: 'AUDIT', rules: [{}] })], api)).toEqual({
      kind: 'allowed',
    });
  });
});
