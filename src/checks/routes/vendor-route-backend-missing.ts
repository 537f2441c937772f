import { namedIn } from '../../k8s/named.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { nearestName, unlikeness } from '../../k8s/nearest-name.ts';
import { refTo, refArgs } from '../../k8s/references.ts';
import { formatVendorRoute, vendorBackendsOf, vendorBackendsTo } from '../../k8s/vendor-routes.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/vendor-route-backend-missing',
  title: 'A Route or IngressRoute names a Service that does not exist',
  why: 'A Route of OpenShift, an IngressRoute of Traefik and an HTTPProxy of Contour name their Service by its name, in their own namespace unless they say otherwise. Where there is none of that name, the router has no server to ask and answers 503 or 404.',
  impact: 'breaks',
  explains: ['name/no-such-service'],
  needs: ['target', 'vendorRoutes', 'servicesEverywhere'],
  evaluate({ target, vendorRoutes, servicesEverywhere }) {
    const here = (name: string, namespace: string) => namedIn(servicesEverywhere, namespace, name) !== undefined;
    const exists = here(target.name, target.namespace);
    const routed = vendorBackendsTo(target, vendorRoutes);
    const orphans = vendorRoutes.flatMap(vendorBackendsOf).filter(({ name, namespace }) => !here(name, namespace));
    if (routed.length === 0 && orphans.length === 0)
      return notApplicable('no Route, IngressRoute or HTTPProxy names it');
    const neighbours = () =>
      servicesEverywhere
        .filter(({ metadata }) => metadata.namespace === target.namespace)
        .map(({ metadata }) => metadata.name);
    const near = orphans.filter(({ name, namespace }) => {
      if (namespace !== target.namespace) return false;
      if (!exists) return name === target.name;
      return (
        routed.length === 0 &&
        unlikeness(name, target.name) !== undefined &&
        nearestName(name, neighbours()) === target.name
      );
    });
    const [first] = near;
    if (!first) return passed('no route names a Service that is missing and near to this name');
    const { route, name, namespace, field } = first;
    const right = exists ? target.name : nearestName(name, neighbours());
    const ref = refTo(route);
    return problem({
      certainty: 'certain',
      summary: `${formatVendorRoute(route)} sends to Service ${name}, which does not exist in ${namespace}${right ? `; ${right} does` : ''}`,
      evidence: allOf([
        ...near.slice(0, 4).map((each) => evidence(each.route, `${each.field}.name`, each.name)),
        ...servicesEverywhere
          .filter(({ metadata }) => metadata.name === right && metadata.namespace === namespace)
          .map((service) => evidence(service, 'metadata.name', right)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace),
          `Error from server (NotFound): services "${name}" not found`,
        ),
        confirm(kubectl('get', ...refArgs(ref), '-o', 'yaml'), `name: ${name}`),
      ],
      fix: right
        ? {
            explain: `Name the Service that exists in ${formatVendorRoute(route)}: ${right}.`,
            patch: {
              object: route,
              type: 'json',
              body: [{ op: 'replace', path: `${pointerTo(field)}/name`, value: right }],
            },
          }
        : {
            explain: `Create the Service ${name} in ${namespace}, or name an existing one in ${formatVendorRoute(route)}.`,
            commands: [kubectl('get', 'services', '-n', namespace)],
          },
    });
  },
});
