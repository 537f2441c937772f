import { arrivesAt } from '../../k8s/leads.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { formatServicePort, protocolOf } from '../../k8s/ports.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/srv-port',
  title: 'The client asks for an SRV name whose port the Service does not name',
  why: 'An SRV name is _port._protocol before the name of the Service, and the port is one of the Service’s by its name. A port that is called otherwise, or has no name at all, has no such record: the answer is “no such host”, though the Service is there.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const asked = clientCalls.flatMap((call) => {
      const [, port, protocol] = /^_([\w-]+)\._(tcp|udp|sctp)\./i.exec(call.reference.host) ?? [];
      return port && protocol && arrivesAt(call, service)
        ? [{ reference: call.reference, port: port.toLowerCase(), protocol: protocol.toUpperCase() }]
        : [];
    });
    if (asked.length === 0) return notApplicable('the client asks for no SRV name of it');
    const ports = service.spec.ports ?? [];
    const lost = asked.filter(
      ({ port, protocol }) => !ports.some((own) => own.name === port && protocolOf(own) === protocol),
    );
    const [first] = lost;
    if (!first) return passed(`the port that the client asks for by SRV is there: ${asked[0]?.port}`);
    const { reference, port, protocol } = first;
    const { name, namespace = '' } = service.metadata;
    const named = ports.flatMap((own) => (own.name && protocolOf(own) === protocol ? [own.name] : []));
    const right = nearestName(port, named) ?? (named.length === 1 ? named[0] : undefined);
    const srv = `_${port}._${protocol.toLowerCase()}`;
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(reference.setting)} asks for ${srv} of ${name}, which has no ${protocol} port named ${port}, only ${ports.map(formatServicePort).join(', ') || 'none'}`,
      evidence: allOf([
        ...lost.map(({ reference: { setting, host } }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(service, 'spec.ports', ports.map((own) => `${own.name ?? '(no name)'} ${own.port}`).join(', ')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports[*].name}'),
          `${named.join(' ') || 'nothing'}, and no ${port}`,
        ),
      ],
      fix: {
        explain: right
          ? `Ask for _${right}._${protocol.toLowerCase()}, or call the port of the Service ${port}.`
          : `Give the port of Service ${name} the name ${port}.`,
        ...(right
          ? editsOf(
              lost.map((each) => each.reference),
              () => ({ host: reference.host.replace(/^_[\w-]+/, `_${right}`) }),
              client.object,
            )
          : { commands: [kubectl('get', 'service', name, '-n', namespace, '-o', 'yaml')] }),
      },
    });
  },
});
