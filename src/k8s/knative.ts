import { isExternalName } from './endpoints.ts';
import type { Service } from './objects.ts';
import { controllerOf } from './workloads.ts';

/** Knative makes an ExternalName Service for each route, and a public and a private Service for each revision. */
export function knativeRoleOf(service: Service): 'route' | 'private' | undefined {
  const labels = service.metadata.labels ?? {};
  if (labels['networking.internal.knative.dev/serviceType'] === 'Private') return 'private';
  const owned = (controllerOf(service)?.apiVersion ?? '').startsWith('serving.knative.dev/');
  const labelled = ['serving.knative.dev/route', 'serving.knative.dev/service'].some(
    (key) => labels[key] !== undefined,
  );
  return (owned || labelled) && isExternalName(service) ? 'route' : undefined;
}

/** The name under which Knative serves what is behind one of its Services: of the route, not of the revision. */
export const knativeNameOf = ({ metadata }: Service): string =>
  metadata.labels?.['serving.knative.dev/service'] ?? metadata.name.replace(/-\d{5}(-private)?$/, '');

/** The gateways of Knative's network layers: Kourier, Istio, Contour. */
export const isKnativeGateway = ({ metadata }: Service): boolean =>
  /^(kourier(-internal)?\.kourier-system|(knative-local-gateway|cluster-local-gateway|istio-ingressgateway)\.istio-system|envoy\.contour-(in|ex)ternal)$/.test(
    `${metadata.name}.${metadata.namespace}`,
  );
