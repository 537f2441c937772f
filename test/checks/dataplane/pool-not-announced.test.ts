import check from '../../../src/checks/dataplane/pool-not-announced.ts';
import type { CustomObject, Service } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload, type Draft } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const of = (kind: string, name: string, spec: Record<string, unknown>, namespace = 'metallb-system'): CustomObject => ({
  apiVersion: 'metallb.io/v1beta1',
  kind,
  metadata: { name, namespace },
  spec,
});
const pool = (name = 'default', addresses = ['192.168.10.200-192.168.10.220']) =>
  of('IPAddressPool', name, { addresses });
const balanced = (edit: (draft: Draft<Service>) => void = () => {}): Service =>
  change(service({ name: 'db', spec: { type: 'LoadBalancer' } }), (draft) => {
    draft.status = { loadBalancer: { ingress: [{ ip: '192.168.10.201' }] } };
    edit(draft);
  });
const db = [...workload({ name: 'db' }), balanced()];

examples(check, {
  'no advertisement at all': {
    given: cluster([...db, pool()]),
    says: {
      summary: ['No L2Advertisement or BGPAdvertisement speaks of IPAddressPool default', '192.168.10.201'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['service/db status.loadBalancer.ingress: 192.168.10.201'],
    },
  },
  'one for another pool': {
    given: cluster([
      ...db,
      pool('lab', ['10.20.0.0/28']),
      pool(),
      of('L2Advertisement', 'l2', { ipAddressPools: ['lab'] }),
    ]),
    says: { summary: ['L2Advertisement l2 speaks of lab'], certainty: 'certain', evidence: ['lab: not default'] },
  },
  'one in another namespace': {
    given: cluster([...db, pool(), of('L2Advertisement', 'l2', {}, 'default')]),
    says: { summary: ['IPAddressPool default'], certainty: 'certain', evidence: ['all of default: not default'] },
  },
  'one from nodes that do not exist': {
    given: cluster([
      ...db,
      pool(),
      of('L2Advertisement', 'l2', { nodeSelectors: [{ matchLabels: { 'kubernetes.io/hostname': 'node-z' } }] }),
    ]),
    says: { summary: ['L2Advertisement l2 announces pool default from nodes that do not exist'], certainty: 'certain' },
  },
  'MetalLB wrote the pool itself': {
    given: cluster([
      ...workload({ name: 'db' }),
      balanced((draft) => {
        draft.metadata = { ...draft.metadata, annotations: { 'metallb.io/ip-allocated-from-pool': 'lab' } };
      }),
      pool('lab', ['fd00::/120']),
    ]),
    says: { summary: ['IPAddressPool lab'], certainty: 'certain' },
  },
  'one for all pools': { given: cluster([...db, pool(), of('L2Advertisement', 'l2', {})]), says: 'passed' },
  'by a label of the pool': {
    given: cluster([
      ...db,
      { ...pool(), metadata: { ...pool().metadata, labels: { zone: 'dmz' } } },
      of('BGPAdvertisement', 'bgp', { ipAddressPoolSelectors: [{ matchLabels: { zone: 'dmz' } }] }),
    ]),
    says: 'passed',
  },
  'an address that no pool holds': { given: cluster([...db, pool('lab', ['10.20.0.0/28'])]), says: 'not-applicable' },
  'no load balancer': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' }), pool()]),
    says: 'not-applicable',
  },
  'a client inside': {
    given: cluster([...db, pool(), ...workload({ name: 'api' })]),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
});
