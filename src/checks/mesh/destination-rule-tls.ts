import { destinationRuleFor, membershipOf, mutualTlsOf, tlsModeOf } from '../../k8s/istio.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { resolveTargetPort } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'mesh/destination-rule-tls',
  title: 'The DestinationRule and the server disagree about TLS',
  why: 'A DestinationRule tells the sidecars of clients how to connect; it is obeyed instead of what Istio finds out by itself. ISTIO_MUTUAL towards Pods without a sidecar, or DISABLE towards a STRICT server, fails with 503.',
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
      const strict = members
        .filter((pod) => membershipOf(pod, namespaces) !== undefined)
        .map((pod) => ({ pod, ...mutualTlsOf(pod, resolveTargetPort(pod, port), peerAuthentications) }))
        .find(({ mode }) => mode === 'STRICT');
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
