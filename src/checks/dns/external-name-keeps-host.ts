import { isExternalName } from '../../k8s/endpoints.ts';
import { aliasOf } from '../../k8s/external-name.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/external-name-keeps-host',
  title: 'Behind an ExternalName the client still calls the host by the Service’s name',
  why: 'The alias exists in DNS alone. The client sends the Service’s name as Host header and as TLS server name (SNI), and checks the certificate against it; the server outside knows only its own name.',
  impact: 'risks',
  needs: ['service'],
  uses: ['servicesEverywhere', 'client', 'clientConfigMaps'],
  evaluate({ service, servicesEverywhere = [], client, clientConfigMaps }) {
    if (!isExternalName(service)) return notApplicable('the Service is no ExternalName');
    const alias = aliasOf(service, servicesEverywhere, 'cluster.local');
    if (alias.kind !== 'outside') return notApplicable('the alias stays inside the cluster');
    const used = client ? namesUsed(client, clientConfigMaps, service) : [];
    const call = used.find(({ reference }) => /^(https?|wss?|grpcs?)$/.test(reference.scheme ?? ''));
    const web = (service.spec.ports ?? []).find(
      ({ port, name = '' }) => port === 443 || port === 80 || /^https?/.test(name),
    );
    if (!call && !web) return passed(`${alias.host} is not called over HTTP, as far as is to be seen`);
    const tls = call
      ? (call.reference.scheme ?? '').endsWith('s')
      : web?.port === 443 || (web?.name ?? '').startsWith('https');
    const { name, namespace = '' } = service.metadata;
    const said = call ? `${call.reference.scheme}://${call.host}` : `${name} on port ${web?.port}`;
    return problem({
      certainty: call && tls ? 'likely' : 'possible',
      ...(call && tls ? { impact: 'breaks' } : {}),
      summary: tls
        ? `${said} asks ${alias.host} for a certificate of ${call?.host ?? name}: TLS verification (SNI) fails unless the client is told the real name`
        : `${said} sends Host: ${call?.host ?? name} to ${alias.host}, which may serve nothing under that name`,
      evidence: allOf([
        evidence(service, 'spec.externalName', alias.host),
        ...(call ? [evidence(call.reference.setting.object, call.reference.setting.path, said)] : []),
        ...(web ? [evidence(service, 'spec.ports', `${web.name ?? ''} ${web.port}`.trim())] : []),
      ]),
      confirm: [
        confirm(kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.externalName}'), alias.host),
      ],
      fix: {
        explain: `Let the client call ${alias.host} itself, or set the Host header and the TLS server name to it (curl: --connect-to; Envoy, Istio: host rewrite and SNI).`,
      },
    });
  },
});
