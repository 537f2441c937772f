import { portMissOf } from '../../k8s/client-ports.ts';
import { isExternalName } from '../../k8s/endpoints.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort } from '../../k8s/ports.ts';
import { editsOf, nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/wrong-port',
  title: 'The client calls a port that the Service does not have',
  why: 'A Service answers on the ports it lists and on no other. An address without a port means the usual one of its scheme: 80 for http, 443 for https.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['pods', 'serverVersion'],
  evaluate({ service, client, clientCalls, pods = [], serverVersion }) {
    const { name, namespace = '' } = service.metadata;
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no ports of its own');
    const behind = podsSelectedBy(service, pods);
    const misses = clientCalls.flatMap((call) => {
      const miss = portMissOf(call, service, behind, serverVersion);
      return miss?.kind === 'other' ? [miss] : [];
    });
    const offered = (service.spec.ports ?? []).map(({ port }) => port).join(', ');
    const [first] = misses;
    if (!first) return passed(`the client calls no other ports than ${offered || 'those of the Pods'}`);
    const { reference, port, implied, right } = first;
    const setting = nameOfSetting(reference.portSetting ?? reference.setting);
    const declares = behind.some(({ spec }) => declaredPortsOf(spec).some((own) => own.port.containerPort === port));
    const wellKnown = reference.scheme === 'http' || reference.scheme === 'https';
    return problem({
      certainty: implied && !wellKnown ? 'likely' : 'certain',
      summary: `${sayingsOf(reference)}${implied ? `, which means port ${port}` : ''}: Service ${name} has no port ${port}, only ${offered}${declares ? ', though its Pods declare it' : ''}`,
      evidence: allOf([
        ...misses.flatMap(({ reference: { setting: told, portSetting, host } }) =>
          [told, ...(portSetting ? [portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        evidence(service, 'spec.ports', (service.spec.ports ?? []).map(formatServicePort).join(', ')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports[*].port}'),
          `${offered.replaceAll(',', '')}, and no ${port}`,
        ),
      ],
      fix: {
        explain: right
          ? `Call port ${right.port} in ${setting}${declares ? `, or add port ${port} to the Service` : ''}.`
          : `Call one of the ports ${offered} in ${setting}, or add port ${port} to the Service.`,
        ...(right
          ? editsOf(
              misses.map((miss) => miss.reference),
              () => ({ port: right.port }),
              client.object,
            )
          : { commands: [kubectl('get', 'service', name, '-n', namespace, '-o', 'wide')] }),
      },
    });
  },
});
