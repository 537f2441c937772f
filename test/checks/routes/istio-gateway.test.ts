import check from '../../../src/checks/routes/istio-gateway.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { istioGateway, virtualService } from '../../kit/mesh.ts';

const target = 'shop/cart';
const base = [
  ...workload({ namespace: 'shop', name: 'cart' }),
  service({ namespace: 'shop', name: 'cart' }),
  ...workload({
    namespace: 'edge',
    name: 'ingress',
    labels: { app: 'istio-ingress', istio: 'ingress' },
    spec: { containers: [{ name: 'istio-proxy', image: 'docker.io/istio/proxyv2:1.27.1' }] },
  }),
];
const given = (...objects: readonly KubeObject[]) => cluster([...base, ...objects]);
const gateway = (hosts: readonly string[], selector: object = { istio: 'ingress' }, namespace = 'edge') =>
  istioGateway(namespace, 'front', {
    selector,
    servers: [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts }],
  });
const rule = (gateways: readonly string[], hosts: readonly string[] = ['cart.acme.dev']) =>
  virtualService('shop', 'cart', {
    hosts,
    gateways,
    http: [{ route: [{ destination: { host: 'cart', port: { number: 80 } } }] }],
  });

examples(check, {
  'a bare name, and the Gateway is in another namespace': {
    target,
    given: given(gateway(['*.acme.dev']), rule(['front'])),
    says: { summary: ['shop/front', 'edge/front'], certainty: 'certain', impact: 'degrades' },
  },
  'no Gateway at all': {
    target,
    given: given(rule(['edge/front'])),
    says: { summary: ['edge/front', 'does not exist'], certainty: 'certain' },
  },
  'one of two is gone': {
    target,
    given: given(gateway(['*.acme.dev']), rule(['old', 'edge/front'])),
    says: { summary: ['shop/old'], certainty: 'certain', impact: 'risks' },
  },
  'a host that the Gateway does not have': {
    target,
    given: given(gateway(['*.acme.dev']), rule(['edge/front'], ['cart.acme.io'])),
    says: { summary: ['cart.acme.io', '*.acme.dev'], certainty: 'certain' },
  },
  'a wildcard does not cover the domain itself': {
    target,
    given: given(gateway(['*.acme.dev']), rule(['edge/front'], ['acme.dev'])),
    says: { summary: ['acme.dev'], certainty: 'certain' },
  },
  'a host that is kept for another namespace': {
    target,
    given: given(gateway(['./*.acme.dev']), rule(['edge/front'])),
    says: { summary: ['./*.acme.dev'], certainty: 'certain' },
  },
  'the selector of another installation': {
    target,
    given: given(gateway(['*'], { istio: 'ingressgateway' }), rule(['edge/front'])),
    says: {
      summary: ['istio=ingressgateway', 'istio=ingress'],
      certainty: 'certain',
      evidence: ['app=istio-ingress,istio=ingress'],
    },
  },
  'all in order, in every way to write it': {
    target,
    given: given(
      gateway(['shop/*.acme.dev', 'edge/*.acme.io']),
      rule(['mesh', 'edge/front'], ['cart', 'cart.acme.dev']),
    ),
    says: 'passed',
  },
  'a Gateway of its own namespace': {
    target,
    given: given(gateway(['./cart.acme.dev'], { app: 'istio-ingress' }, 'shop'), rule(['./front'], ['*'])),
    says: 'passed',
  },
  'for the sidecars only': { target, given: given(rule(['mesh'], ['cart'])), says: 'not-applicable' },
});
