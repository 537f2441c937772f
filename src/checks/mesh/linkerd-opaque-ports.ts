import { named } from '../../k8s/named.ts';
import { defaultOpaquePorts, hasLinkerdProxy, isOpaque } from '../../k8s/linkerd.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { formatServicePort, resolveTargetPort } from '../../k8s/ports.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import { applicationOf } from '../../k8s/service-protocol.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const opaqueAnnotation = 'config.linkerd.io/opaque-ports';

export default defineCheck({
  id: 'mesh/linkerd-opaque-ports',
  title: 'Linkerd waits for the client of a server that speaks first',
  why: 'The proxy of Linkerd waits for the first bytes of the client to detect the protocol. Where the server speaks first, as MySQL and SMTP do, none come: each connection stalls ten seconds, unless the port is declared opaque.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['client', 'namespaces', 'clientCalls'],
  evaluate({ service, pods, client, namespaces = [], clientCalls = [] }) {
    const members = podsSelectedBy(service, pods);
    const proxied =
      members.some((pod) => hasLinkerdProxy(pod.spec)) || (client !== undefined && hasLinkerdProxy(client.spec));
    if (!proxied) return notApplicable('no proxy of Linkerd stands between client and server');
    const home = named(namespaces, service.metadata.namespace);
    const references = clientCalls.filter((call) => arrivesAt(call, service)).map(({ reference }) => reference);
    const stalled = (service.spec.ports ?? []).flatMap((port, index) => {
      const application = applicationOf(service, port, members, references);
      // Of those that let the client speak first, Linkerd lists some as slow to detect: by their usual ports.
      const listed = application?.ports.some((usual) => defaultOpaquePorts.includes(usual)) ?? false;
      if (!application || !(application.serverFirst || listed)) return [];
      const numbers = [...new Set(members.flatMap((pod) => resolveTargetPort(pod, port) ?? []))];
      const opaque =
        isOpaque(service, home, port.port) ||
        (members.length > 0 && members.every((pod) => numbers.some((number) => isOpaque(pod, home, number))));
      return opaque ? [] : [{ port, index, application, numbers }];
    });
    const [first] = stalled.toSorted((a, b) => Number(b.application.serverFirst) - Number(a.application.serverFirst));
    if (!first) return passed('no server that speaks first stands behind a port whose protocol Linkerd detects');
    const { port, index, application, numbers } = first;
    const { name, namespace = '' } = service.metadata;
    const said = service.metadata.annotations?.[opaqueAnnotation];
    const wanted = [...(said === undefined ? defaultOpaquePorts : [said]), port.port].join(',');
    return problem({
      certainty: application.serverFirst ? 'likely' : 'possible',
      ...(application.serverFirst ? {} : { impact: 'risks' as const }),
      summary: `${application.name} behind port ${formatServicePort(port)} of ${name} is ${application.serverFirst ? 'a server-first protocol' : 'slow to detect'}, and the port is not opaque: Linkerd stalls each connection to detect it`,
      evidence: allOf([
        evidence(
          service,
          `spec.ports[${index}]`,
          `${formatServicePort(port)} → ${numbers.join(', ')}: ${application.name}`,
        ),
        evidence(
          service,
          `metadata.annotations["${opaqueAnnotation}"]`,
          said ?? `absent; opaque by default are ${defaultOpaquePorts.join(', ')}`,
        ),
        ...members
          .slice(0, 1)
          .map((pod) =>
            evidence(
              pod,
              'spec.containers',
              pod.spec.containers.map((each) => `${each.name} (${each.image ?? ''})`).join(', '),
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.metadata.annotations}'),
          said === undefined ? `no ${opaqueAnnotation}` : said,
        ),
      ],
      fix: {
        explain: `Declare the port opaque on the Service: ${opaqueAnnotation} with ${port.port} in it; the annotation replaces the default list. Do the same on the workload for port ${numbers.join(', ')}.`,
        patch: { object: service, type: 'merge', body: { metadata: { annotations: { [opaqueAnnotation]: wanted } } } },
      },
    });
  },
});
