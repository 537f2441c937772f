import { hasSidecar, membershipOf, mutualTlsOf } from '../../k8s/istio.ts';
import { formatLabels } from '../../k8s/labels.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { formatServicePort, resolveTargetPort } from '../../k8s/ports.ts';
import { refTo } from '../../k8s/references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import { applicationOf } from '../../k8s/service-protocol.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/server-first-permissive',
  title: 'PERMISSIVE mTLS waits for the client of a server that speaks first',
  why: 'In mode PERMISSIVE the proxy of the server waits for the first bytes of the client, to see whether they are TLS. A plain client of MySQL or SMTP sends none: it waits for the greeting of the server, and both wait for ever.',
  impact: 'breaks',
  needs: ['service', 'pods', 'client', 'peerAuthentications'],
  uses: ['namespaces', 'clientCalls'],
  evaluate({ service, pods, client, peerAuthentications, namespaces, clientCalls = [] }) {
    const members = podsSelectedBy(service, pods).filter((pod) => hasSidecar(pod.spec));
    if (members.length === 0) return notApplicable('its Pods have no sidecar of Istio');
    const callers =
      client.pods.length > 0
        ? client.pods
        : [
            {
              metadata: { name: client.name.name, namespace: client.namespace, labels: client.labels },
              spec: client.spec,
            },
          ];
    if (callers.every((pod) => membershipOf(pod, namespaces) !== undefined))
      return passed('the client is in the mesh: its sidecar speaks first');
    const references = clientCalls.filter((call) => arrivesAt(call, service)).map(({ reference }) => reference);
    const waiting = members.flatMap((pod) =>
      (service.spec.ports ?? []).flatMap((port) => {
        const application = applicationOf(service, port, [pod], references);
        const number = resolveTargetPort(pod, port);
        const mtls = mutualTlsOf(pod, number, peerAuthentications);
        return application?.serverFirst && mtls.mode === 'PERMISSIVE' ? [{ pod, port, number, application, mtls }] : [];
      }),
    );
    const [first] = waiting;
    if (!first) return passed('no server that speaks first takes both plain text and mTLS');
    const { pod, port, number, application, mtls } = first;
    const { name, namespace = '' } = service.metadata;
    const exception = {
      apiVersion: 'security.istio.io/v1',
      kind: 'PeerAuthentication',
      metadata: { name: `${name}-plain`, namespace },
      spec: {
        selector: { matchLabels: service.spec.selector ?? {} },
        portLevelMtls: { [String(number ?? port.port)]: { mode: 'DISABLE' } },
      },
    };
    return problem({
      certainty: 'likely',
      summary: `${application.name} on port ${formatServicePort(port)} of ${name} speaks first, mTLS is PERMISSIVE there, and ${client.name.kind} ${client.namespace}/${client.name.name} has no sidecar: both sides wait`,
      evidence: allOf([
        evidence(
          service,
          'spec.ports',
          `${formatServicePort(port)} → ${number ?? '?'}: ${application.name}, a server-first protocol`,
        ),
        mtls.policy
          ? evidence(mtls.policy, mtls.field, 'PERMISSIVE')
          : evidence(pod, 'spec.containers', 'istio-proxy; no PeerAuthentication, which means PERMISSIVE'),
        {
          object: refTo(client.pods[0] ?? client.object),
          path: 'spec.containers',
          saw: `${client.spec.containers.map((each) => each.name).join(', ')}: no istio-proxy`,
        },
      ]),
      confirm: [
        confirm(kubectl('get', 'peerauthentication', '-A'), mtls.policy ? 'PERMISSIVE' : 'No resources found'),
        confirm(
          kubectl('logs', pod.metadata.name, '-n', namespace, '-c', 'istio-proxy', '--tail=20'),
          'no line about the connection; the client reports a lost connection while it reads the first packet',
        ),
      ],
      fix: {
        explain: `Bring the client into the mesh and set mode STRICT, or switch mTLS off for this port: a PeerAuthentication that selects ${formatLabels(service.spec.selector)} with portLevelMtls ${number ?? port.port} DISABLE.`,
        commands: [['sh', '-c', `echo '${JSON.stringify(exception)}' | kubectl apply -f -`]],
      },
    });
  },
});
