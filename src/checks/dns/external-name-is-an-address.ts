import { isExternalName } from '../../k8s/endpoints.ts';
import { servicesAt } from '../../k8s/services.ts';
import { aliasOf } from '../../k8s/external-name.ts';
import { defaultClusterDomain } from '../../k8s/names.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/external-name-is-an-address',
  title: 'externalName holds an IP address',
  why: 'An ExternalName Service is a CNAME record, and a CNAME points at a name. The API server lets digits and dots pass, but the DNS server publishes nothing for them: the lookup ends in NXDOMAIN.',
  impact: 'breaks',
  explains: ['dns/external-name-ports', 'dns/external-name-keeps-host', 'dns/lookups-fail'],
  needs: ['service'],
  uses: ['servicesEverywhere'],
  evaluate({ service, servicesEverywhere = [] }) {
    if (!isExternalName(service)) return notApplicable('the Service is no ExternalName');
    const alias = aliasOf(service, servicesEverywhere, defaultClusterDomain);
    if (alias.kind !== 'address') return passed(`externalName ${service.spec.externalName} is a name`);
    const { name, namespace = '' } = service.metadata;
    const { address } = alias;
    const holder = servicesAt(servicesEverywhere, address)[0];
    const port = service.spec.ports?.[0]?.port;
    const meant = holder
      ? `${holder.metadata.name}.${holder.metadata.namespace}.svc.${defaultClusterDomain}`
      : undefined;
    return problem({
      certainty: 'certain',
      summary: `externalName of ${name} is ${address}, an IP address: a CNAME needs a name, so the lookup of ${name}.${namespace} ends in NXDOMAIN`,
      evidence: allOf([
        evidence(service, 'spec.externalName', address),
        ...(holder ? [evidence(holder, 'spec.clusterIP', `${address}: the address of this Service`)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.type} {.spec.externalName}'),
          `ExternalName ${address}`,
        ),
      ],
      fix: meant
        ? {
            explain: `Put the name of that Service there: ${meant}.`,
            patch: { object: service, type: 'merge', body: { spec: { externalName: meant } } },
          }
        : {
            explain: `Make it a Service without a selector${port ? `, with port ${port}` : ''}, and write ${address} into an EndpointSlice labelled kubernetes.io/service-name: ${name}.`,
            patch: { object: service, type: 'merge', body: { spec: { type: 'ClusterIP', externalName: null } } },
          },
    });
  },
});
