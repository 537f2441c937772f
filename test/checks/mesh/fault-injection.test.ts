import check from '../../../src/checks/mesh/fault-injection.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed, virtualService } from '../../kit/mesh.ts';

const target = 'shop/reviews';
const reviews = [...meshed({ namespace: 'shop', name: 'reviews' }), service({ namespace: 'shop', name: 'reviews' })];
const route = [{ destination: { host: 'reviews' } }];
const rule = (fault: object, more: object = {}, hosts = ['reviews']) =>
  virtualService('shop', 'chaos', { hosts, http: [{ fault, route, ...more }] });
const abort = (value?: number) => ({
  abort: { httpStatus: 503, ...(value === undefined ? {} : { percentage: { value } }) },
});

examples(check, {
  'half of the requests are aborted': {
    target,
    given: cluster([...reviews, rule(abort(50))]),
    says: {
      summary: ['VirtualService shop/chaos aborts with 503 50 % of the requests to reviews'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['spec.http[0].fault.abort: 503, percentage 50'],
    },
  },
  'all are': {
    target,
    given: cluster([...reviews, rule(abort(100))]),
    says: { summary: ['100 %'], certainty: 'certain', impact: 'breaks' },
  },
  'through a gateway': {
    target,
    given: cluster([...reviews, rule(abort(100), {}, ['www.example.com'])]),
    says: { summary: ['shop/chaos'], certainty: 'certain' },
  },
  'held back': {
    target,
    given: cluster([...reviews, rule({ delay: { fixedDelay: '7s', percentage: { value: 100 } } })]),
    says: { summary: ['holds back by 7s 100 %'], certainty: 'certain', impact: 'degrades' },
  },
  'those of one tester only': {
    target,
    given: cluster([...reviews, rule(abort(100), { match: [{ headers: { 'end-user': { exact: 'jason' } } }] })]),
    says: 'passed',
  },
  'no percentage means none': { target, given: cluster([...reviews, rule(abort())]), says: 'passed' },
  'no VirtualService': { target, given: cluster(reviews), says: 'not-applicable' },
  'another Service': {
    target,
    given: cluster([
      ...reviews,
      virtualService('shop', 'chaos', {
        hosts: ['ratings'],
        http: [{ fault: abort(100), route: [{ destination: { host: 'ratings' } }] }],
      }),
    ]),
    says: 'passed',
  },
});
