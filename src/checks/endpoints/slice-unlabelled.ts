import { namedIn } from '../../k8s/named.ts';
import { endpointsIn, isExternalName, managerOfSlice, serviceNameLabel } from '../../k8s/endpoints.ts';
import type { EndpointSlice, Service } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { unlikeness } from '../../k8s/nearest-name.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/slice-unlabelled',
  title: 'The EndpointSlice does not name the Service',
  why: 'A slice belongs to a Service by one thing only: the label kubernetes.io/service-name with the Service’s name, in the Service’s namespace. Its own name counts for nothing.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/no-slice', 'selector/no-selector'],
  needs: ['service', 'slices', 'slicesInNamespace', 'services'],
  uses: ['slicesElsewhere', 'servicesEverywhere'],
  evaluate({ service, slices, slicesInNamespace, services, slicesElsewhere = [], servicesEverywhere = [] }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (hasSelector(service)) return notApplicable('the slice controller writes the slices');
    if (endpointsIn(slices).length > 0) return passed('a slice names the Service');
    const { name, namespace = '' } = service.metadata;
    const named = new Set(services.map(({ metadata }) => metadata.name));
    const strays = slicesInNamespace.filter(
      (slice) => !named.has(slice.metadata.labels?.[serviceNameLabel] ?? '') && endpointsIn([slice]).length > 0,
    );
    const stray = nearest(service, strays);
    const isTaken = (namespaceOf: string | undefined) => namedIn(servicesEverywhere, namespaceOf, name) !== undefined;
    const elsewhere = stray
      ? undefined
      : slicesElsewhere.find(
          (slice) =>
            slice.metadata.labels?.[serviceNameLabel] === name &&
            managerOfSlice(slice) === undefined &&
            !isTaken(slice.metadata.namespace),
        );
    const slice = stray ?? elsewhere;
    if (!slice) return passed('no slice seems to be meant for it');
    const { key, value } = labelOf(slice, name);
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses).join(', ');
    const wrong = elsewhere
      ? `lies in namespace ${slice.metadata.namespace}, the Service in ${namespace}`
      : key === serviceNameLabel
        ? `names Service ${value}, which does not exist`
        : key
          ? `has ${key}=${value} instead of ${serviceNameLabel}=${name}`
          : `lacks ${serviceNameLabel}=${name}`;
    return problem({
      certainty: elsewhere || key ? 'certain' : 'likely',
      summary: `EndpointSlice ${slice.metadata.name} ${wrong}`,
      evidence: allOf([
        evidence(slice, `metadata.labels[${serviceNameLabel}]`, slice.metadata.labels?.[serviceNameLabel] ?? 'absent'),
        ...(key && key !== serviceNameLabel ? [evidence(slice, `metadata.labels[${key}]`, value)] : []),
        evidence(slice, 'metadata.namespace', slice.metadata.namespace ?? ''),
        evidence(slice, 'endpoints[*].addresses', addresses),
        evidence(service, 'metadata.name', `${name} in namespace ${namespace}: no slice names it`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `${serviceNameLabel}=${name}`),
          'No resources found',
        ),
      ],
      fix: elsewhere
        ? {
            explain: `Create the slice ${slice.metadata.name} in namespace ${namespace}, and delete it in ${slice.metadata.namespace}: a slice cannot be moved.`,
          }
        : {
            explain: `Label the slice with ${serviceNameLabel}=${name}.`,
            patch: {
              object: slice,
              type: 'merge',
              body: {
                metadata: {
                  labels: { ...(key && key !== serviceNameLabel ? { [key]: null } : {}), [serviceNameLabel]: name },
                },
              },
            },
          },
    });
  },
});

/** The label that was meant to be the right one: with another value, or under another key. */
function labelOf(slice: EndpointSlice, name: string): { readonly key: string | undefined; readonly value: string } {
  const { labels = {} } = slice.metadata;
  const right = labels[serviceNameLabel];
  if (right !== undefined) return { key: serviceNameLabel, value: right };
  const misspelt = Object.entries(labels).find(([key, value]) => value === name && /service|svc/i.test(key));
  return { key: misspelt?.[0], value: misspelt?.[1] ?? '' };
}

/** The stray slice meant for this Service: by its label's value, by a misspelt key, or by its own name. */
function nearest(service: Service, strays: readonly EndpointSlice[]): EndpointSlice | undefined {
  const { name } = service.metadata;
  return (
    strays.find((slice) => labelOf(slice, name).value === name) ??
    strays.find(
      (slice) => unlikeness(name, labelOf(slice, name).value) !== undefined && labelOf(slice, name).value !== '',
    ) ??
    strays.find((slice) => slice.metadata.name === name || slice.metadata.name.startsWith(`${name}-`)) ??
    strays.find((slice) => unlikeness(name, slice.metadata.name) !== undefined)
  );
}
