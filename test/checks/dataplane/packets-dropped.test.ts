import check from '../../../src/checks/dataplane/packets-dropped.ts';
import type { EndpointSlice, Pod } from '../../../src/k8s/objects.ts';
import { podIPsOf } from '../../../src/k8s/pods.ts';
import type { Connect, Observation } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', replicas: 2, nodes: ['node-a'] });
const api = workload({ name: 'api', nodes: ['node-a'] });
const podsIn = (objects: readonly object[]) =>
  objects.filter((object): object is Pod => (object as Pod).kind === 'Pod');
const addresses = podsIn(db).map((pod) => podIPsOf(pod)[0] ?? '');
const client = podsIn(api)[0]?.metadata.name ?? '';
const tried = (address: string | undefined, outcome: Connect['outcome']): Connect => ({
  kind: 'Connect',
  from: { pod: { namespace: 'demo', name: client } },
  to: { address: address ?? '', port: 8080, protocol: 'TCP' },
  outcome,
});
const forwarded: Observation = { ...tried(addresses[0], 'connected'), from: { portForward: true } };
const objects = [...db, service({ name: 'db' }), ...api];
const from = 'demo/Deployment/api';
const byHand: EndpointSlice = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'db-external', namespace: 'demo', labels: { 'kubernetes.io/service-name': 'db' } },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['172.20.4.20'] }, { addresses: ['172.20.4.21'] }],
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
};

examples(check, {
  'a Pod that accepts a port-forward does not answer the client': {
    given: cluster(objects, [tried(addresses[0], 'timeout'), tried(addresses[1], 'timeout'), forwarded]),
    from,
    says: {
      summary: [client, addresses[0] ?? '', 'on the same node', 'a process listens there', 'no NetworkPolicy says so'],
      certainty: 'certain',
      impact: 'breaks',
    },
  },
  'nobody knows whether the Pod listens': {
    given: cluster(objects, [tried(addresses[0], 'timeout')]),
    from,
    says: { summary: ['hears nothing'], certainty: 'likely' },
  },
  'one of two Pods': {
    given: cluster(objects, [tried(addresses[0], 'timeout'), tried(addresses[1], 'connected'), forwarded]),
    from,
    says: { summary: ['drops the packets'], certainty: 'certain', impact: 'degrades' },
  },
  'an address outside of the cluster, from a slice that was written by hand': {
    given: cluster(
      [service({ name: 'db', selector: null }), byHand, ...api],
      [tried('172.20.4.21', 'timeout'), tried('172.20.4.20', 'connected')],
    ),
    from,
    says: {
      summary: [
        client,
        '172.20.4.21:8080',
        'EndpointSlice db-external was given by hand',
        '172.20.4.20:8080/TCP answers',
      ],
      certainty: 'likely',
      impact: 'degrades',
    },
  },
  'both answer': {
    given: cluster(objects, [tried(addresses[0], 'connected'), tried(addresses[1], 'connected')]),
    from,
    says: 'passed',
  },
  'a refusal is an answer': { given: cluster(objects, [tried(addresses[0], 'refused')]), from, says: 'passed' },
  'only a port-forward was tried': { given: cluster(objects, [forwarded]), from, says: 'not-applicable' },
  'nothing was tried': { given: cluster(objects), from, says: 'skipped' },
});
