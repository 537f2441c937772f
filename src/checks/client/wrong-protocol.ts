import { normalKey, portOf, type Reference } from '../../k8s/client-references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import type { Protocol } from '../../k8s/objects.ts';
import { formatServicePort, protocolOf } from '../../k8s/ports.ts';
import { nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/wrong-protocol',
  title: 'The client speaks another transport protocol than the Service port',
  why: 'A Service port is for TCP or for UDP. What arrives at the same number with the other protocol is not forwarded.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const { name, namespace = '' } = service.metadata;
    const crossed = clientCalls.flatMap((call) => {
      const spoken = protocolIn(call.reference);
      const port = portOf(call.reference);
      if (!arrivesAt(call, service) || !spoken || port === undefined) return [];
      const same = (service.spec.ports ?? []).filter((own) => own.port === port);
      const [only] = same;
      return only && !same.some((own) => protocolOf(own) === spoken)
        ? [{ ...call.reference, spoken, offered: only }]
        : [];
    });
    const [first] = crossed;
    if (!first) return passed('the client speaks the protocol of the port it calls');
    const { setting, spoken, offered } = first;
    const index = (service.spec.ports ?? []).indexOf(offered);
    return problem({
      certainty: 'certain',
      summary: `${sayingsOf(first)} over ${spoken}, and port ${offered.port} of ${name} is for ${protocolOf(offered)} only`,
      evidence: allOf([
        ...crossed.map((each) => {
          const { path, saw } = shownSetting(each.setting, each.host);
          return evidence(each.setting.object, path, saw);
        }),
        evidence(service, `spec.ports[${index}].protocol`, formatServicePort(offered)),
      ]),
      confirm: [confirm(kubectl('get', 'service', name, '-n', namespace), `${offered.port}/${protocolOf(offered)}`)],
      fix: {
        explain: `Give port ${offered.port} of Service ${name} the protocol ${spoken} if the app behind it speaks ${spoken}; otherwise change ${nameOfSetting(setting)} of ${client.name.name}.`,
        patch: {
          object: service,
          type: 'json',
          body: [{ op: offered.protocol ? 'replace' : 'add', path: `/spec/ports/${index}/protocol`, value: spoken }],
        },
      },
    });
  },
});

const overTcp = /^(tcp|https?|wss?|grpcs?|postgres(ql)?|mysql|mariadb|rediss?|amqps?|mongodb|nats|ldaps?|ftp|bolt)$/;

/** What the scheme says, else what the key says: STATSD_UDP_ADDR. */
function protocolIn({ scheme, setting }: Reference): Protocol | undefined {
  if (scheme !== undefined)
    return scheme === 'udp' || scheme === 'syslog+udp' ? 'UDP' : overTcp.test(scheme) ? 'TCP' : undefined;
  return /(^|_)UDP(_|$)/.test(normalKey(setting.key)) ? 'UDP' : undefined;
}
