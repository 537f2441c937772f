import check from '../../../src/checks/mesh/virtual-service-destination.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, virtualService } from '../../kit/mesh.ts';

const target = 'shop/reviews';
const reviews = [...meshed({ namespace: 'shop', name: 'reviews' }), service({ namespace: 'shop', name: 'reviews' })];
const to = (host: string, port?: number, home = 'shop', hosts = ['reviews.shop.svc.cluster.local']) =>
  virtualService(home, 'reviews', {
    hosts,
    http: [{ route: [{ destination: { host, ...(port === undefined ? {} : { port: { number: port } }) } }] }],
  });

examples(check, {
  'a short name in another namespace': {
    target,
    given: cluster([...reviews, to('reviews', undefined, 'istio-config')]),
    says: {
      summary: ['istio-config/reviews', 'no Service reviews in namespace istio-config'],
      certainty: 'certain',
      impact: 'breaks',
    },
  },
  'a name with a dot, which is taken as it stands': {
    target,
    given: cluster([...reviews, to('reviews.shop')]),
    says: { summary: ['reviews.shop', 'taken as it stands'], certainty: 'certain' },
  },
  'a port of the container': {
    target,
    given: cluster([...reviews, to('reviews', 8080)]),
    says: { summary: ['reviews:8080', 'no port 8080', 'http 80/TCP'], certainty: 'certain' },
  },
  'a Service that is gone': {
    target,
    given: cluster([...reviews, to('reviews-v2', undefined, 'shop', ['reviews'])]),
    says: { summary: ['no Service reviews-v2'], certainty: 'certain' },
  },
  'everything exists': { target, given: cluster([...reviews, to('reviews', 80)]), says: 'passed' },
  'a host outside of the cluster': { target, given: cluster([...reviews, to('reviews.example.com')]), says: 'passed' },
  'another Service': {
    target,
    given: cluster([...reviews, to('ratings', 80, 'shop', ['ratings'])]),
    says: 'not-applicable',
  },
});
