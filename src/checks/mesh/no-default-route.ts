import { formatServicePorts } from '../../k8s/backend-ports.ts';
import { demandsOf, membershipOf, rulesTakingOver } from '../../k8s/istio.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/no-default-route',
  title: 'The VirtualService has no route for a plain request',
  why: 'The routes of a VirtualService take the place of the one that Istio makes for each Service. Where every route asks for a certain header, query or caller, or for a port that the Service does not have, the sidecar answers 404 to all other requests, and none of them leaves the client’s Pod.',
  impact: 'breaks',
  needs: ['service', 'virtualServices'],
  uses: ['client', 'namespaces'],
  evaluate({ service, virtualServices, client, namespaces }) {
    if (client && client.pods.every((pod) => membershipOf(pod, namespaces) !== 'sidecar'))
      return notApplicable('the client has no sidecar that would obey a VirtualService');
    const own = rulesTakingOver(service.metadata, virtualServices);
    const [rule] = own;
    if (!rule) return notApplicable('no VirtualService stands for it inside the mesh');
    const ports = (service.spec.ports ?? []).map(({ port }) => port);
    const demanding = own.map((each) => demandsOf(each, client?.labels, ports));
    const [demands] = demanding;
    if (!demands || demanding.includes(undefined))
      return passed(`VirtualService ${rule.metadata.name} has a route for plain requests`);
    const { namespace = '', name } = rule.metadata;
    return problem({
      certainty: 'likely',
      summary: `VirtualService ${namespace}/${name} takes requests to ${service.metadata.name} only with ${demands.map(({ saw }) => saw).join(' or ')}: all others are answered with 404, as no route is the default`,
      evidence: allOf([
        ...demands.slice(0, 4).map(({ field, saw }) => evidence(rule, field, saw)),
        ...(demands.some(({ saw }) => saw.includes('port '))
          ? [evidence(service, 'spec.ports', formatServicePorts(service))]
          : []),
        evidence(rule, 'spec.hosts', rule.spec?.['hosts']),
      ]),
      confirm: [
        confirm(kubectl('get', 'virtualservice', name, '-n', namespace, '-o', 'yaml'), 'a match in every route'),
      ],
      fix: {
        explain: `Add a last route without a match to VirtualService ${name}, to ${service.metadata.name} as it was before.`,
        patch: {
          object: rule,
          type: 'json',
          body: [
            {
              op: 'add',
              path: '/spec/http/-',
              value: {
                route: [
                  { destination: { host: `${service.metadata.name}.${service.metadata.namespace}.svc.cluster.local` } },
                ],
              },
            },
          ],
        },
      },
    });
  },
});
