import { pointerTo } from '../../k8s/field-paths.ts';
import { formatIngressPath, pathsOf, pathsTo } from '../../k8s/ingress.ts';
import { nearestName, unlikeness } from '../../k8s/nearest-name.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-backend-missing',
  title: 'The Ingress names a Service that does not exist',
  why: 'The backend of an Ingress is a Service of the same namespace, by its exact name. The API server does not check that it exists; the ingress controller answers 503 or its default page.',
  impact: 'breaks',
  explains: ['name/no-such-service', 'routes/controller-complains', 'routes/ingress-unclaimed'],
  needs: ['target', 'ingresses', 'services'],
  evaluate({ target, ingresses, services }) {
    const names = services.map(({ metadata }) => metadata.name);
    const orphans = ingresses
      .flatMap(pathsOf)
      .filter(({ backend }) => backend.service && !names.includes(backend.service.name));
    if (pathsTo(target, ingresses).length === 0 && orphans.length === 0)
      return notApplicable(`no Ingress of ${target.namespace} names it`);
    const exists = names.includes(target.name);
    const routed = pathsTo(target, ingresses).length > 0;
    const wanted = (name: string): 'certain' | 'likely' | undefined => {
      if (!exists) return name === target.name ? 'certain' : undefined;
      // `web.shop` and `shop/web` are no names of Services: some other notation was carried over.
      const bare = name.split('/').at(-1)?.split('.')[0] ?? name;
      if (bare === target.name) return 'certain';
      if (unlikeness(name, target.name) !== undefined && nearestName(name, names) === target.name)
        return routed ? undefined : 'certain';
      return !routed && names.length === 1 ? 'likely' : undefined;
    };
    const near = orphans.flatMap((path) => {
      const certainty = wanted(path.backend.service?.name ?? '');
      return certainty ? [{ path, certainty }] : [];
    });
    const [first] = near;
    if (!first) return passed('no Ingress names a Service that is missing and near to this name');
    const { ingress } = first.path;
    const asked = first.path.backend.service?.name ?? '';
    const right = exists ? target.name : nearestName(asked, names);
    return problem({
      certainty: first.certainty,
      summary: `Ingress ${ingress.metadata.name} sends ${formatIngressPath(first.path)} to Service ${asked}, which does not exist${right ? `; ${right} does` : ''}`,
      evidence: allOf([
        ...near
          .slice(0, 4)
          .map(({ path }) =>
            evidence(path.ingress, `${path.field}.service.name`, path.backend.service?.name ?? 'absent'),
          ),
        ...services
          .filter(({ metadata }) => metadata.name === right)
          .map((service) => evidence(service, 'metadata.name', service.metadata.name)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', asked, '-n', target.namespace),
          `Error from server (NotFound): services "${asked}" not found`,
        ),
        confirm(
          kubectl('describe', 'ingress', ingress.metadata.name, '-n', target.namespace),
          `<error: services "${asked}" not found>`,
        ),
      ],
      fix: right
        ? {
            explain: `Name the Service that exists in the backend of the Ingress: ${right}.`,
            patch: {
              object: ingress,
              type: 'json',
              body: near
                .filter(({ path }) => path.ingress === ingress && path.backend.service?.name === asked)
                .map(({ path }) => ({ op: 'replace', path: `${pointerTo(path.field)}/service/name`, value: right })),
            },
          }
        : {
            explain: `Create the Service ${asked} in ${target.namespace}, or name an existing one in the backend of the Ingress.`,
            commands: [kubectl('get', 'services', '-n', target.namespace)],
          },
    });
  },
});
