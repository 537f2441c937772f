import { endpointsIn, isExternalName, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/none-ready',
  title: 'The Service has no ready endpoint',
  why: 'kube-proxy forwards only to ready endpoints. With none, a connection to the Service is refused at once, or a headless name does not resolve. This finding stands alone only where no other check knows why.',
  impact: 'breaks',
  needs: ['service', 'slices'],
  evaluate({ service, slices }) {
    if (isExternalName(service))
      return notApplicable('an ExternalName Service has no endpoints: it is an alias in DNS');
    const all = endpointsIn(slices);
    const ready = all.filter(({ endpoint }) => isReadyEndpoint(endpoint));
    if (ready.length > 0) return passed(`${ready.length} of ${all.length} endpoints are ready`);
    const { name, namespace = '' } = service.metadata;
    const says =
      all.length > 0
        ? `0 of ${all.length} endpoints are ready`
        : slices.length > 0
          ? 'its EndpointSlice is empty'
          : 'there is no EndpointSlice for it';
    return problem({
      certainty: 'certain',
      summary: `Nothing answers for ${name}: ${says}`,
      evidence: [
        slices[0]
          ? evidence(slices[0], 'endpoints', all.length > 0 ? says : 'none')
          : evidence(service, 'metadata.name', `${name}: no EndpointSlice carries this name`),
      ],
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          all.length > 0 ? 'addresses, none of them ready' : '<unset> or no slice at all',
        ),
      ],
      fix: {
        explain: 'Look at the Pods behind the Service: an endpoint becomes ready when its Pod does.',
        commands: [kubectl('get', 'pods', '-n', namespace, '-o', 'wide')],
      },
    });
  },
});
