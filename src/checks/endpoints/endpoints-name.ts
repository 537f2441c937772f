import { endpointsIn, isExternalName } from '../../k8s/endpoints.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import type { Endpoints } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const addressesOf = (endpoints: Endpoints): readonly string[] =>
  (endpoints.subsets ?? []).flatMap((subset) =>
    [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])].map(({ ip }) => ip),
  );

export default defineCheck({
  id: 'endpoints/endpoints-name',
  title: 'The Endpoints object has another name than the Service',
  why: 'An Endpoints object belongs to the Service of the same name in the same namespace; no label or reference can make up for it. The mirroring controller copies it into a slice only then.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/no-slice', 'selector/no-selector'],
  needs: ['service', 'slices', 'services', 'endpointsInNamespace'],
  evaluate({ service, slices, services, endpointsInNamespace }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (hasSelector(service)) return notApplicable('the controller writes the endpoints');
    if (endpointsIn(slices).length > 0) return passed('it has endpoints');
    const { name, namespace = '' } = service.metadata;
    if (endpointsInNamespace.some(({ metadata }) => metadata.name === name))
      return passed('an Endpoints object has its name');
    const named = new Set(services.map(({ metadata }) => metadata.name));
    const strays = endpointsInNamespace.filter(
      (each) => !named.has(each.metadata.name) && addressesOf(each).length > 0,
    );
    const near = nearestName(
      name,
      strays.map(({ metadata }) => metadata.name),
    );
    const stray = strays.find(({ metadata }) => metadata.name === near);
    if (!stray) return passed('no Endpoints object seems to be meant for it');
    const addresses = addressesOf(stray).join(', ');
    return problem({
      certainty: 'certain',
      summary: `Endpoints ${stray.metadata.name} (${addresses}) belongs to no Service: it must be called ${name}, like the Service`,
      evidence: allOf([
        evidence(stray, 'metadata.name', stray.metadata.name),
        evidence(service, 'metadata.name', name),
        evidence(stray, 'subsets[*].addresses', addresses),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpoints', name, stray.metadata.name, '-n', namespace),
          `${name} is not found, ${stray.metadata.name} has ${addresses}`,
        ),
      ],
      fix: {
        explain: `Create the Endpoints object again under the name ${name} and delete ${stray.metadata.name}; an EndpointSlice labelled kubernetes.io/service-name=${name} is the newer way.`,
      },
    });
  },
});
