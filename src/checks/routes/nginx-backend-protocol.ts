import { servicePortFor } from '../../k8s/backend-ports.ts';
import { isNginx } from '../../k8s/ingress-controllers.ts';
import { backendPortOf, pathsTo } from '../../k8s/ingress.ts';
import type { Ingress, Pod, ServicePort } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort, targetPortOf } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const protocolAnnotation = 'nginx.ingress.kubernetes.io/backend-protocol';
const passthroughAnnotation = 'nginx.ingress.kubernetes.io/ssl-passthrough';

export default defineCheck({
  id: 'routes/nginx-backend-protocol',
  title: 'ingress-nginx speaks another protocol than the backend',
  why: 'ingress-nginx speaks plain HTTP/1.1 to every backend unless the annotation backend-protocol says otherwise; it looks neither at port numbers nor at appProtocol. A TLS server answers 400 or cuts the connection, a gRPC server too.',
  impact: 'breaks',
  needs: ['service', 'ingresses', 'ingressClasses', 'pods'],
  evaluate({ service, ingresses, ingressClasses, pods }) {
    const { name, namespace = '' } = service.metadata;
    const paths = pathsTo(service.metadata, ingresses).filter(({ ingress }) => isNginx(ingress, ingressClasses));
    if (paths.length === 0) return notApplicable('no Ingress of ingress-nginx names it');
    const members = podsSelectedBy(service, pods);
    for (const { ingress, backend } of paths) {
      const asked = backendPortOf(backend);
      const port = asked === undefined ? undefined : servicePortFor(service, asked);
      const spoken = spokenBy(ingress);
      const expected = port && expectedAt(port, members);
      if (!port || !spoken || !expected || agree(spoken, expected.protocol)) continue;
      return problem({
        certainty: expected.sure ? 'likely' : 'possible',
        ...(expected.sure ? {} : { impact: 'risks' as const }),
        summary: `Ingress ${ingress.metadata.name} speaks ${spoken} to ${name}:${port.port}, which expects ${expected.protocol}`,
        evidence: allOf([
          evidence(
            ingress,
            `metadata.annotations["${protocolAnnotation}"]`,
            ingress.metadata.annotations?.[protocolAnnotation] ?? 'absent, which means HTTP',
          ),
          evidence(
            service,
            'spec.ports',
            `name ${port.name ?? 'absent'}, port ${port.port}, targetPort ${targetPortOf(port)}, appProtocol ${port.appProtocol ?? 'absent'}`,
          ),
          ...expected.seen.map((seen) => evidence(service, 'spec.ports', seen)),
        ]),
        confirm: [
          confirm(
            kubectl('get', 'ingress', ingress.metadata.name, '-n', namespace, '-o', 'jsonpath={.metadata.annotations}'),
            `${protocolAnnotation} ${ingress.metadata.annotations?.[protocolAnnotation] ?? 'is not there'}`,
          ),
        ],
        fix: {
          explain: `Set ${protocolAnnotation} to ${expected.protocol} on the Ingress.`,
          patch: {
            object: ingress,
            type: 'merge',
            body: { metadata: { annotations: { [protocolAnnotation]: expected.protocol } } },
          },
        },
      });
    }
    return passed('nothing shows that the backend expects another protocol');
  },
});

type Spoken = 'HTTP' | 'HTTPS' | 'GRPC' | 'GRPCS';

/** What nginx is told to speak; undefined where it hands the connection through or the word is another one. */
function spokenBy({ metadata: { annotations = {} } }: Ingress): Spoken | undefined {
  if (annotations[passthroughAnnotation] === 'true') return undefined;
  const told = (annotations[protocolAnnotation] ?? 'HTTP').toUpperCase();
  return told === 'HTTP' || told === 'HTTPS' || told === 'GRPC' || told === 'GRPCS' ? told : undefined;
}

const agree = (spoken: Spoken, expected: Spoken): boolean =>
  spoken === expected || (spoken === 'GRPCS' && expected === 'HTTPS');

/** What the backend expects, as its port and its probes tell; sure where two signs agree or a probe shows it. */
function expectedAt(
  port: ServicePort,
  members: readonly Pod[],
): { readonly protocol: Spoken; readonly sure: boolean; readonly seen: readonly string[] } | undefined {
  const target = targetPortOf(port);
  const numbers = new Set(members.map((pod) => resolveTargetPort(pod, port)));
  const schemes = new Set(
    members.flatMap((pod) =>
      pod.spec.containers.flatMap(({ ports = [], readinessProbe, livenessProbe }) =>
        [readinessProbe, livenessProbe].flatMap((probe) => {
          if (!probe?.httpGet) return [];
          const { port: probed, scheme = 'HTTP' } = probe.httpGet;
          const number =
            typeof probed === 'number' ? probed : ports.find((each) => each.name === probed)?.containerPort;
          return number !== undefined && numbers.has(number) ? [scheme] : [];
        }),
      ),
    ),
  );
  const names = [port.name ?? '', port.appProtocol ?? '', typeof target === 'string' ? target : ''];
  const called = (word: RegExp) => names.some((text) => word.test(text.toLowerCase()));
  if (schemes.size === 1) {
    const [scheme = 'HTTP'] = schemes;
    if (called(/^grpc/)) return undefined;
    return { protocol: scheme, sure: true, seen: [`the probes of its Pods speak ${scheme} on this port`] };
  }
  if (called(/^grpc(-|$)/)) return { protocol: 'GRPC', sure: true, seen: ['the port is called grpc'] };
  const secure = [
    port.port === 443 || called(/^https/),
    [443, 8443, 9443].some((number) => numbers.has(number) || target === number),
  ];
  const signs = secure.filter(Boolean).length;
  if (signs === 2) return { protocol: 'HTTPS', sure: true, seen: ['port and targetPort are those of HTTPS'] };
  if (called(/^https/)) return { protocol: 'HTTPS', sure: false, seen: ['the port is called https'] };
  return undefined;
}
