import { destinationsOf } from '../../k8s/destinations.ts';
import { isHeadless } from '../../k8s/endpoints.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/session-affinity',
  title: 'sessionAffinity: ClientIP sends each client address to one Pod',
  why: 'With sessionAffinity: ClientIP, kube-proxy keeps all connections of one source address on one Pod, for three hours unless told otherwise. A proxy or NAT in front is one address: all traffic then lands on a single Pod.',
  impact: 'risks',
  needs: ['service', 'slices', 'pods'],
  uses: ['client'],
  evaluate({ service, slices, pods, client }) {
    const { sessionAffinity, sessionAffinityConfig, type, externalTrafficPolicy } = service.spec;
    if (isHeadless(service)) return notApplicable('a headless Service has no affinity');
    if (sessionAffinity !== 'ClientIP') return passed('connections are spread over all Pods');
    const addresses = new Set(destinationsOf(service, slices, pods).map(({ address }) => address)).size;
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800;
    const outside = (type === 'NodePort' || type === 'LoadBalancer') && externalTrafficPolicy !== 'Local';
    const few = client !== undefined && client.pods.length > 0 && client.pods.length < addresses;
    if (addresses < 2 || (!outside && !few))
      return passed(`each client stays with its Pod for ${seconds} s (sessionAffinity: ClientIP)`);
    return problem({
      certainty: 'possible',
      summary: few
        ? `sessionAffinity is ClientIP: ${client.pods.length} client Pod${client.pods.length === 1 ? '' : 's'} of ${client.object.metadata.name} reach${client.pods.length === 1 ? 'es' : ''} at most ${client.pods.length} of ${addresses} Pods, for ${seconds} s at a time`
        : `sessionAffinity is ClientIP, and traffic from outside comes with the nodes’ addresses: it lands on few of ${addresses} Pods`,
      evidence: allOf([
        evidence(service, 'spec.sessionAffinity', 'ClientIP'),
        evidence(service, 'spec.sessionAffinityConfig.clientIP.timeoutSeconds', seconds),
        ...(outside ? [evidence(service, 'spec.externalTrafficPolicy', externalTrafficPolicy ?? 'Cluster')] : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            service.metadata.name,
            '-n',
            service.metadata.namespace ?? '',
            '-o',
            'jsonpath={.spec.sessionAffinity}',
          ),
          'ClientIP',
        ),
      ],
      fix: {
        explain: 'Where the app does not need it, spread connections over all Pods again.',
        patch: {
          object: service,
          type: 'merge',
          body: { spec: { sessionAffinity: 'None', sessionAffinityConfig: null } },
        },
      },
    });
  },
});
