import { hasSidecar } from '../../k8s/istio.ts';
import type { Service, ServicePort } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { formatServicePort, protocolOf, resolveTargetPort } from '../../k8s/ports.ts';
import { declaredProtocolOf } from '../../k8s/service-protocol.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/conflicting-protocols',
  title: 'Two Services give one port of the Pods different protocols',
  why: 'The sidecar of a Pod has one listener for each port, and a listener has one protocol. Where two Services that select the same Pods declare different ones for the same port, Istio takes that of the older Service and the other one breaks.',
  impact: 'degrades',
  needs: ['service', 'services', 'pods'],
  evaluate({ service, services, pods }) {
    const proxied = podsSelectedBy(service, pods).filter((pod) => hasSidecar(pod.spec));
    if (proxied.length === 0) return notApplicable('its Pods have no sidecar of Istio');
    const others = services.filter(({ metadata }) => metadata.name !== service.metadata.name);
    const clashes = proxied.flatMap((pod) =>
      others
        .filter((other) => podsSelectedBy(other, [pod]).length > 0)
        .flatMap((other) =>
          pairs(service, other).flatMap(([own, foreign]) => {
            const number = resolveTargetPort(pod, own);
            return number !== undefined && number === resolveTargetPort(pod, foreign) && differ(own, foreign)
              ? [{ pod, other, own, foreign, number }]
              : [];
          }),
        ),
    );
    const [first] = clashes;
    if (!first) return passed('no other Service gives the ports of its Pods another protocol');
    const { other, own, foreign, number, pod } = first;
    const { name, namespace = '' } = service.metadata;
    const say = (port: ServicePort) =>
      `${declaredProtocolOf(port).family.toUpperCase()} (by ${declaredProtocolOf(port).by})`;
    return problem({
      certainty: 'likely',
      summary: `Services ${name} and ${other.metadata.name} share port ${number} of the same Pods with conflicting protocols: ${say(own)} against ${say(foreign)}`,
      evidence: allOf([
        evidence(service, 'spec.ports', `${formatServicePort(own)} → ${number}: ${say(own)}`),
        evidence(other, 'spec.ports', `${formatServicePort(foreign)} → ${number}: ${say(foreign)}`),
        evidence(pod, 'metadata.labels', `selected by both ${name} and ${other.metadata.name}`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'services', name, other.metadata.name, '-n', namespace, '-o', 'yaml'),
          `both lead to port ${number}`,
        ),
        confirm(
          ['istioctl', 'analyze', '-n', namespace],
          'IST0116: associated with multiple services using the same port but different protocols',
        ),
      ],
      fix: {
        explain: `Declare the same protocol in both: set the same appProtocol, or let both names begin with the same word, for port ${number} of ${name} and ${other.metadata.name}.`,
      },
    });
  },
});

const pairs = (a: Service, b: Service): readonly (readonly [ServicePort, ServicePort])[] =>
  (a.spec.ports ?? []).flatMap((own) => (b.spec.ports ?? []).map((foreign) => [own, foreign] as const));

const differ = (a: ServicePort, b: ServicePort): boolean => {
  const [own, foreign] = [declaredProtocolOf(a).family, declaredProtocolOf(b).family];
  return protocolOf(a) === protocolOf(b) && own !== foreign && own !== 'auto' && foreign !== 'auto';
};
