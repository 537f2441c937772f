import { isExternalName, isHeadless } from '../../k8s/endpoints.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort, resolveTargetPort } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'service/no-such-port',
  title: 'The Service has no such port',
  why: 'A Service answers on the ports it lists and on no other; what its Pods listen on besides is not reached through it. Only a headless Service leads to the Pods’ own ports, whatever it lists.',
  impact: 'breaks',
  needs: ['target', 'service'],
  uses: ['pods', 'serverVersion'],
  evaluate({ target, service, pods = [], serverVersion }) {
    const { port: asked } = target;
    if (asked === undefined) return notApplicable('no port was asked for');
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no ports of its own');
    const { name, namespace = '' } = service.metadata;
    const ports = service.spec.ports ?? [];
    const behind = podsSelectedBy(service, pods);
    if (isHeadless(service)) {
      const own = ports.map((port) => behind[0] && resolveTargetPort(behind[0], port, serverVersion));
      if (ports.length === 0 || behind.length === 0 || own.includes(asked))
        return passed(`${name} is headless: ${asked} is a port of its Pods`);
      return notApplicable(`${name} is headless: whether its Pods listen on ${asked}, no port of it tells`);
    }
    if (ports.some(({ port }) => port === asked)) return passed(`${name} has port ${asked}`);
    const [only] = ports;
    const offered = ports.map(({ port }) => port).join(', ') || 'none';
    const meant =
      ports.find((port) => behind.some((pod) => resolveTargetPort(pod, port, serverVersion) === asked)) ??
      (ports.length === 1 ? only : undefined);
    const ofThePod = behind.some(({ spec }) => declaredPortsOf(spec).some(({ port }) => port.containerPort === asked));
    return problem({
      certainty: 'certain',
      summary: `${name} has no port ${asked}, only ${offered}${ofThePod ? `: ${asked} is its Pods’ own` : ''}`,
      evidence: allOf([evidence(service, 'spec.ports', ports.map(formatServicePort).join(', ') || 'none')]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports[*].port}'),
          `${offered.replaceAll(',', '')}, and no ${asked}`,
        ),
      ],
      fix: {
        explain: meant
          ? `Call ${name} on port ${meant.port}, or add port ${asked} to the Service.`
          : `Call one of its ports (${offered}), or add port ${asked} to the Service.`,
      },
    });
  },
});
