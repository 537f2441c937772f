import {
  addressesIn,
  endpointsIn,
  isExternalName,
  isHeadless,
  isReadyEndpoint,
  keptByHand,
} from '../../k8s/endpoints.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/slice-family',
  title: 'The EndpointSlice has an address type that the Service does not use',
  why: 'kube-proxy joins a Service address and endpoints of the same family only: an IPv4 ClusterIP needs slices with addressType IPv4. Slices of type FQDN are ignored by kube-proxy altogether.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'slices'],
  evaluate({ service, slices }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    const handmade = slices.filter((slice) => keptByHand(slice) && addressesIn(slice).length > 0);
    if (handmade.length === 0) return notApplicable('no slice is written by hand');
    const families = service.spec.ipFamilies ?? ['IPv4'];
    const used = (type: string) => families.some((family) => family === type);
    const [odd] = handmade.filter(({ addressType }) => !used(addressType));
    if (!odd) return passed(`every slice has an address type of ${families.join(', ')}`);
    const fits = endpointsIn(slices).some(
      ({ slice, endpoint }) => used(slice.addressType) && isReadyEndpoint(endpoint),
    );
    const { name, namespace = '' } = service.metadata;
    const fqdn = odd.addressType === 'FQDN';
    return problem({
      certainty: 'certain',
      impact: fits ? 'risks' : 'breaks',
      summary: `EndpointSlice ${odd.metadata.name} has addressType ${odd.addressType}, and ${name} is ${families.join(' and ')}: ${fqdn ? 'kube-proxy reads no host names' : 'kube-proxy ignores it'}`,
      evidence: allOf([
        evidence(odd, 'addressType', odd.addressType),
        evidence(odd, 'endpoints[*].addresses', addressesIn(odd).join(', ')),
        evidence(service, 'spec.ipFamilies', families.join(', ')),
        evidence(service, 'spec.clusterIP', isHeadless(service) ? 'None' : (service.spec.clusterIP ?? 'absent')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          `ADDRESSTYPE ${odd.addressType}`,
        ),
      ],
      fix: {
        explain: fqdn
          ? `Use a Service of type ExternalName for ${addressesIn(odd)[0]}, or list its IP addresses in a slice with addressType ${families[0]}.`
          : `Create the slice anew with addressType ${families[0]} and addresses of that family (the field cannot be changed), or add ${odd.addressType} to the Service’s ipFamilies where the cluster is dual stack.`,
      },
    });
  },
});
