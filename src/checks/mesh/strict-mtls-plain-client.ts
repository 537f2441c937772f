import { named } from '../../k8s/named.ts';
import { leavesAlone, membershipOf, mutualTlsOf, whyOutside } from '../../k8s/istio.ts';
import { formatLabels } from '../../k8s/labels.ts';
import type { Namespace, Pod } from '../../k8s/objects.ts';
import type { Client } from '../../snapshot/facts.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import { refTo } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

export default defineCheck({
  id: 'mesh/strict-mtls-plain-client',
  title: 'Istio demands mTLS, and the client has no sidecar',
  why: 'With mode STRICT the proxy of the server accepts only connections with a certificate of the mesh. A client without a sidecar, and outside of ambient mode, sends plain text: the connection is reset.',
  impact: 'breaks',
  explains: ['mesh/authorization-refuses'],
  needs: ['service', 'pods', 'client', 'peerAuthentications'],
  uses: ['namespaces'],
  evaluate({ service, pods, client, peerAuthentications, namespaces }) {
    const members = podsSelectedBy(service, pods);
    const inside = members.filter((pod) => membershipOf(pod, namespaces) !== undefined);
    if (inside.length === 0) return notApplicable('the Pods of the Service are not in an Istio mesh');
    const demanding = inside.flatMap((pod) =>
      (service.spec.ports ?? []).flatMap((port) => {
        const number = resolveTargetPort(pod, port);
        if (number === undefined || leavesAlone(pod, 'Inbound', number)) return [];
        const found = mutualTlsOf(pod, number, peerAuthentications);
        return found.mode === 'STRICT' && found.policy
          ? [{ pod, port, number, policy: found.policy, field: found.field }]
          : [];
      }),
    );
    const [first] = demanding;
    if (!first) return passed('plain text is accepted: no PeerAuthentication is STRICT for it');
    const callers: readonly Pick<Pod, 'metadata' | 'spec'>[] =
      client.pods.length > 0
        ? client.pods
        : [
            {
              metadata: { name: client.name.name, namespace: client.namespace, labels: client.labels },
              spec: client.spec,
            },
          ];
    const ports = new Set(demanding.map(({ port }) => port.port));
    const plain = callers.filter(
      (pod) =>
        membershipOf(pod, namespaces) === undefined || [...ports].every((port) => leavesAlone(pod, 'Outbound', port)),
    );
    const [outsider] = plain;
    if (!outsider) return passed('PeerAuthentication is STRICT, and the client is in the mesh too');
    const { policy, field } = first;
    const home = named(namespaces, client.namespace);
    const skips = membershipOf(outsider, namespaces) !== undefined;
    const why = skips
      ? {
          object: client.object,
          path: 'metadata.annotations["traffic.sidecar.istio.io/excludeOutboundPorts"]',
          saw: outsider.metadata.annotations?.['traffic.sidecar.istio.io/excludeOutboundPorts'] ?? '',
          because: 'its sidecar leaves this port alone',
        }
      : whyOutside(outsider, home);
    const kept = !skips && why.path.includes('sidecar.istio.io/inject');
    const ambient = !skips && !kept && inside.every((pod) => membershipOf(pod, namespaces) === 'ambient');
    const { name, namespace = '' } = policy.metadata;
    const { kind, name: clientName } = client.name;
    return problem({
      certainty: 'certain',
      ...(plain.length < callers.length ? { impact: 'degrades' as const } : {}),
      summary: `PeerAuthentication ${namespace}/${name} is STRICT, and ${kind} ${client.namespace}/${clientName} ${skips ? 'sends past its sidecar' : ambient ? 'is outside of the mesh' : 'has no sidecar'}: its plain text is refused`,
      evidence: allOf([
        evidence(policy, field, 'STRICT'),
        evidence(
          first.pod,
          'spec.containers',
          `${membershipOf(first.pod, namespaces)} of Istio; port ${first.number} takes mTLS only`,
        ),
        {
          object: refTo(client.pods[0] ?? client.object),
          path: 'spec.containers',
          saw: `${client.spec.containers.map((each) => each.name).join(', ')}${skips ? '' : ': no istio-proxy'}`,
        },
        { object: refTo(why.object ?? client.object), path: why.path, saw: `${why.saw}: ${why.because}` },
      ]),
      confirm: [
        confirm(kubectl('get', 'peerauthentication', '-A'), `${namespace} ${name} STRICT`),
        confirm(
          kubectl('get', 'pods', '-n', client.namespace, '-o', 'jsonpath={.items[*].spec.containers[*].name}'),
          skips ? 'istio-proxy beside the others' : 'no istio-proxy, so no sidecar',
        ),
      ],
      fix: skips
        ? { explain: 'Take the port out of excludeOutboundPorts, so that the sidecar of the client encrypts it.' }
        : bringIn(client, { kept, ambient, injected: isInjecting(home) }, formatLabels(service.spec.selector)),
    });
  },
});

const isInjecting = (home: Namespace | undefined): boolean =>
  home?.metadata.labels?.['istio-injection'] === 'enabled' || home?.metadata.labels?.['istio.io/rev'] !== undefined;

/** What brings the client into the mesh depends on what keeps it out, and on the kind of mesh the server is in. */
function bringIn(
  { object, namespace }: Client,
  { kept, ambient, injected }: { readonly kept: boolean; readonly ambient: boolean; readonly injected: boolean },
  selector: string,
): Fix {
  const { kind, name } = refTo(object);
  const restart = kubectl('rollout', 'restart', kind, name, '-n', namespace);
  const label = (pair: string) => kubectl('label', 'namespace', namespace, pair);
  const otherwise = `Where that cannot be, accept plain text at this workload with a PeerAuthentication of mode PERMISSIVE that selects ${selector}.`;
  if (object.kind === 'Pod' ? object.spec.hostNetwork : object.spec.template?.spec?.hostNetwork)
    return {
      explain: `Take hostNetwork out of ${kind} ${name}: Pods on the network of their node get no sidecar. ${otherwise}`,
    };
  if (kept)
    return {
      explain: `Take sidecar.istio.io/inject=false out of the Pod template of ${kind} ${name}${injected ? ', whose namespace is labelled for injection' : ` and label namespace ${namespace} with istio-injection=enabled`}, and make its Pods anew. ${otherwise}`,
      commands: [
        ...(injected ? [] : [label('istio-injection=enabled')]),
        ...(kind === 'pod' || kind === 'job' || kind === 'cronjob'
          ? []
          : [
              kubectl(
                'patch',
                kind,
                name,
                '-n',
                namespace,
                '--type=merge',
                '-p',
                '{"spec":{"template":{"metadata":{"labels":{"sidecar.istio.io/inject":null},"annotations":{"sidecar.istio.io/inject":null}}}}}',
              ),
            ]),
      ],
    };
  if (ambient)
    return {
      explain: `Bring the client into the ambient mesh: label namespace ${namespace} with istio.io/dataplane-mode=ambient; no restart is needed. ${otherwise}`,
      commands: [label('istio.io/dataplane-mode=ambient')],
    };
  return injected
    ? {
        explain: `Namespace ${namespace} is labelled for injection: make the Pods of ${kind} ${name} anew, so that they get a sidecar. ${otherwise}`,
        commands: [restart],
      }
    : {
        explain: `Bring the client into the mesh: label namespace ${namespace} with istio-injection=enabled and restart it. ${otherwise}`,
        commands: [label('istio-injection=enabled'), restart],
      };
}
