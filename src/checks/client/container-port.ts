import { portMissOf } from '../../k8s/client-ports.ts';
import { isExternalName } from '../../k8s/endpoints.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { formatServicePort, targetPortOf } from '../../k8s/ports.ts';
import { editsOf, formatAddress, nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/container-port',
  title: 'The client calls the container’s port instead of the Service’s',
  why: 'A Service listens on its own port and forwards to the container’s. Its address answers on no other port, so a client that takes the container’s number meets nothing.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['pods', 'serverVersion'],
  evaluate({ service, client, clientCalls, pods = [], serverVersion }) {
    const { name, namespace = '' } = service.metadata;
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no ports of its own');
    const arriving = clientCalls.filter((call) => arrivesAt(call, service));
    const behind = podsSelectedBy(service, pods);
    const misses = arriving.flatMap((call) => {
      const miss = portMissOf(call, service, behind, serverVersion);
      return miss?.kind === 'container' ? [miss] : [];
    });
    const [first] = misses;
    if (!first) {
      const [call] = arriving;
      return passed(
        call
          ? `${nameOfSetting(call.reference.setting)} calls ${formatAddress(call.reference)}`
          : `no setting of ${client.name.name} leads to the Service`,
      );
    }
    const { reference, port, implied, right } = first;
    const own = right?.port ?? 0;
    return problem({
      certainty: 'certain',
      summary: `${sayingsOf(reference)}${implied ? `, which means port ${port}` : ''}: that is the container’s port, Service ${name} listens on ${own}`,
      evidence: allOf([
        ...misses.flatMap(({ reference: { setting, portSetting, host } }) =>
          [setting, ...(portSetting ? [portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        evidence(
          service,
          'spec.ports',
          (service.spec.ports ?? []).map((each) => `${formatServicePort(each)} → ${targetPortOf(each)}`).join(', '),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports[*].port}'),
          `${(service.spec.ports ?? []).map((each) => each.port).join(' ')}, and no ${port}`,
        ),
      ],
      fix: {
        explain: `Call ${name} on port ${own} in ${nameOfSetting(reference.portSetting ?? reference.setting)}; the Service forwards to ${port}.`,
        ...editsOf(
          misses.map((miss) => miss.reference),
          (each) => ({ port: misses.find((miss) => miss.reference === each)?.right?.port ?? own }),
          client.object,
        ),
      },
    });
  },
});
