import check from '../../../src/checks/routes/route-port.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { gateway, gatewayClass, route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), gatewayClass(), gateway()];

examples(check, {
  'the port of the container': {
    target,
    given: cluster([...web, route({ backend: { port: 8080 } })]),
    says: {
      summary: ['HTTPRoute demo/web', '8080', 'http 80/TCP'],
      certainty: 'certain',
      evidence: ['spec.rules[0].backendRefs[0].port: 8080', '8080 is the targetPort'],
    },
  },
  'a GRPCRoute too': {
    target,
    given: cluster([...web, route({ kind: 'GRPCRoute', backend: { port: 9000 } })]),
    says: { summary: ['GRPCRoute demo/web', '9000'], certainty: 'certain' },
  },
  'no port': {
    target,
    given: cluster([
      ...web,
      change(route(), (draft) => {
        for (const { backendRefs = [] } of draft.spec.rules ?? []) for (const ref of backendRefs) delete ref.port;
      }),
    ]),
    says: { summary: ['without a port'], certainty: 'certain' },
  },
  'several ports, none near': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({
        name: 'web',
        ports: [
          { name: 'a', port: 81 },
          { name: 'b', port: 82 },
        ],
      }),
      route({ backend: { port: 3000 } }),
    ]),
    says: { summary: ['3000'], certainty: 'certain' },
  },
  'the port of the Service': {
    target,
    given: cluster([...web, route()]),
    says: 'passed',
    detail: 'HTTPRoute demo/web → web:80',
  },
  'no route': { target, given: cluster(web), says: 'not-applicable' },
});
