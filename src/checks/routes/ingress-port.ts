import { formatServicePorts, meantPort, servicePortFor } from '../../k8s/backend-ports.ts';
import { isExternalName } from '../../k8s/endpoints.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { backendPortOf, classAskedBy, formatIngressPath, pathsTo } from '../../k8s/ingress.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-port',
  title: 'The Ingress asks for a port that the Service does not have',
  why: 'A backend of an Ingress names a port of the Service, by its number or by its own name. The port of the container, its name, and the nodePort mean nothing there; the ingress controller answers 503 or its default page.',
  impact: 'breaks',
  explains: ['routes/controller-complains'],
  needs: ['service', 'ingresses'],
  uses: ['pods'],
  evaluate({ service, ingresses, pods = [] }) {
    const { name, namespace = '' } = service.metadata;
    const paths = pathsTo(service.metadata, ingresses);
    const [some] = paths;
    if (!some) return notApplicable(`no Ingress of ${namespace} names it`);
    // For an ExternalName controllers take a number as it stands: its Service lists no ports.
    const asksForNothing = ({ backend }: typeof some): boolean => {
      const port = backendPortOf(backend);
      if (port === undefined) return true;
      if (isExternalName(service) && typeof port === 'number') return false;
      return servicePortFor(service, port) === undefined;
    };
    const wrong = paths.filter(asksForNothing);
    const [first] = wrong;
    if (!first) return passed(routesOf(paths, name));
    const asked = backendPortOf(first.backend);
    const meant = asked === undefined ? undefined : meantPort(service, asked, podsSelectedBy(service, pods));
    const right = meant?.port ?? (service.spec.ports?.length === 1 ? service.spec.ports[0] : undefined);
    const value = right && (typeof asked === 'string' && right.name ? { name: right.name } : { number: right.port });
    const { ingress } = first;
    return problem({
      certainty: 'certain',
      summary:
        asked === undefined
          ? `Ingress ${ingress.metadata.name} names no port of Service ${name}, which has ${formatServicePorts(service)}`
          : `Ingress ${ingress.metadata.name} sends ${formatIngressPath(first)} to port ${asked} of Service ${name}, which has only ${formatServicePorts(service)}`,
      evidence: allOf([
        ...wrong
          .slice(0, 4)
          .map((path) => evidence(path.ingress, `${path.field}.service.port`, path.backend.service?.port ?? 'absent')),
        ...(service.spec.ports ?? []).map((port, index) =>
          evidence(
            service,
            `spec.ports[${index}]`,
            `name ${port.name ?? 'absent'}, port ${port.port}, targetPort ${port.targetPort ?? port.port}`,
          ),
        ),
        ...(meant?.slip ? [evidence(service, 'spec.ports', `${meant.slip}; an Ingress names the Service's port`)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'ingress', ingress.metadata.name, '-n', namespace),
          `<error: endpoints or port not found> behind ${name}:${asked ?? ''}`,
        ),
        confirm(kubectl('get', 'service', name, '-n', namespace), `PORT(S) ${formatServicePorts(service)}`),
      ],
      fix: {
        explain: value
          ? `Name the Service's own port in the Ingress: ${Object.entries(value)
              .map(([key, text]) => `${key} ${text}`)
              .join('')}.`
          : `Name one of the Service's ports in the Ingress: ${formatServicePorts(service)}.`,
        ...(value
          ? {
              patch: {
                object: ingress,
                type: 'json' as const,
                body: wrong
                  .filter((path) => path.ingress === ingress && backendPortOf(path.backend) === asked)
                  .map((path) => ({ op: 'add', path: `${pointerTo(path.field)}/service/port`, value })),
              },
            }
          : {}),
      },
    });
  },
});

const routesOf = (paths: ReturnType<typeof pathsTo>, service: string): string =>
  [
    ...new Set(
      paths.map(({ ingress, backend }) => {
        const asked = classAskedBy(ingress);
        return `ingress/${ingress.metadata.name} → ${service}:${backendPortOf(backend) ?? ''}${asked ? ` on class ${asked.name}` : ''}`;
      }),
    ),
  ].join(', ');
