import {
  endpointsIn,
  isExternalName,
  isReadyEndpoint,
  keptByHand,
  managerOfSlice,
  mirroringController,
} from '../../k8s/endpoints.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/slice-not-ready',
  title: 'The hand-made EndpointSlice says that nothing is ready',
  why: 'In a slice that no controller keeps, conditions.ready stays as it was written: nobody probes the address. With ready: false kube-proxy sends nothing there.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'slices'],
  evaluate({ service, slices }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    const all = endpointsIn(slices);
    const handmade = all.filter(({ slice }) => keptByHand(slice));
    const [first] = handmade;
    if (!first) return notApplicable('no slice is written by hand');
    if (all.some(({ endpoint }) => isReadyEndpoint(endpoint))) return passed('some endpoint is ready');
    const { slice } = first;
    const { name, namespace = '' } = service.metadata;
    const closed = (slice.endpoints ?? []).flatMap((endpoint, index) => (isReadyEndpoint(endpoint) ? [] : [index]));
    return problem({
      certainty: 'certain',
      summary: `EndpointSlice ${slice.metadata.name} has conditions.ready: false for ${(slice.endpoints ?? []).flatMap(({ addresses }) => addresses).join(', ')}`,
      evidence: allOf(
        handmade
          .slice(0, 4)
          .map((each) =>
            evidence(each.slice, 'endpoints[*].conditions.ready', `false for ${each.endpoint.addresses.join(', ')}`),
          ),
      ),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslice',
            slice.metadata.name,
            '-n',
            namespace,
            '-o',
            'jsonpath={.endpoints[*].conditions}',
          ),
          '{"ready":false}',
        ),
      ],
      fix:
        managerOfSlice(slice) === mirroringController
          ? {
              explain: `Move the addresses in Endpoints ${name} from notReadyAddresses to addresses: the slice is its mirror.`,
            }
          : {
              explain: `Set conditions.ready to true in slice ${slice.metadata.name} for addresses that serve ${name}.`,
              patch: {
                object: slice,
                type: 'json',
                body: closed.map((index) => ({
                  op: 'replace',
                  path: `/endpoints/${index}/conditions/ready`,
                  value: true,
                })),
              },
            },
    });
  },
});
