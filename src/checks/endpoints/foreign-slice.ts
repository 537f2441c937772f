import {
  addressesIn,
  endpointsIn,
  isReadyEndpoint,
  isKeptByOthers,
  managedByLabel,
  managerOfSlice,
} from '../../k8s/endpoints.ts';
import { hasSelector, podIPsOf, podsSelectedBy } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/foreign-slice',
  title: 'A hand-made EndpointSlice adds addresses to the selected Pods',
  why: 'A slice with the label kubernetes.io/service-name joins the Service even where a selector fills another slice. Both are used, and each address gets its share of the connections.',
  impact: 'risks',
  needs: ['service', 'slices', 'pods'],
  evaluate({ service, slices, pods }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector: its slices are written by others');
    const own = podsSelectedBy(service, pods).flatMap(podIPsOf);
    const foreign = endpointsIn(
      slices.filter((slice) => isKeptByOthers(slice) && managerOfSlice(slice) === undefined),
    ).filter(
      ({ endpoint }) => isReadyEndpoint(endpoint) && !endpoint.addresses.some((address) => own.includes(address)),
    );
    const [first] = foreign;
    if (!first) return passed('every endpoint is a selected Pod');
    const { name, namespace = '' } = service.metadata;
    const addresses = [...new Set(foreign.flatMap(({ endpoint }) => endpoint.addresses))].join(', ');
    const { slice } = first;
    return problem({
      certainty: 'possible',
      summary: `EndpointSlice ${slice.metadata.name}, written by hand, sends part of the connections of ${name} to ${addresses}, which is none of its Pods`,
      evidence: allOf([
        evidence(slice, 'endpoints[*].addresses', addressesIn(slice).join(', ')),
        evidence(slice, `metadata.labels[${managedByLabel}]`, 'absent: written by hand'),
        evidence(service, 'spec.selector', service.spec.selector ?? {}),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          `${slice.metadata.name} beside the slice of the controller`,
        ),
      ],
      fix: {
        explain: `If nobody means ${addresses} to serve, delete the slice ${slice.metadata.name}.`,
        commands: [kubectl('delete', 'endpointslice', slice.metadata.name, '-n', namespace)],
      },
    });
  },
});
