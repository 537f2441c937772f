import type { Ingress, IngressBackend, IngressClass, IntOrString } from './objects.ts';
import { oncePer } from './once-per.ts';

export const legacyClassAnnotation = 'kubernetes.io/ingress.class';
export const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';

/** Where ingress-nginx asks for leave before it hands a request to the backend. */
export const authUrlAnnotation = 'nginx.ingress.kubernetes.io/auth-url';

/** One place where an Ingress names a backend. */
export interface IngressPath {
  readonly ingress: Ingress;
  readonly backend: IngressBackend;
  /** `spec.rules[0].http.paths[1].backend`. */
  readonly field: string;
  readonly host: string | undefined;
  readonly path: string | undefined;
  readonly pathType: string | undefined;
}

/** Every backend an Ingress names: its default one first. */
export const pathsOf = (ingress: Ingress): readonly IngressPath[] => [
  ...(ingress.spec.defaultBackend
    ? [
        {
          ingress,
          backend: ingress.spec.defaultBackend,
          field: 'spec.defaultBackend',
          host: undefined,
          path: undefined,
          pathType: undefined,
        },
      ]
    : []),
  ...(ingress.spec.rules ?? []).flatMap((rule, ruleIndex) =>
    (rule.http?.paths ?? []).map(({ backend, path, pathType }, pathIndex) => ({
      ingress,
      backend,
      field: `spec.rules[${ruleIndex}].http.paths[${pathIndex}].backend`,
      host: rule.host,
      path,
      pathType,
    })),
  ),
];

/** The places that name a Service of the Ingress's own namespace; an Ingress cannot name any other. */
export const pathsTo = (
  { name, namespace }: { readonly name: string; readonly namespace?: string },
  ingresses: readonly Ingress[],
): readonly IngressPath[] => pathsByService(ingresses).get(`${namespace} ${name}`) ?? [];

/** Every place in some Ingresses that names a backend. */
export const allPathsOf: (ingresses: readonly Ingress[]) => readonly IngressPath[] = oncePer(
  (ingresses: readonly Ingress[]) => ingresses.flatMap(pathsOf),
);

const pathsByService = oncePer((ingresses: readonly Ingress[]) =>
  Map.groupBy(
    allPathsOf(ingresses),
    ({ ingress, backend }) => `${ingress.metadata.namespace} ${backend.service?.name}`,
  ),
);

/** The Ingresses among `ingresses` that name the Service. */
export const ingressesTo = (
  service: { readonly name: string; readonly namespace?: string },
  ingresses: readonly Ingress[],
): readonly Ingress[] => [...new Set(pathsTo(service, ingresses).map(({ ingress }) => ingress))];

/** What a backend asks for; undefined where it says nothing. */
export const backendPortOf = (backend: IngressBackend): IntOrString | undefined =>
  backend.service?.port?.number ?? backend.service?.port?.name;

/** `shop.example.com/cart`; the default backend answers whatever no rule does. */
export const formatIngressPath = ({ host, path, field }: IngressPath): string =>
  field === 'spec.defaultBackend' ? 'the default backend' : `${host ?? '*'}${path ?? '/'}`;

/** The class an Ingress asks for, and where it says so: the field wins over the annotation that came before it. */
export function classAskedBy(ingress: Ingress): { readonly name: string; readonly field: string } | undefined {
  const { ingressClassName } = ingress.spec;
  if (ingressClassName) return { name: ingressClassName, field: 'spec.ingressClassName' };
  const legacy = ingress.metadata.annotations?.[legacyClassAnnotation];
  return legacy ? { name: legacy, field: `metadata.annotations["${legacyClassAnnotation}"]` } : undefined;
}

export const isDefaultClass = (ingressClass: IngressClass): boolean =>
  ingressClass.metadata.annotations?.[defaultClassAnnotation] === 'true';

/** The addresses a controller wrote: only the one that serves an Ingress does so. */
export const addressesOf = (ingress: Ingress): readonly string[] =>
  (ingress.status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);

/** `nginx (k8s.io/ingress-nginx), traefik`. */
export const formatClasses = (classes: readonly IngressClass[]): string =>
  classes
    .map(({ metadata, spec }) => (spec?.controller ? `${metadata.name} (${spec.controller})` : metadata.name))
    .join(', ') || 'none';
