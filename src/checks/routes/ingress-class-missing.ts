import {
  addressesOf,
  classAskedBy,
  formatClasses,
  ingressesTo,
  isDefaultClass,
  legacyClassAnnotation,
} from '../../k8s/ingress.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/ingress-class-missing',
  title: 'The Ingress asks for an IngressClass that does not exist',
  why: 'The class of an Ingress says which controller serves it. Where no IngressClass has the name, no controller feels responsible: the host is not served at all, and nothing reports an error.',
  impact: 'breaks',
  explains: ['routes/ingress-unclaimed'],
  needs: ['target', 'ingresses', 'ingressClasses'],
  evaluate({ target, ingresses, ingressClasses }) {
    const own = ingressesTo(target, ingresses);
    if (own.length === 0) return notApplicable(`no Ingress of ${target.namespace} names it`);
    const exists = (name: string) => ingressClasses.some(({ metadata }) => metadata.name === name);
    const lost = own.flatMap((ingress) => {
      const asked = classAskedBy(ingress);
      if (!asked || exists(asked.name)) return [];
      // Controllers compare the old annotation with their own setting, and no IngressClass is needed for that.
      const legacy = asked.field !== 'spec.ingressClassName';
      return legacy && (ingressClasses.length === 0 || addressesOf(ingress).length > 0)
        ? []
        : [{ ingress, asked, legacy, served: addressesOf(ingress) }];
    });
    const [first] = lost;
    if (!first) return passed('every class that its Ingresses ask for exists');
    const { ingress, asked, legacy, served } = first;
    const names = ingressClasses.map(({ metadata }) => metadata.name);
    const right =
      nearestName(asked.name, names) ??
      ingressClasses.find(isDefaultClass)?.metadata.name ??
      (names.length === 1 ? names[0] : undefined);
    return problem({
      certainty: served.length > 0 ? 'possible' : legacy ? 'likely' : 'certain',
      ...(served.length > 0 ? { impact: 'risks' as const } : {}),
      summary: `Ingress ${ingress.metadata.name} asks for class ${asked.name}, which does not exist; available: ${names.join(', ') || 'none'}`,
      evidence: allOf([
        ...lost.map((each) => evidence(each.ingress, each.asked.field, each.asked.name)),
        evidence(ingress, 'status.loadBalancer', served.join(', ') || 'no address: no controller has claimed it'),
        ...ingressClasses.map((each) => evidence(each, 'spec.controller', each.spec?.controller ?? 'absent')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'ingressclass', asked.name),
          `Error from server (NotFound): ingressclasses.networking.k8s.io "${asked.name}" not found`,
        ),
        confirm(kubectl('get', 'ingressclass'), formatClasses(ingressClasses)),
      ],
      fix: {
        explain:
          right === undefined
            ? `Install an ingress controller that brings the IngressClass ${asked.name}, or name an existing class in spec.ingressClassName.`
            : `Name an existing class in spec.ingressClassName: ${right}.`,
        ...(right === undefined
          ? {}
          : {
              patch: {
                object: ingress,
                type: 'merge' as const,
                body: {
                  ...(legacy ? { metadata: { annotations: { [legacyClassAnnotation]: null } } } : {}),
                  spec: { ingressClassName: right },
                },
              },
            }),
      },
    });
  },
});
