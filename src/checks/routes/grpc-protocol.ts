import { servicePortFor } from '../../k8s/backend-ports.ts';
import { formatRoute, routeBackendsTo } from '../../k8s/gateway.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/grpc-protocol',
  title: 'The Gateway does not know that the backend speaks gRPC',
  why: 'A Gateway speaks HTTP/1.1 to a backend unless the appProtocol of the Service port says kubernetes.io/h2c, or the kind of the route implies it. gRPC needs HTTP/2.',
  impact: 'breaks',
  needs: ['service', 'routes'],
  evaluate({ service, routes }) {
    const { name, namespace = '' } = service.metadata;
    const backends = routeBackendsTo(service.metadata, routes).filter(({ route }) =>
      /^(HTTP|GRPC)Route$/.test(route.kind),
    );
    if (backends.length === 0) return notApplicable('no HTTPRoute or GRPCRoute names it');
    for (const { route, ref, field } of backends) {
      const port = ref.port === undefined ? undefined : servicePortFor(service, ref.port);
      if (!port) continue;
      const { appProtocol } = port;
      const contradicts = route.kind === 'GRPCRoute' && /^(https?|tcp|kubernetes\.io\/wss?)$/.test(appProtocol ?? '');
      const silent =
        route.kind === 'HTTPRoute' && appProtocol === undefined && /^(grpc|h2c)(-|$)/.test(port.name ?? '');
      if (!contradicts && !silent) continue;
      const index = (service.spec.ports ?? []).indexOf(port);
      return problem({
        certainty: contradicts ? 'likely' : 'possible',
        ...(contradicts ? {} : { impact: 'risks' as const }),
        summary: contradicts
          ? `${formatRoute(route)} sends gRPC to port ${formatServicePort(port)} of ${name}, whose appProtocol is ${appProtocol}`
          : `${formatRoute(route)} sends to port ${formatServicePort(port)} of ${name}, which has no appProtocol: a Gateway speaks HTTP/1.1 to it`,
        evidence: allOf([
          evidence(route, field, `${route.kind}, port ${ref.port}`),
          evidence(service, `spec.ports[${index}].appProtocol`, appProtocol ?? 'absent'),
        ]),
        confirm: [
          confirm(
            kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports[*].appProtocol}'),
            appProtocol ?? 'nothing',
          ),
        ],
        fix: {
          explain: 'Set appProtocol kubernetes.io/h2c on the port of the Service.',
          patch: {
            object: service,
            type: 'json',
            body: [{ op: 'add', path: `/spec/ports/${index}/appProtocol`, value: 'kubernetes.io/h2c' }],
          },
        },
      });
    }
    return passed('nothing shows that a backend of gRPC is taken for another');
  },
});
