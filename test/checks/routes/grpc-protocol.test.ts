import check from '../../../src/checks/routes/grpc-protocol.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const at = (name: string, appProtocol?: string) => [
  ...workload({ name: 'web' }),
  service({ name: 'web', ports: [{ name, port: 80, targetPort: 8080, ...(appProtocol ? { appProtocol } : {}) }] }),
];

examples(check, {
  'a GRPCRoute to a port of HTTP': {
    target,
    given: cluster([...at('grpc', 'http'), route({ kind: 'GRPCRoute' })]),
    says: { summary: ['GRPCRoute demo/web', 'appProtocol is http'], certainty: 'likely', impact: 'breaks' },
  },
  'an HTTPRoute to a port called grpc': {
    target,
    given: cluster([...at('grpc'), route()]),
    says: { summary: ['HTTPRoute demo/web', 'no appProtocol'], certainty: 'possible', impact: 'risks' },
  },
  'with its appProtocol': { target, given: cluster([...at('grpc', 'kubernetes.io/h2c'), route()]), says: 'passed' },
  'a GRPCRoute says it already': {
    target,
    given: cluster([...at('grpc'), route({ kind: 'GRPCRoute' })]),
    says: 'passed',
  },
  'plain HTTP': { target, given: cluster([...at('http'), route()]), says: 'passed' },
  'no route': { target, given: cluster(at('grpc')), says: 'not-applicable' },
});
