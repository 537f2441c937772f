import { refTo } from '../../k8s/references.ts';
import { formatVendorRoute, refusalInStatus, vendorBackendsTo } from '../../k8s/vendor-routes.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/vendor-route-refused',
  title: 'The router does not admit the route',
  why: 'The router of OpenShift and Contour write into the status of a route whether they serve it. A host belongs to the oldest route that claims it; one that is refused is as good as absent, and the host answers for somebody else or not at all.',
  impact: 'breaks',
  needs: ['target', 'vendorRoutes'],
  evaluate({ target, vendorRoutes }) {
    const own = [...new Set(vendorBackendsTo(target, vendorRoutes).map(({ route }) => route))];
    if (own.length === 0) return notApplicable('no Route, IngressRoute or HTTPProxy names it');
    const refused = own.flatMap((route) => {
      const refusal = refusalInStatus(route);
      return refusal ? [{ route, ...refusal }] : [];
    });
    const [first] = refused;
    if (!first) return passed(`no router refuses ${own.map(formatVendorRoute).join(', ')}`);
    const { route, reason, message } = first;
    const host = hostOf(route);
    const claimant =
      reason === 'HostAlreadyClaimed'
        ? vendorRoutes.find((other) => other !== route && hostOf(other) === host && !refusalInStatus(other))
        : undefined;
    const ref = refTo(route);
    const said = message.replaceAll(/\s+/g, ' ').trim().slice(0, 120);
    return problem({
      certainty: 'certain',
      ...(refused.length < own.length ? { impact: 'degrades' as const } : {}),
      summary: `${formatVendorRoute(route)} is not admitted: ${reason}${said ? `, ${said}` : ''}`,
      evidence: allOf([
        ...refused.map((each) => evidence(each.route, each.field, `${each.reason}: ${each.message}`)),
        ...(host ? [evidence(route, 'spec.host', host)] : []),
        ...(claimant ? [evidence(claimant, 'spec.host', `${host}: claimed first`)] : []),
      ]),
      confirm: [confirm(kubectl('describe', ref.kind, ref.name, '-n', ref.namespace ?? ''), `not admitted, ${reason}`)],
      fix: {
        explain:
          reason === 'HostAlreadyClaimed'
            ? `Give ${formatVendorRoute(route)} another host than ${host}, or delete the older route that claims it${claimant ? ` (${formatVendorRoute(claimant)})` : ''}.`
            : `Change what the router names (${reason}) in ${formatVendorRoute(route)}; it looks again by itself.`,
        commands: [kubectl('get', ref.kind, '--all-namespaces')],
      },
    });
  },
});

const hostOf = ({ spec }: { readonly spec?: Readonly<Record<string, unknown>> }): string | undefined =>
  typeof spec?.['host'] === 'string' ? spec['host'] : undefined;
