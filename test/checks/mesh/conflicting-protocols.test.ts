import check from '../../../src/checks/mesh/conflicting-protocols.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed } from '../../kit/mesh.ts';

const target = 'demo/web';
const web = [...meshed({ name: 'web' }), service({ name: 'web' })];
const second = (portName: string, targetPort = 8080) =>
  service({ name: 'web-internal', selector: { app: 'web' }, ports: [{ name: portName, port: 8080, targetPort }] });

examples(check, {
  'HTTP here, TCP there': {
    target,
    given: cluster([...web, second('tcp-web')]),
    says: { summary: ['web-internal', '8080', 'HTTP', 'TCP'], certainty: 'likely', impact: 'degrades' },
  },
  'the same protocol in both': { target, given: cluster([...web, second('http-web')]), says: 'passed' },
  'gRPC is HTTP to Envoy': { target, given: cluster([...web, second('grpc')]), says: 'passed' },
  'another port of the Pods': { target, given: cluster([...web, second('tcp-admin', 9090)]), says: 'passed' },
  'the other one leaves it open': { target, given: cluster([...web, second('web')]), says: 'passed' },
  'no sidecar': {
    target,
    given: cluster([...workload({ name: 'web' }), service({ name: 'web' }), second('tcp-web')]),
    says: 'not-applicable',
  },
});
