import check from '../../../src/checks/mesh/subset-without-pods.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { destinationRule, meshed, virtualService } from '../../kit/mesh.ts';

const target = 'shop/reviews';
const reviews = [
  ...meshed({ namespace: 'shop', name: 'reviews', labels: { app: 'reviews', version: 'v3' } }),
  service({ namespace: 'shop', name: 'reviews', selector: { app: 'reviews' } }),
];
const to = (subset: string) =>
  virtualService('shop', 'reviews', {
    hosts: ['reviews'],
    http: [{ route: [{ destination: { host: 'reviews', subset } }] }],
  });
/** What v3, which has Pods, and v2, which has none, get of the requests. */
const split = (v3: number, v2?: number) =>
  virtualService('shop', 'reviews', {
    hosts: ['reviews'],
    http: [
      {
        route: [
          { destination: { host: 'reviews', subset: 'v3' }, weight: v3 },
          { destination: { host: 'reviews', subset: 'v2' }, ...(v2 === undefined ? {} : { weight: v2 }) },
        ],
      },
    ],
  });
const subsets = (...versions: string[]) =>
  destinationRule('shop', 'reviews', {
    host: 'reviews',
    subsets: versions.map((version) => ({ name: version, labels: { version } })),
  });

examples(check, {
  'no Pod carries its labels': {
    target,
    given: cluster([...reviews, to('v2'), subsets('v2')]),
    says: {
      summary: ['subset v2', 'version=v2', 'no Pod'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['version=v3'],
    },
  },
  'no DestinationRule defines it': {
    target,
    given: cluster([...reviews, to('v3')]),
    says: { summary: ['subset v3', 'no DestinationRule defines'], certainty: 'certain' },
  },
  'a typo': {
    target,
    given: cluster([
      ...reviews,
      to('stabel'),
      destinationRule('shop', 'reviews', { host: 'reviews', subsets: [{ name: 'stable', labels: { version: 'v3' } }] }),
    ]),
    says: { summary: ['stabel'], certainty: 'certain', evidence: ['spec.subsets: stable'] },
  },
  'a subset with Pods': { target, given: cluster([...reviews, to('v3'), subsets('v2', 'v3')]), says: 'passed' },
  'an empty subset with weight 0 beside one that gets everything': {
    target,
    given: cluster([...reviews, split(100, 0), subsets('v2', 'v3')]),
    says: 'passed',
  },
  'an empty subset without a weight beside one that gets everything': {
    target,
    given: cluster([...reviews, split(100), subsets('v2', 'v3')]),
    says: 'passed',
  },
  'an empty subset that gets a share': {
    target,
    given: cluster([...reviews, split(90, 10), subsets('v2', 'v3')]),
    says: { summary: ['subset v2'], certainty: 'certain', impact: 'degrades' },
  },
  'no subset is asked for': { target, given: cluster([...reviews, subsets('v2')]), says: 'not-applicable' },
});
