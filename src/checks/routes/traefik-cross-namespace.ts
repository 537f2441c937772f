import { traefikAllowsCrossNamespace } from '../../k8s/ingress-controllers.ts';
import { refTo } from '../../k8s/references.ts';
import { formatVendorRoute, vendorBackendsTo } from '../../k8s/vendor-routes.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/traefik-cross-namespace',
  title: 'Traefik takes no Service of another namespace',
  why: 'An IngressRoute may name a Service of another namespace only where Traefik runs with providers.kubernetescrd.allowCrossNamespace=true, which it does not by default. Otherwise it drops the whole router, says so in its log, and answers 404.',
  impact: 'breaks',
  needs: ['target', 'vendorRoutes'],
  uses: ['edgeControllers'],
  evaluate({ target, vendorRoutes, edgeControllers = [] }) {
    const own = vendorBackendsTo(target, vendorRoutes).filter(({ route }) => route.kind.startsWith('IngressRoute'));
    const abroad = own.filter(({ route }) => route.metadata.namespace !== target.namespace);
    const [first] = abroad;
    if (!first) return notApplicable('no IngressRoute of another namespace names it');
    const answers = edgeControllers.flatMap((workload) => {
      const allows = traefikAllowsCrossNamespace(workload);
      return allows === undefined ? [] : [{ workload, ...allows }];
    });
    if (answers.some(({ allowed }) => allowed === true))
      return passed('Traefik runs with allowCrossNamespace: IngressRoutes may name it from other namespaces');
    const [telling] = answers.filter(({ allowed }) => allowed === false);
    const { route, field } = first;
    const home = route.metadata.namespace ?? '';
    const ref = refTo(route);
    return problem({
      certainty: telling ? 'likely' : 'possible',
      impact: !telling ? 'risks' : abroad.length === own.length ? 'breaks' : 'degrades',
      summary: `${formatVendorRoute(route)} names Service ${target.name} of namespace ${target.namespace}, and Traefik does not allow references across namespaces${telling ? '' : ' unless told to'}`,
      evidence: allOf([
        ...abroad.slice(0, 3).map((each) => evidence(each.route, `${each.field}.namespace`, each.namespace)),
        evidence(route, 'metadata.namespace', home),
        ...(telling
          ? [
              evidence(
                telling.workload,
                telling.field,
                `${telling.saw}: providers.kubernetescrd.allowCrossNamespace is not true`,
              ),
            ]
          : []),
      ]),
      confirm: [
        confirm(kubectl('get', ref.kind, ref.name, '-n', home, '-o', 'yaml'), `namespace: ${target.namespace}`),
        ...(telling
          ? [
              confirm(
                kubectl(
                  'logs',
                  '-n',
                  telling.workload.metadata.namespace ?? '',
                  `${refTo(telling.workload).kind}/${telling.workload.metadata.name}`,
                  '--tail=100',
                ),
                `service ${target.namespace}/${target.name} not in the parent resource namespace ${home}`,
              ),
            ]
          : []),
      ],
      fix: {
        explain: `Move the IngressRoute to namespace ${target.namespace} (and drop ${field}.namespace), or start Traefik with --providers.kubernetescrd.allowCrossNamespace=true.`,
      },
    });
  },
});
