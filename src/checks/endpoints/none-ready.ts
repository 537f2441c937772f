import { idlenessOf } from '../../k8s/autoscaling.ts';
import { endpointsIn, isExternalName, isReadyEndpoint, readyEndpointsFor } from '../../k8s/endpoints.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { desiredReplicasOf, workloadsReachedBy } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/none-ready',
  title: 'The Service has no ready endpoint',
  why: 'kube-proxy forwards only to ready endpoints. With none, a connection to the Service is refused at once, or a headless name does not resolve. This finding stands alone only where no other check knows why.',
  impact: 'breaks',
  symptom: true,
  needs: ['service', 'slices'],
  uses: ['workloads', 'autoscalers', 'scaledObjects'],
  evaluate(facts) {
    const { service, slices, workloads = [] } = facts;
    if (isExternalName(service))
      return notApplicable('an ExternalName Service has no endpoints: it is an alias in DNS');
    const all = endpointsIn(slices);
    const ready = all.filter(({ endpoint }) => isReadyEndpoint(endpoint));
    const ports = service.spec.ports ?? [];
    const open = ports.filter((port) => readyEndpointsFor(slices, port).length > 0);
    if (ready.length > 0 && (open.length > 0 || ports.length === 0))
      return passed(`${ready.length} of ${all.length} endpoints are ready`);
    const reached = workloadsReachedBy(service, workloads);
    const sleeper = reached.every((workload) => desiredReplicasOf(workload) === 0) ? reached[0] : undefined;
    const idle = sleeper && idlenessOf(sleeper, service, facts);
    if (all.length === 0 && idle?.kind === 'sleeps')
      return notApplicable(`idle on purpose: ${sleeper?.kind} ${sleeper?.metadata.name} is scaled to 0 by ${idle.by}`);
    const { name, namespace = '' } = service.metadata;
    const says =
      ready.length > 0
        ? `${ready.length} endpoints are ready, but none opens ${ports.map(formatServicePort).join(', ')}`
        : all.length > 0
          ? `0 of ${all.length} endpoints are ready`
          : slices.length > 0
            ? 'its EndpointSlice is empty'
            : 'there is no EndpointSlice for it';
    return problem({
      certainty: 'certain',
      summary: `Nothing answers for ${name}: ${says}`,
      evidence: allOf([
        slices[0]
          ? evidence(slices[0], ready.length > 0 ? 'ports' : 'endpoints', all.length > 0 ? says : 'none')
          : evidence(service, 'metadata.name', `${name}: no EndpointSlice carries this name`),
      ]),
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
