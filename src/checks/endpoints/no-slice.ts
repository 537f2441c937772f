import { endpointsIn, isExternalName } from '../../k8s/endpoints.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { controllerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/no-slice',
  title: 'Nobody gives the Service an address',
  why: 'Without a selector a Service gets its endpoints from whoever writes an EndpointSlice with its name: a person, or some controller. Nobody has, so connections to it are refused.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'slices'],
  uses: ['legacyEndpoints', 'workloads'],
  evaluate({ service, slices, legacyEndpoints, workloads = [] }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (hasSelector(service)) return notApplicable('the slice controller writes the slices');
    const { name, namespace = '', labels = {} } = service.metadata;
    if (endpointsIn(slices).length > 0) return passed('its slices have endpoints');
    if ((service.spec.ports ?? []).length === 0)
      return notApplicable('it has no ports: it is a name for its owner, not for clients');
    if (labels['serving.knative.dev/revision'] !== undefined || controllerOf(service))
      return notApplicable('its owner keeps its endpoints');
    if (workloads.some(({ metadata }) => metadata.name === name))
      return notApplicable('a workload has its name: the selector is what it lacks');
    const holder = legacyEndpoints
      ? (legacyEndpoints.subsets ?? []).some(({ addresses }) => addresses?.length)
        ? `Endpoints ${name} is not copied into an EndpointSlice`
        : `Endpoints ${name} has no address`
      : slices.length > 0
        ? `its EndpointSlice ${slices[0]?.metadata.name} is empty`
        : 'there is neither an EndpointSlice nor an Endpoints object for it';
    return problem({
      certainty: 'likely',
      summary: `${name} leaves its endpoints to be written by hand, and ${holder}`,
      evidence: allOf([
        evidence(service, 'spec.selector', 'absent: nobody fills its endpoints from Pods'),
        slices[0]
          ? evidence(slices[0], 'endpoints', 'none')
          : evidence(service, 'metadata.name', `${name}: no EndpointSlice with kubernetes.io/service-name=${name}`),
        ...(legacyEndpoints ? [evidence(legacyEndpoints, 'subsets', legacyEndpoints.subsets ?? 'none')] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          'No resources found, or a slice without endpoints',
        ),
      ],
      fix: {
        explain: `Create an EndpointSlice labelled kubernetes.io/service-name=${name} with the addresses and a port of the same name; or give the Service a selector, if Pods are to serve it.`,
      },
    });
  },
});
