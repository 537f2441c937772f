import check from '../../../src/checks/dns/earlier-answer.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import type { Lookup } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { resolvConf, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const target = 'shop/db';
const db = service({ name: 'db', namespace: 'shop' });
const objects = [...workload({ name: 'db', namespace: 'shop' }), db, ...workload({ name: 'api' })];
const alias = service({
  name: 'shop',
  selector: null,
  spec: { type: 'ExternalName', externalName: 'shop.example.com' },
});
const asked = (
  name: string,
  outcome: Lookup['outcome'],
  answers: Lookup['answers'] = [],
  others: readonly KubeObject[] = [alias],
) => {
  const given = cluster([...objects, ...others]);
  return withObservations(
    given,
    resolvConf(
      given,
      'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    ),
    {
      kind: 'Lookup',
      from: { portForward: true },
      server: { clusterDNS: true },
      transport: 'tcp',
      type: 'A',
      name,
      outcome,
      answers,
    },
  );
};
const first = 'db.shop.demo.svc.cluster.local';
const elsewhere = [
  { type: 'CNAME', data: 'shop.example.com' },
  { type: 'A', data: '203.0.113.7' },
];

examples(check, {
  'an ExternalName called like the namespace': {
    target,
    from,
    given: asked(`${first}.`, 'NOERROR', elsewhere),
    says: {
      summary: [
        'From demo, db.shop is answered as db.shop.demo.svc.cluster.local',
        'Service demo/shop, an ExternalName',
      ],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['service/shop spec.externalName: shop.example.com', 'NOERROR CNAME shop.example.com, A 203.0.113.7'],
    },
  },
  'something that is no Service': {
    target,
    from,
    given: asked(first, 'NOERROR', elsewhere, []),
    says: { summary: ['something takes it before db.shop.svc.cluster.local'], certainty: 'certain' },
  },
  'an alias of the Service itself': {
    target,
    from,
    given: asked(first, 'NOERROR', [{ type: 'A', data: db.spec.clusterIP ?? '' }]),
    says: 'passed',
  },
  'an answer without an address': { target, from, given: asked(first, 'NOERROR'), says: 'passed' },
  'the usual answer': { target, from, given: asked(first, 'NXDOMAIN'), says: 'passed' },
});
