import { destinationRuleFor, membershipOf, mutualTlsOf, tlsModeOf } from '../../k8s/istio.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import type { CustomObject, Pod, Service, ServicePort } from '../../k8s/objects.ts';
import { isReady, podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Outcome,
} from '../define.ts';

export default defineCheck({
  id: 'mesh/destination-rule-tls',
  title: 'The DestinationRule and the server disagree about TLS',
  why: 'A DestinationRule tells the sidecars of clients how to connect; it is obeyed instead of what Istio finds out by itself. ISTIO_MUTUAL towards Pods without a sidecar, DISABLE towards a STRICT server, or SIMPLE towards an application that speaks plain HTTP, fails with 503.',
  impact: 'breaks',
  needs: ['service', 'pods', 'destinationRules', 'peerAuthentications'],
  uses: ['namespaces', 'client'],
  evaluate({ service, pods, destinationRules, peerAuthentications, namespaces, client }) {
    const { name, namespace = '' } = service.metadata;
    const rule = destinationRuleFor(service.metadata, client?.namespace, destinationRules);
    if (!rule) return notApplicable('no DestinationRule covers it');
    const outside = client && client.pods.every((pod) => membershipOf(pod, namespaces) === undefined);
    if (outside) return notApplicable('the client has no sidecar that would obey a DestinationRule');
    const members = podsSelectedBy(service, pods);
    for (const port of service.spec.ports ?? []) {
      const told = tlsModeOf(rule, port.port);
      if (!told) continue;
      const bare = members.filter((pod) => membershipOf(pod, namespaces) === undefined);
      const modes = members
        .filter((pod) => membershipOf(pod, namespaces) !== undefined)
        .map((pod) => ({ pod, ...mutualTlsOf(pod, resolveTargetPort(pod, port), peerAuthentications) }));
      const strict = modes.find(({ mode }) => mode === 'STRICT');
      const switchedOff = told.mode === 'ISTIO_MUTUAL' ? modes.find(({ mode }) => mode === 'DISABLE') : undefined;
      if (switchedOff?.policy)
        return switchedOffProblem(service, rule, told, switchedOff.policy, switchedOff.field, port);
      const plain = told.mode === 'SIMPLE' && !strict ? speaksPlainly(members, port) : undefined;
      if (plain) return encryptedProblem(service, rule, told, plain);
      const unanswered = told.mode === 'ISTIO_MUTUAL' && bare.length > 0;
      const refused = (told.mode === 'DISABLE' || told.mode === 'SIMPLE') && strict;
      if (!unanswered && !refused) continue;
      const [pod] = bare;
      return problem({
        certainty: 'certain',
        ...(unanswered && bare.length < members.length ? { impact: 'degrades' as const } : {}),
        summary: unanswered
          ? `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name} has clients speak mTLS (ISTIO_MUTUAL) to ${name}, whose Pods have no sidecar`
          : `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name} ${told.mode === 'DISABLE' ? 'has clients speak plain text (tls mode DISABLE)' : 'has clients speak TLS of their own (mode SIMPLE)'} to ${name}, where PeerAuthentication ${strict?.policy?.metadata.namespace}/${strict?.policy?.metadata.name} is STRICT`,
        evidence: allOf([
          evidence(rule, told.field, told.mode),
          evidence(rule, 'spec.host', rule.spec?.['host']),
          ...(unanswered && pod
            ? [
                evidence(
                  pod,
                  'spec.containers',
                  `${pod.spec.containers.map((each) => each.name).join(', ')}: no istio-proxy`,
                ),
              ]
            : []),
          ...(!unanswered && strict?.policy ? [evidence(strict.policy, strict.field, strict.mode)] : []),
        ]),
        confirm: [
          confirm(
            kubectl('get', 'destinationrule', rule.metadata.name, '-n', rule.metadata.namespace ?? '', '-o', 'yaml'),
            `mode: ${told.mode}`,
          ),
          confirm(
            kubectl('get', 'pods', '-n', namespace, '-o', 'jsonpath={.items[*].spec.containers[*].name}'),
            unanswered ? 'no istio-proxy' : 'istio-proxy',
          ),
        ],
        fix: {
          explain: unanswered
            ? `Take the tls setting out of the DestinationRule: Istio then speaks mTLS only to Pods that have a sidecar. Or give ${name} a sidecar.`
            : 'Set ISTIO_MUTUAL in the DestinationRule, or take its tls setting out: Istio then finds the mode by itself.',
          patch: {
            object: rule,
            type: 'json',
            body: unanswered
              ? [{ op: 'remove', path: pointerTo(told.field.replace(/\.mode$/, '')) }]
              : [{ op: 'replace', path: pointerTo(told.field), value: 'ISTIO_MUTUAL' }],
          },
        },
      });
    }
    return passed(`DestinationRule ${rule.metadata.name} and the server agree about TLS`);
  },
});

