import check from '../../../src/checks/name/srv-port.ts';
import { caller } from '../../kit/caller.ts';
import { service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const store = (name?: string) => [
  ...workload({ name: 'store', container: { ports: [{ name: 'grpc', containerPort: 10901 }] } }),
  service({
    name: 'store',
    ports: [{ ...(name ? { name } : {}), port: 10901, targetPort: 'grpc' }],
    spec: { clusterIP: 'None' },
  }),
];
const asking = (endpoint: string, port?: string) => ({
  ...caller({}, store(port), { args: ['query', `--endpoint=${endpoint}`] }),
  target: 'demo/store',
});

examples(check, {
  'another name for the port': {
    ...asking('dnssrv+_grpc._tcp.store.demo.svc.cluster.local', 'grpc-port'),
    says: {
      summary: ['--endpoint asks for _grpc._tcp of store', 'no TCP port named grpc', 'grpc-port 10901/TCP'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['dnssrv+_grpc._tcp.store.demo.svc.cluster.local'],
    },
  },
  'a port without a name': {
    ...asking('dnssrv+_grpc._tcp.store.demo.svc'),
    says: { summary: ['no TCP port named grpc'], certainty: 'certain', evidence: ['(no name) 10901'] },
  },
  'another protocol': {
    ...asking('dnssrv+_grpc._udp.store', 'grpc'),
    says: { summary: ['_grpc._udp of store, which has no UDP port named grpc'], certainty: 'certain' },
  },
  'a list of names in a file': {
    ...caller({ TARGETS: '_http._tcp.store.demo' }, store('grpc')),
    target: 'demo/store',
    says: { summary: ['TARGETS asks for _http._tcp'], certainty: 'certain' },
  },
  'the name of the port': { ...asking('dnssrv+_grpc._tcp.store', 'grpc'), says: 'passed' },
  'no SRV name': { ...asking('dns+store:10901', 'grpc'), says: 'not-applicable' },
});
