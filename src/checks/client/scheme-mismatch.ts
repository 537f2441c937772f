import { portOf, type Reference } from '../../k8s/client-references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import type { Service, ServicePort } from '../../k8s/objects.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { editOf, nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/scheme-mismatch',
  title: 'The client and the Service port disagree about TLS',
  why: 'A Service forwards bytes as they come and adds no TLS. https to a port that serves plain http fails in the handshake, and http to a TLS port gets an error or a reset.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const { name, namespace = '' } = service.metadata;
    const mixed = clientCalls.flatMap((call) => {
      const found = arrivesAt(call, service) ? mismatchOf(call.reference, service) : undefined;
      return found ? [{ reference: call.reference, ...found }] : [];
    });
    const [first] = mixed;
    if (!first) return passed('nothing in the port’s name contradicts the scheme that the client uses');
    const { reference, port, sure } = first;
    const other = reference.scheme === 'https' ? 'http' : 'https';
    const shown = `${formatServicePort(port)}${port.appProtocol ? ` (appProtocol ${port.appProtocol})` : ''}`;
    return problem({
      certainty: sure ? 'likely' : 'possible',
      ...(sure ? {} : { impact: 'risks' as const }),
      summary:
        other === 'https'
          ? `${sayingsOf(reference)}: the client speaks plain HTTP, and port ${shown} of ${name} expects TLS (https)`
          : `${sayingsOf(reference)}: the client speaks TLS, and port ${shown} of ${name} serves plain http`,
      evidence: allOf([
        ...mixed.map(({ reference: each }) => {
          const { path, saw } = shownSetting(each.setting, each.host);
          return evidence(each.setting.object, path, saw);
        }),
        evidence(service, 'spec.ports', shown),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'wide'),
          `port ${port.port}, called ${port.name ?? 'nothing'}`,
        ),
      ],
      fix: {
        explain: `Use ${other}:// in ${nameOfSetting(reference.setting)} of ${client.name.name}, or the port of ${name} that serves ${reference.scheme}.`,
        ...(sure ? editOf(reference.setting, withScheme(reference, other), client.object) : {}),
      },
    });
  },
});

/** The setting with the other scheme before this host. */
const withScheme = ({ setting, scheme, host }: Reference, other: string): string => {
  const text = setting.written.includes(`${scheme}://`) ? setting.written : setting.value;
  const at = text.indexOf(host, text.indexOf(`${scheme}://`));
  const start = text.lastIndexOf(`${scheme}://`, at);
  return start < 0 ? text : `${text.slice(0, start)}${other}${text.slice(start + (scheme ?? '').length)}`;
};

/** Sure where appProtocol says so, or number and name of the port say the same, and contradict the scheme. */
function mismatchOf(
  reference: Reference,
  { spec }: Service,
): { readonly port: ServicePort; readonly sure: boolean } | undefined {
  const port = (spec.ports ?? []).find((own) => own.port === portOf(reference));
  if (!port || (reference.scheme !== 'http' && reference.scheme !== 'https')) return undefined;
  const declared = /^(https?|tls)$/i.exec(port.appProtocol ?? '')?.[1]?.toLowerCase();
  const name = (port.name ?? '').toLowerCase();
  const named = /https|tls|ssl/.test(name) ? 'https' : /\bhttp/.test(name) ? 'http' : undefined;
  const numbered = String(port.port).endsWith('443') ? 'https' : port.port === 80 ? 'http' : undefined;
  if (!declared && named && numbered && named !== numbered) return undefined;
  const kind = declared === 'tls' ? 'https' : (declared ?? named ?? numbered);
  if (kind === undefined || kind === reference.scheme) return undefined;
  return { port, sure: declared !== undefined || (named !== undefined && numbered !== undefined) };
}
