import { portOf, type Reference } from '../../k8s/client-references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import type { Service, ServicePort } from '../../k8s/objects.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { formatAddress, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/scheme-mismatch',
  title: 'The client speaks TLS to a plain port, or the other way round',
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
    return problem({
      certainty: sure ? 'likely' : 'possible',
      ...(sure ? {} : { impact: 'risks' as const }),
      summary:
        `${nameOfSetting(reference.setting)} calls ${formatAddress(reference)}, and port ${formatServicePort(port)} of ${name} looks like plain ${other}`.replace(
          'plain https',
          'TLS (https)',
        ),
      evidence: allOf([
        ...mixed.map(({ reference: each }) => {
          const { path, saw } = shownSetting(each.setting, each.host);
          return evidence(each.setting.object, path, saw);
        }),
        evidence(service, 'spec.ports', formatServicePort(port)),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'wide'),
          `port ${port.port}, called ${port.name ?? 'nothing'}`,
        ),
      ],
      fix: {
        explain: `Use ${other}:// in ${nameOfSetting(reference.setting)} of ${client.name.name}, or the port of ${name} that serves ${reference.scheme}.`,
      },
    });
  },
});

/** Sure only where number and name of the port say the same, and both contradict the scheme. */
function mismatchOf(
  reference: Reference,
  { spec }: Service,
): { readonly port: ServicePort; readonly sure: boolean } | undefined {
  const port = (spec.ports ?? []).find((own) => own.port === portOf(reference));
  if (!port || (reference.scheme !== 'http' && reference.scheme !== 'https')) return undefined;
  const says = `${port.name ?? ''} ${port.appProtocol ?? ''}`.toLowerCase();
  const named = /https|tls|ssl/.test(says) ? 'https' : /\bhttp/.test(says) ? 'http' : undefined;
  const numbered = [443, 8443].includes(port.port) ? 'https' : [80].includes(port.port) ? 'http' : undefined;
  const kind = named ?? numbered;
  if (kind === undefined || kind === reference.scheme || (named && numbered && named !== numbered)) return undefined;
  return { port, sure: named !== undefined && numbered !== undefined };
}