/** The server's own policy takes plain text only, and its clients are told to speak mTLS. */
function switchedOffProblem(
  service: Service,
  rule: CustomObject,
  told: { readonly mode: string; readonly field: string },
  policy: CustomObject,
  field: string,
  port: ServicePort,
): Outcome {
  const { name } = service.metadata;
  const where = `PeerAuthentication ${policy.metadata.namespace}/${policy.metadata.name}`;
  return problem({
    certainty: 'certain',
    summary: `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name} has clients speak mTLS (${told.mode}) to port ${port.port} of ${name}, where ${where} takes plain text only (DISABLE)`,
    evidence: [
      evidence(rule, told.field, told.mode),
      evidence(rule, 'spec.host', rule.spec?.['host']),
      evidence(policy, field, 'DISABLE'),
    ],
    confirm: [
      confirm(
        kubectl('get', 'peerauthentication', policy.metadata.name, '-n', policy.metadata.namespace ?? '', '-o', 'yaml'),
        'mode: DISABLE',
      ),
    ],
    fix: {
      explain: `Take the tls setting out of the DestinationRule: Istio then speaks to each port as the server wants it. Or let ${where} take mTLS there.`,
      patch: {
        object: rule,
        type: 'json',
        body: [{ op: 'remove', path: pointerTo(told.field.replace(/\.mode$/, '')) }],
      },
    },
  });
}

interface Plain {
  readonly pod: Pod;
  readonly field: string;
  readonly saw: string;
  /** Whether the application was seen to answer plain HTTP there. */
  readonly proven: boolean;
}

/** What tells that the application behind a port takes plain HTTP: a probe that succeeds without TLS, or how its port is called. */
function speaksPlainly(pods: readonly Pod[], port: ServicePort): Plain | undefined {
  for (const pod of pods) {
    const target = resolveTargetPort(pod, port);
    for (const [place, { ports = [], readinessProbe }] of pod.spec.containers.entries()) {
      const at = `spec.containers[${place}]`;
      const declared = ports.find(({ containerPort }) => containerPort === target);
      const { httpGet } = readinessProbe ?? {};
      const probed = httpGet && (httpGet.port === target || (declared?.name && httpGet.port === declared.name));
      if (probed && isReady(pod))
        return httpGet.scheme === 'HTTPS'
          ? undefined
          : { pod, field: `${at}.readinessProbe.httpGet`, saw: `HTTP on ${target}, and it succeeds`, proven: true };
      if (declared?.name && /^http2?(-|$)/.test(declared.name))
        return { pod, field: `${at}.ports`, saw: `${declared.name} ${target}`, proven: false };
    }
  }
  return undefined;
}

/** Clients are told to encrypt, and the application takes plain text: its sidecar hands TLS that is not the mesh's on as it comes. */
function encryptedProblem(
  service: Service,
  rule: CustomObject,
  told: { readonly mode: string; readonly field: string },
  { pod, field, saw, proven }: Plain,
): Outcome {
  const where = `DestinationRule ${rule.metadata.namespace}/${rule.metadata.name}`;
  return problem({
    certainty: proven ? 'certain' : 'likely',
    summary: `${where} has clients speak TLS of their own (mode ${told.mode}) to ${service.metadata.name}, whose Pods take plain HTTP`,
    evidence: [
      evidence(rule, told.field, told.mode),
      evidence(rule, 'spec.host', rule.spec?.['host']),
      evidence(pod, field, saw),
    ],
    confirm: [
      confirm(
        kubectl('get', 'destinationrule', rule.metadata.name, '-n', rule.metadata.namespace ?? '', '-o', 'yaml'),
        `mode: ${told.mode}`,
      ),
    ],
    fix: {
      explain: `Take the tls setting out of ${where}: inside the mesh the sidecars encrypt by themselves. SIMPLE is for servers that have a certificate of their own.`,
      patch: {
        object: rule,
        type: 'json',
        body: [{ op: 'remove', path: pointerTo(told.field.replace(/\.mode$/, '')) }],
      },
    },
  });
}
