import { addressesIn, isExternalName } from '../../k8s/endpoints.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { Endpoints } from '../../k8s/objects.ts';
import { hasSelector, isFinished, podsSelectedBy } from '../../k8s/pods.ts';
import { workloadsReachedBy } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export default defineCheck({
  id: 'endpoints/selector-overrules-endpoints',
  title: 'The Endpoints are written by hand, and the Service has a selector',
  why: 'With a selector, the controllers fill the Service’s endpoints from Pods: they overwrite an Endpoints object of its name and mirror none into a slice. Endpoints written by hand need a Service without a selector.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'selector/no-matching-pods'],
  needs: ['service', 'pods', 'slices', 'legacyEndpoints'],
  uses: ['workloads'],
  evaluate({ service, pods, slices, legacyEndpoints, workloads = [] }) {
    if (isExternalName(service) || !hasSelector(service)) return notApplicable('the Service has no selector');
    if (podsSelectedBy(service, pods).some((pod) => !isFinished(pod))) return passed('the selector finds Pods');
    if (workloadsReachedBy(service, workloads).length > 0) return passed('the selector finds a workload');
    if (!legacyEndpoints) return notApplicable('there is no Endpoints object of its name');
    const listed = new Set(slices.flatMap(addressesIn));
    const lost = handWritten(legacyEndpoints).filter((address) => !listed.has(address));
    if (lost.length === 0) return passed('no address was written by hand');
    const { name, namespace = '' } = service.metadata;
    const selector = formatLabels(service.spec.selector);
    return problem({
      certainty: 'certain',
      summary: `Endpoints ${name} was written by hand (${lost.join(', ')}), but the Service has selector ${selector}, so controllers fill its endpoints from Pods, and there are none`,
      evidence: allOf([
        evidence(service, 'spec.selector', selector),
        evidence(legacyEndpoints, 'subsets[*].addresses', `${lost.join(', ')}: written by hand, in no EndpointSlice`),
        ...slices.slice(0, 2).map((slice) => evidence(slice, 'endpoints', addressesIn(slice).join(', ') || 'none')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          `not ${lost[0]}`,
        ),
      ],
      fix: {
        explain:
          'Remove the selector, so that the addresses written by hand are used; then apply the Endpoints object again, or better an EndpointSlice.',
        patch: { object: service, type: 'merge', body: { spec: { selector: null } } },
      },
    });
  },
});

/** Addresses of no Pod, as they stand in the object or, once overwritten, in what was applied last. */
function handWritten(endpoints: Endpoints): readonly string[] {
  const standing = (endpoints.subsets ?? []).flatMap((subset) =>
    (subset.addresses ?? []).filter(({ targetRef }) => !targetRef).map(({ ip }) => ip),
  );
  const applied = [...(endpoints.metadata.annotations?.[lastApplied] ?? '').matchAll(/"ip":\s*"([^"]+)"/g)].flatMap(
    (match) => match.slice(1),
  );
  return [...new Set([...standing, ...applied])];
}
