import { namedIn } from '../../k8s/named.ts';
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
  title: 'The Endpoints object has another name or namespace than the Service',
  why: 'An Endpoints object belongs to the Service of the same name in the same namespace; no label or reference can make up for it. The mirroring controller copies it into a slice only then.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/no-slice', 'selector/no-selector'],
  needs: ['service', 'slices', 'services', 'endpointsInNamespace'],
  uses: ['endpointsElsewhere', 'servicesEverywhere'],
  evaluate({ service, slices, services, endpointsInNamespace, endpointsElsewhere = [], servicesEverywhere = [] }) {
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
    const isOrphan = ({ metadata }: Endpoints) => !namedIn(servicesEverywhere, metadata.namespace, name);
    const elsewhere = endpointsElsewhere.find(
      (each) => each.metadata.name === name && addressesOf(each).length > 0 && isOrphan(each),
    );
    const stray = strays.find(({ metadata }) => metadata.name === near) ?? elsewhere;
    if (!stray) return passed('no Endpoints object seems to be meant for it');
    const home = stray.metadata.namespace ?? '';
    const moved = home !== namespace;
    const addresses = addressesOf(stray).join(', ');
    return problem({
      certainty: 'certain',
      summary: moved
        ? `Endpoints ${name} (${addresses}) lies in namespace ${home}, the Service in ${namespace}`
        : `Endpoints ${stray.metadata.name} (${addresses}) belongs to no Service: it must be called ${name}, like the Service`,
      evidence: allOf([
        evidence(stray, 'metadata.name', `${stray.metadata.name} in namespace ${home}`),
        evidence(service, 'metadata.name', `${name} in namespace ${namespace}`),
        evidence(stray, 'subsets[*].addresses', addresses),
      ]),
      confirm: [
        moved
          ? confirm(kubectl('get', 'endpoints', '-A'), `${name} in namespace ${home} only`)
          : confirm(
              kubectl('get', 'endpoints', name, stray.metadata.name, '-n', namespace),
              `${name} is not found, ${stray.metadata.name} has ${addresses}`,
            ),
      ],
      fix: {
        explain: `Create the Endpoints object again under the name ${name} in namespace ${namespace} and delete ${moved ? `the one in ${home}` : stray.metadata.name}; an EndpointSlice labelled kubernetes.io/service-name=${name} is the newer way.`,
      },
    });
  },
});
