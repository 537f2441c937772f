import { coversService, destinationsOf, hasSidecar } from '../../k8s/istio.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { formatServicePort, isNamedPort, resolveTargetPort, targetPortOf } from '../../k8s/ports.ts';
import type { Reference } from '../../k8s/client-references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import { applicationOf, declaredProtocolOf, looksLikeTls, speaksGrpc, speaksHttp } from '../../k8s/service-protocol.ts';
import type { CustomObject, Pod, Service, ServicePort } from '../../k8s/objects.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Certainty,
  type Impact,
} from '../define.ts';

export default defineCheck({
  id: 'mesh/port-protocol',
  title: 'Istio takes the port for another protocol than it speaks',
  why: 'Istio reads the protocol of a Service port from appProtocol, else from the first word of its name (http-web, tcp-db), else it guesses from the first bytes of the client. A database behind a port called http is parsed as HTTP and fails; a server that speaks first is waited for in vain.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['client', 'virtualServices', 'clientCalls'],
  evaluate({ service, pods, client, virtualServices = [], clientCalls = [] }) {
    const members = podsSelectedBy(service, pods);
    const proxied = members.some((pod) => hasSidecar(pod.spec)) || (client !== undefined && hasSidecar(client.spec));
    if (!proxied) return notApplicable('no sidecar of Istio stands between client and server');
    const ports = service.spec.ports ?? [];
    const references = clientCalls.filter((call) => arrivesAt(call, service)).map(({ reference }) => reference);
    const judged = ports.flatMap((port, index) => {
      const verdict = judge(service, port, members, references, requestRoutes(service, virtualServices));
      return verdict ? [{ port, index, verdict }] : [];
    });
    const [first] = judged.toSorted((a, b) => weight(a.verdict.impact) - weight(b.verdict.impact));
    if (!first)
      return passed(
        ports
          .map(
            (port) =>
              `${formatServicePort(port)} is ${words[declaredProtocolOf(port).family]} by ${declaredProtocolOf(port).by}`,
          )
          .join(', '),
      );
    const { name, namespace = '' } = service.metadata;
    const { port, index, verdict } = first;
    return problem({
      certainty: verdict.certainty,
      impact: verdict.impact,
      summary: `Port ${formatServicePort(port)} of ${name} ${verdict.because}`,
      evidence: allOf([
        ...judged.map((each) =>
          evidence(
            service,
            `spec.ports[${each.index}]`,
            `name ${each.port.name ?? 'absent'}, appProtocol ${each.port.appProtocol ?? 'absent'}: Istio takes it for ${words[declaredProtocolOf(each.port).family]} (by ${declaredProtocolOf(each.port).by})`,
          ),
        ),
        ...members
          .slice(0, 1)
          .map((pod) =>
            evidence(
              pod,
              'spec.containers',
              pod.spec.containers
                .map(
                  (each) =>
                    `${each.name} (${each.image ?? 'no image'}), ports ${(each.ports ?? []).map(({ containerPort }) => containerPort).join(', ') || 'undeclared'}`,
                )
                .join('; '),
            ),
          ),
        ...verdict.rules.map((rule) => evidence(rule, 'spec.http', 'HTTP routes, which mean nothing on a TCP port')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports}'),
          `name ${port.name ?? 'absent'}, appProtocol ${port.appProtocol ?? 'absent'}`,
        ),
      ],
      fix: {
        explain: `Say what the port speaks: set appProtocol ${verdict.right} on it, or let its name begin with ${verdict.right}- (spec.ports[${index}] of Service ${name}).`,
        patch: {
          object: service,
          type: 'json',
          body: [{ op: 'add', path: `/spec/ports/${index}/appProtocol`, value: verdict.right }],
        },
      },
    });
  },
});

const words = { http: 'HTTP', tls: 'TLS', tcp: 'TCP', udp: 'UDP', auto: 'whatever it guesses' } as const;

const weight = (impact: Impact): number => ['breaks', 'degrades', 'risks'].indexOf(impact);

interface Verdict {
  readonly certainty: Certainty;
  readonly impact: Impact;
  readonly because: string;
  /** What appProtocol should say. */
  readonly right: string;
  readonly rules: readonly CustomObject[];
}

function judge(
  service: Service,
  port: ServicePort,
  members: readonly Pod[],
  references: readonly Reference[],
  rules: readonly CustomObject[],
): Verdict | undefined {
  const { family, word, by } = declaredProtocolOf(port);
  const application = applicationOf(service, port, members, references);
  if (application && family === 'http')
    return {
      certainty: 'likely',
      impact: 'breaks',
      because: `is HTTP to Istio (${by}), and ${application.name} answers there, which is no HTTP`,
      right: 'tcp',
      rules: [],
    };
  if (application?.serverFirst && family === 'auto')
    return {
      certainty: 'likely',
      impact: 'breaks',
      because: `names no protocol (${by}), and ${application.name} is a server-first protocol, which Istio cannot detect`,
      right: 'tcp',
      rules: [],
    };
  const schemes = new Set(
    members.flatMap((pod) => {
      const number = resolveTargetPort(pod, port);
      return number === undefined ? [] : (speaksHttp(pod, number) ?? []);
    }),
  );
  const tls = schemes.has('HTTPS') || (schemes.size === 0 && looksLikeTls(port, members, references));
  if (family === 'http' && tls && !schemes.has('HTTP'))
    return {
      certainty: 'likely',
      impact: 'breaks',
      because: `is plain HTTP to Istio (${by}), and its Pods speak HTTPS (TLS) there`,
      right: 'https',
      rules: [],
    };
  const called = `${port.name ?? ''} ${isNamedPort(targetPortOf(port)) ? targetPortOf(port) : ''}`;
  const shown = members.some((pod) => speaksGrpc(pod, resolveTargetPort(pod, port) ?? 0));
  if (word === 'http' && shown)
    return {
      certainty: 'likely',
      impact: 'breaks',
      because: `is HTTP/1.1 to Istio (${by}), and its Pods speak gRPC there, which needs HTTP/2`,
      right: 'grpc',
      rules: [],
    };
  const grpc = shown || /\bgrpc\b/.test(called);
  const http = grpc || schemes.has('HTTP') || /\bhttp2?\b/.test(called);
  if (family === 'tcp' && rules.length > 0 && !application)
    return {
      certainty: http ? 'certain' : 'likely',
      impact: 'degrades',
      because: `is TCP to Istio (${by}), so the HTTP routes of VirtualService ${rules.map(({ metadata }) => metadata.name).join(', ')} are ignored there`,
      right: grpc ? 'grpc' : 'http',
      rules,
    };
  if (family === 'tcp' && grpc && !application)
    return {
      certainty: 'likely',
      impact: 'risks',
      because: `is TCP to Istio (${by}), and gRPC behind it: all requests of a client stay on one connection and one Pod`,
      right: 'grpc',
      rules: [],
    };
  return undefined;
}

/** VirtualServices whose HTTP routes lead to the Service, or stand in for its name. */
const requestRoutes = ({ metadata }: Service, virtualServices: readonly CustomObject[]): readonly CustomObject[] =>
  virtualServices.filter((rule) =>
    destinationsOf(rule).some(
      ({ kind, host }) => kind === 'http' && coversService(host, rule.metadata.namespace, metadata),
    ),
  );
