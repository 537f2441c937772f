import { isExternalName } from '../../k8s/endpoints.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import type { Service } from '../../k8s/objects.ts';
import { editsOf, formatAddress, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { controllerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/knative-host',
  title: 'The Knative gateway does not know the name that the client calls',
  why: 'A Knative Service is an alias of a shared gateway, which looks at the Host header only. It knows the names service.namespace, service.namespace.svc and the full one; the bare name gets 404. The private Service of a revision passes the activator by and has no Pods while it is scaled to zero.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const { name, namespace = '' } = service.metadata;
    const role = roleOf(service);
    if (!role) return notApplicable('it is no Service of Knative');
    const arriving = clientCalls.filter((call) => arrivesAt(call, service)).map(({ reference }) => reference);
    const route = service.metadata.labels?.['serving.knative.dev/service'] ?? name.replace(/-\d{5}(-private)?$/, '');
    const wrong = arriving.filter(
      ({ host, port }) =>
        role === 'private' || !host.includes('.') || (port !== undefined && port !== 80 && port !== 443),
    );
    const [first] = wrong;
    if (!first) return passed(`the gateway knows ${name}.${namespace}`);
    const right = `${route}.${namespace}.svc.cluster.local`;
    return problem({
      certainty: role === 'route' ? 'certain' : 'likely',
      ...(role === 'private' ? { impact: 'degrades' as const } : {}),
      summary:
        role === 'route'
          ? `${nameOfSetting(first.setting)} calls ${formatAddress(first)}: Knative’s gateway listens on port 80 and knows the host as ${route}.${namespace} or ${right} only`
          : `${nameOfSetting(first.setting)} calls ${formatAddress(first)}, a revision’s private Service: it passes the activator by and is empty while scaled to zero`,
      evidence: allOf([
        ...wrong.map(({ setting, host }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        service.spec.externalName
          ? evidence(service, 'spec.externalName', service.spec.externalName)
          : evidence(service, 'metadata.labels', service.metadata.labels ?? {}),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'services.serving.knative.dev', route, '-n', namespace),
          `URL with the host ${right} or a public one`,
        ),
      ],
      fix: {
        explain: `Call http://${right} on port 80, with that name as Host.`,
        ...editsOf(
          wrong,
          ({ port }) => ({ host: right, ...(port === undefined || port === 80 ? {} : { port: 80 }) }),
          client.object,
        ),
      },
    });
  },
});

/** Knative makes an ExternalName Service for each route, and a public and a private one for each revision. */
function roleOf(service: Service): 'route' | 'private' | undefined {
  const labels = service.metadata.labels ?? {};
  if (labels['networking.internal.knative.dev/serviceType'] === 'Private') return 'private';
  const owner = controllerOf(service);
  const knative =
    (owner?.apiVersion ?? '').startsWith('serving.knative.dev/') || labels['serving.knative.dev/route'] !== undefined;
  return knative && isExternalName(service) ? 'route' : undefined;
}
