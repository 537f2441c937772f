import { endpointsIn, isExternalName } from '../../k8s/endpoints.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const skipMirror = 'endpointslice.kubernetes.io/skip-mirror';
const leaderElection = 'control-plane.alpha.kubernetes.io/leader';

export default defineCheck({
  id: 'endpoints/not-mirrored',
  title: 'The Endpoints object is not mirrored into a slice',
  why: 'kube-proxy and CoreDNS read EndpointSlices only. The mirroring controller copies a hand-made Endpoints object into one, unless the object asks it not to (skip-mirror) or is used for leader election.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/no-slice'],
  needs: ['service', 'slices', 'legacyEndpoints'],
  evaluate({ service, slices, legacyEndpoints }) {
    if (isExternalName(service) || hasSelector(service))
      return notApplicable('its slices are not made from an Endpoints object');
    if (!legacyEndpoints) return notApplicable('there is no Endpoints object of its name');
    if (endpointsIn(slices).length > 0) return passed('its slices have endpoints');
    const addresses = (legacyEndpoints.subsets ?? [])
      .flatMap((subset) => (subset.addresses ?? []).map(({ ip }) => ip))
      .join(', ');
    if (!addresses) return notApplicable('the Endpoints object has no address');
    const { name, namespace = '' } = service.metadata;
    const skipped = legacyEndpoints.metadata.labels?.[skipMirror] === 'true';
    const leads = legacyEndpoints.metadata.annotations?.[leaderElection] !== undefined;
    return problem({
      certainty: skipped || leads ? 'certain' : 'likely',
      summary: skipped
        ? `Endpoints ${name} carries ${skipMirror}=true, so no EndpointSlice is made of ${addresses}`
        : leads
          ? `Endpoints ${name} carries the leader election annotation ${leaderElection}, so no EndpointSlice is made of it`
          : `Endpoints ${name} lists ${addresses}, and no EndpointSlice mirrors it`,
      evidence: allOf([
        evidence(legacyEndpoints, 'subsets[*].addresses', addresses),
        ...(skipped ? [evidence(legacyEndpoints, `metadata.labels[${skipMirror}]`, 'true')] : []),
        ...(leads ? [evidence(legacyEndpoints, `metadata.annotations[${leaderElection}]`, 'present')] : []),
        evidence(
          service,
          'metadata.name',
          `${name}: no EndpointSlice with endpoints carries kubernetes.io/service-name=${name}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          'No resources found',
        ),
      ],
      fix: skipped
        ? {
            explain: 'Remove the label, so that the Endpoints object is mirrored.',
            commands: [kubectl('label', 'endpoints', name, '-n', namespace, `${skipMirror}-`)],
          }
        : {
            explain: leads
              ? 'Write an EndpointSlice for the Service, and leave the Endpoints object to leader election.'
              : 'Write an EndpointSlice for the Service, or see why kube-controller-manager does not mirror the Endpoints object.',
          },
    });
  },
});
