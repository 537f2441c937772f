import { hasSelector } from '../../k8s/pods.ts';
import { declaredPortsOf, formatServicePort, isNamedPort, protocolOf, targetPortOf } from '../../k8s/ports.ts';
import { formatDeclared, pathOfDeclared, resolvePorts } from '../../k8s/port-resolution.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/ambiguous-port-name',
  title: 'Two containers of the Pod give the same name to different ports',
  why: 'A named targetPort resolves to the first container port of that name, in the order in which the containers stand in the Pod. A sidecar that declares the name first takes the traffic that is meant for the app.',
  impact: 'risks',
  needs: ['service', 'pods'],
  evaluate({ service, pods }) {
    if (!hasSelector(service)) return notApplicable('without a selector, targetPort is not used');
    const doubled = resolvePorts(service, pods).flatMap(({ port, index, inPods }) => {
      const target = targetPortOf(port);
      const [seen] = inPods;
      if (!isNamedPort(target) || !seen) return [];
      const called = declaredPortsOf(seen.pod.spec).filter(
        (found) => found.port.name === target && protocolOf(found.port) === protocolOf(port),
      );
      return new Set(called.map((found) => found.port.containerPort)).size > 1
        ? [{ port, index, called, pod: seen.pod }]
        : [];
    });
    const [first] = doubled;
    if (!first) return passed('each named port is declared once in a Pod');
    const [taken, passedOver] = first.called;
    if (!taken || !passedOver) return passed('each named port is declared once in a Pod');
    const name = String(targetPortOf(first.port));
    return problem({
      certainty: 'possible',
      summary: `${formatServicePort(first.port)} goes to ${name} of container ${taken.container.name} (${taken.port.containerPort}), the first of that name; container ${passedOver.container.name} has a port ${name} too (${passedOver.port.containerPort})`,
      evidence: allOf([
        evidence(service, `spec.ports[${first.index}].targetPort`, name),
        ...first.called.map((found) =>
          evidence(first.pod, `spec.${pathOfDeclared(first.pod.spec, found)}`, formatDeclared(found)),
        ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            service.metadata.namespace ?? '',
            '-l',
            `kubernetes.io/service-name=${service.metadata.name}`,
          ),
          `PORTS ${taken.port.containerPort}`,
        ),
      ],
      fix: {
        explain: `Give the two ports different names, or write the number that is meant, ${taken.port.containerPort} or ${passedOver.port.containerPort}, as targetPort.`,
      },
    });
  },
});
