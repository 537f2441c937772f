import check from '../../../src/checks/dataplane/load-balancer-pending.ts';
import type { CustomObject, Event } from '../../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });
const balanced = (spec: object = {}) => service({ name: 'db', spec: { type: 'LoadBalancer', ...spec } });
const refused = (reason: string, message: string) => ({
  ...balanced(),
  status: { conditions: [{ type: 'cilium.io/IPAMRequestSatisfied', status: 'False' as const, reason, message }] },
});
const event = (reason: string, message: string, type = 'Warning'): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `db.${reason}`.toLowerCase(), namespace: 'demo' },
  involvedObject: { kind: 'Service', name: 'db', namespace: 'demo' },
  reason,
  message,
  type,
  count: 7,
});
const pool = (name: string): CustomObject => ({
  apiVersion: 'metallb.io/v1beta1',
  kind: 'IPAddressPool',
  metadata: { name, namespace: 'metallb-system' },
  spec: { addresses: ['192.168.1.240-192.168.1.250'] },
});
const metalLb = pod({ namespace: 'metallb-system', name: 'controller-7d4b9c6f88-x2x2x' });

examples(check, {
  'nobody makes load balancers': {
    given: cluster([...db, balanced()]),
    says: {
      summary: ['db has no external address', 'no load-balancer controller'],
      certainty: 'certain',
      impact: 'degrades',
      evidence: ['service/db status.loadBalancer: no ingress: EXTERNAL-IP is <pending>'],
    },
  },
  'the pool of MetalLB is empty': {
    given: cluster([
      ...db,
      balanced(),
      metalLb,
      event('AllocationFailed', 'Failed to allocate IP for "demo/db": no available IPs'),
    ]),
    says: { summary: ['AllocationFailed', 'no available IPs'], certainty: 'certain' },
  },
  'no pool of Cilium is for it': {
    given: cluster([
      ...db,
      refused('no_pool', 'There are no enabled CiliumLoadBalancerIPPools that match this service'),
    ]),
    says: {
      summary: ['cilium.io/IPAMRequestSatisfied is False', 'no_pool', 'CiliumLoadBalancerIPPools'],
      certainty: 'certain',
      impact: 'degrades',
    },
  },
  'the pools of Cilium are used up': {
    given: cluster([...db, refused('out_of_ips', 'All pools are exhausted')]),
    says: { summary: ['out_of_ips'], certainty: 'certain' },
  },
  'MetalLB without a pool': {
    given: cluster([...db, balanced(), metalLb]),
    says: { summary: ['MetalLB', 'IPAddressPool'], certainty: 'certain' },
  },
  'a pool that nobody made': {
    given: cluster([
      ...db,
      change(balanced(), (draft) => void (draft.metadata.annotations = { 'metallb.io/address-pool': 'public' })),
      metalLb,
      pool('default'),
    ]),
    says: {
      summary: ['metallb.io/address-pool', 'the pool public, which does not exist: there is default'],
      certainty: 'certain',
      evidence: ['ipaddresspool/default spec.addresses: 192.168.1.240-192.168.1.250', 'spec.type: LoadBalancer'],
      patchCannotShow: 'MetalLB writes the address later',
    },
  },
  'an address outside of the pool': {
    given: cluster([
      ...db,
      change(
        balanced(),
        (draft) => void (draft.metadata.annotations = { 'metallb.universe.tf/loadBalancerIPs': '172.17.0.80' }),
      ),
      metalLb,
      pool('default'),
      event('AllocationFailed', 'Failed to allocate IP for "demo/db": ["172.17.0.80"] is not allowed in config'),
    ]),
    says: {
      summary: ['172.17.0.80', 'is not allowed in config'],
      certainty: 'certain',
      patchCannotShow: 'the event stays until MetalLB has tried again',
    },
  },
  'the cloud refuses': {
    given: cluster([
      ...db,
      balanced(),
      event(
        'SyncLoadBalancerFailed',
        'Error syncing load balancer: failed to ensure load balancer: could not find any suitable subnets for creating the ELB',
      ),
    ]),
    says: { summary: ['SyncLoadBalancerFailed', 'could not find any suitable subnets'], certainty: 'certain' },
  },
  'a class nobody serves': {
    given: cluster([...db, balanced({ loadBalancerClass: 'service.k8s.aws/nlb' })]),
    says: { summary: ['no controller serves loadBalancerClass service.k8s.aws/nlb'], certainty: 'certain' },
  },
  'ServiceLB finds the port taken': {
    given: cluster([
      ...db,
      balanced(),
      service({ namespace: 'kube-system', name: 'traefik', spec: { type: 'LoadBalancer' } }),
      pod({
        namespace: 'kube-system',
        name: 'svclb-db-1f2e3d4c-abcde',
        labels: { 'svccontroller.k3s.cattle.io/svcname': 'db' },
        status: {
          phase: 'Pending',
          conditions: [
            {
              type: 'PodScheduled',
              status: 'False',
              reason: 'Unschedulable',
              message: "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.",
            },
          ],
        },
      }),
    ]),
    says: {
      summary: ['svclb-db-1f2e3d4c-abcde is Pending: host port 80 is taken by LoadBalancer kube-system/traefik'],
      certainty: 'certain',
      evidence: ['free ports', 'service/traefik'],
    },
  },
  'a client inside does not need it': {
    given: cluster([...db, balanced(), ...workload({ name: 'api' })]),
    from: 'demo/Deployment/api',
    says: 'passed',
    detail: 'no external address yet',
  },
  'it is being made': {
    given: cluster([
      ...db,
      change(balanced(), (draft) => void (draft.metadata.creationTimestamp = '2026-03-02T09:59:30Z')),
      event('EnsuringLoadBalancer', 'Ensuring load balancer', 'Normal'),
    ]),
    says: 'passed',
  },
  'it has an address': {
    given: cluster([
      ...db,
      change(balanced(), (draft) => void (draft.status = { loadBalancer: { ingress: [{ ip: '203.0.113.10' }] } })),
    ]),
    says: 'passed',
    detail: '203.0.113.10',
  },
  'none is asked for': { given: cluster([...db, service({ name: 'db' })]), says: 'not-applicable' },
});
