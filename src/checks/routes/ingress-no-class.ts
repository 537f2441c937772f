import {
  addressesOf,
  classAskedBy,
  defaultClassAnnotation,
  formatClasses,
  ingressesTo,
  isDefaultClass,
} from '../../k8s/ingress.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-no-class',
  title: 'The Ingress has no class, and there is no default one',
  why: 'An Ingress without spec.ingressClassName gets the default IngressClass when it is created, and none where no class is marked so. Most controllers then ignore it: the host is not served.',
  impact: 'breaks',
  explains: ['routes/ingress-unclaimed'],
  needs: ['target', 'ingresses', 'ingressClasses'],
  evaluate({ target, ingresses, ingressClasses }) {
    const own = ingressesTo(target, ingresses);
    if (own.length === 0) return notApplicable(`no Ingress of ${target.namespace} names it`);
    const classless = own.filter((ingress) => !classAskedBy(ingress));
    const [ingress] = classless.filter((each) => addressesOf(each).length === 0);
    if (!ingress)
      return passed(
        classless.length === 0
          ? 'every Ingress names its class'
          : 'a controller has claimed the Ingress without a class',
      );
    const standard = ingressClasses.find(isDefaultClass);
    const [only] = ingressClasses.length === 1 ? ingressClasses : [];
    const right = standard ?? only ?? ingressClasses.find(({ metadata }) => metadata.name === 'nginx');
    const { name, namespace = '' } = ingress.metadata;
    return problem({
      // The default is filled in at creation only: an older Ingress stays without, unless the file never met the API server.
      certainty: standard ? 'possible' : 'likely',
      ...(standard ? { impact: 'risks' as const } : {}),
      summary: standard
        ? `Ingress ${name} has no ingressClassName: the default class ${standard.metadata.name} is given only to Ingresses created after it`
        : `Ingress ${name} has no ingressClassName and no IngressClass is the default, so no controller serves it; available: ${ingressClasses.map(({ metadata }) => metadata.name).join(', ') || 'none'}`,
      evidence: allOf([
        evidence(ingress, 'spec.ingressClassName', 'absent'),
        evidence(ingress, 'status.loadBalancer', 'no address: no controller has claimed it'),
        ...ingressClasses.map((each) =>
          evidence(
            each,
            `metadata.annotations["${defaultClassAnnotation}"]`,
            each.metadata.annotations?.[defaultClassAnnotation] ?? 'absent',
          ),
        ),
      ]),
      confirm: [
        confirm(kubectl('get', 'ingress', name, '-n', namespace), 'CLASS <none>, and no ADDRESS'),
        confirm(kubectl('get', 'ingressclass'), formatClasses(ingressClasses)),
      ],
      fix: right
        ? {
            explain: `Name the class in the Ingress: spec.ingressClassName ${right.metadata.name}.`,
            patch: { object: ingress, type: 'merge', body: { spec: { ingressClassName: right.metadata.name } } },
          }
        : {
            explain:
              ingressClasses.length === 0
                ? 'Install an ingress controller: the cluster has no IngressClass. Then name its class in spec.ingressClassName.'
                : `Name one of the classes in spec.ingressClassName: ${formatClasses(ingressClasses)}.`,
            commands: [kubectl('get', 'ingressclass')],
          },
    });
  },
});
