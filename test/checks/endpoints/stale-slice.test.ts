import check from '../../../src/checks/endpoints/stale-slice.ts';
import type { Service } from '../../../src/k8s/objects.ts';
import { change, cluster, node, service, slicesFor, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { podOf } from '../../kit/pod-states.ts';
import { mirroring, slice } from '../../kit/slices.ts';

const db = workload({ name: 'db' });
const svc: Service = service({ name: 'db' });
const own = slicesFor(svc, [podOf(db)]);
const bare = service({ name: 'db', selector: null });
const gone = { kind: 'Pod', name: 'db-old-55c7d9f6b8-2xk4v', namespace: 'demo' };
const [address = ''] = podOf(db).status?.podIPs?.map(({ ip }) => ip) ?? [];

examples(check, {
  'a mirror of the past beside the slice of the controller': {
    given: cluster([
      ...db,
      svc,
      ...own,
      slice({ name: 'db-g9nd2', manager: mirroring, addresses: ['10.244.7.88'], targetRef: gone }),
    ]),
    says: {
      summary: ['db-g9nd2', '10.244.7.88', 'no existing Pod', '50 %'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: [mirroring, 'db-old-55c7d9f6b8-2xk4v: does not exist'],
    },
  },
  'a hand-made slice of a Pod that was replaced': {
    given: cluster([
      ...db,
      bare,
      slice({
        name: 'db-manual',
        addresses: ['10.244.7.88'],
        targetRef: { kind: 'Pod', name: podOf(db).metadata.name },
      }),
    ]),
    says: { summary: ['is stale', 'now has', address], certainty: 'certain', impact: 'breaks' },
  },
  'a hand-made slice in the Pod network, beside a selector': {
    given: cluster([
      ...db,
      svc,
      ...own,
      slice({ name: 'db-manual', addresses: ['10.250.3.9'] }),
      change(node('node-c', '192.168.10.13'), (draft) => void (draft.spec = { podCIDR: '10.250.3.0/24' })),
    ]),
    says: { summary: ['written by hand', '10.250.3.9'], certainty: 'likely' },
  },
  'a slice of the controller, from before the selector was removed': {
    given: cluster([
      ...db,
      bare,
      slice({
        name: 'db-k2x',
        manager: 'endpointslice-controller.k8s.io',
        addresses: ['10.244.7.88'],
        targetRef: gone,
      }),
    ]),
    says: { summary: ['db-k2x', '10.244.7.88', 'had a selector'], certainty: 'certain', impact: 'breaks' },
  },
  'an address outside the cluster': { given: cluster([...db, svc, ...own, slice({ name: 'db-vm' })]), says: 'passed' },
  'a slice for machines outside': { given: cluster([bare, slice({ name: 'db-vm' })]), says: 'passed' },
  'a mirror of a living Pod': {
    given: cluster([...db, bare, slice({ name: 'db-x', manager: mirroring, addresses: [address] })]),
    says: 'passed',
  },
  'the controller alone': { given: cluster([...db, svc]), says: 'not-applicable' },
});
