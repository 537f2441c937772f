import {
  hasSidecar,
  isExported,
  membershipOf,
  mutualTlsOf,
  outboundModeOf,
  rootNamespace,
  sees,
  sidecarFor,
  sidecarSpec,
} from '../../k8s/istio.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const exportAnnotation = 'networking.istio.io/exportTo';

export default defineCheck({
  id: 'mesh/sidecar-scope',
  title: 'The sidecar of the client does not know the Service',
  why: 'A Sidecar resource lists the hosts that the proxies of its workloads know, and exportTo the namespaces that may know a Service. What a proxy does not know it passes on as plain text, or refuses where outboundTrafficPolicy is REGISTRY_ONLY.',
  impact: 'breaks',
  needs: ['service', 'client', 'istioSidecars'],
  uses: ['pods', 'peerAuthentications', 'meshConfig'],
  evaluate({ service, client, istioSidecars, pods = [], peerAuthentications = [], meshConfig }) {
    if (!hasSidecar(client.spec)) return notApplicable('the client has no sidecar of Istio');
    const { name, namespace = '' } = service.metadata;
    const sidecar = sidecarFor(client.labels, client.namespace, istioSidecars);
    const hidden = sidecar !== undefined && !sees(sidecar, client.namespace, service.metadata);
    const exportTo = service.metadata.annotations?.[exportAnnotation]?.split(',').map((each) => each.trim());
    const kept = !isExported(exportTo, namespace, client.namespace);
    if (!hidden && !kept)
      return passed(
        sidecar
          ? `Sidecar ${sidecar.metadata.name} lets the client know it`
          : 'no Sidecar resource narrows what the client knows',
      );
    const mode = (sidecar && sidecarSpec(sidecar).outboundTrafficPolicy?.mode) ?? outboundModeOf(meshConfig);
    const strict = podsSelectedBy(service, pods)
      .filter((pod) => membershipOf(pod, undefined) !== undefined)
      .flatMap((pod) =>
        (service.spec.ports ?? []).map((port) => mutualTlsOf(pod, resolveTargetPort(pod, port), peerAuthentications)),
      )
      .find((found) => found.mode === 'STRICT');
    const blocked = mode === 'REGISTRY_ONLY' || strict !== undefined;
    const hosts = ((sidecar && sidecarSpec(sidecar).egress) ?? []).flatMap((egress) => egress.hosts ?? []);
    return problem({
      certainty: blocked ? 'certain' : 'possible',
      ...(blocked ? {} : { impact: 'risks' as const }),
      summary: hidden
        ? `Sidecar ${sidecar.metadata.namespace}/${sidecar.metadata.name} lets the client know only ${hosts.join(', ') || 'nothing'}, which leaves out ${namespace}/${name}`
        : `Service ${name} is exported to ${exportTo?.join(', ')} only, so the sidecar of a client in ${client.namespace} does not know it`,
      evidence: allOf([
        ...(hidden ? [evidence(sidecar, 'spec.egress', hosts.join(', ') || 'no host')] : []),
        ...(kept ? [evidence(service, `metadata.annotations["${exportAnnotation}"]`, exportTo?.join(', '))] : []),
        ...(mode === 'REGISTRY_ONLY'
          ? [
              evidence(
                hidden && sidecarSpec(sidecar).outboundTrafficPolicy ? sidecar : (meshConfig ?? service),
                'outboundTrafficPolicy.mode',
                'REGISTRY_ONLY: unknown hosts are refused (BlackHoleCluster, 502)',
              ),
            ]
          : []),
        ...(strict?.policy
          ? [evidence(strict.policy, strict.field, 'STRICT: the plain text of an unknown host is refused')]
          : []),
        evidence(client.object, 'metadata.namespace', client.namespace),
      ]),
      confirm: [
        hidden
          ? confirm(
              kubectl(
                'get',
                'sidecars.networking.istio.io',
                sidecar.metadata.name,
                '-n',
                sidecar.metadata.namespace ?? '',
                '-o',
                'yaml',
              ),
              `egress hosts without ${namespace}/*`,
            )
          : confirm(
              kubectl('get', 'service', name, '-n', namespace, '-o', 'yaml'),
              `${exportAnnotation}: ${exportTo?.join(',')}`,
            ),
      ],
      fix: hidden
        ? {
            explain: `Add ${namespace}/* to the egress hosts of Sidecar ${sidecar.metadata.name}${sidecar.metadata.namespace === rootNamespace ? ', which holds for the whole mesh' : ''}.`,
            patch: {
              object: sidecar,
              type: 'json',
              body: [
                {
                  op: 'replace',
                  path: '/spec/egress/0/hosts',
                  value: [...(sidecarSpec(sidecar).egress?.[0]?.hosts ?? []), `${namespace}/*`],
                },
              ],
            },
          }
        : {
            explain: `Export the Service to ${client.namespace} too: add it to the annotation ${exportAnnotation}.`,
            patch: {
              object: service,
              type: 'merge',
              body: {
                metadata: { annotations: { [exportAnnotation]: [...(exportTo ?? []), client.namespace].join(',') } },
              },
            },
          },
    });
  },
});
