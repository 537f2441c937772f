import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, podsIn, says } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/no-pod-network',
  title: 'The Pods get no network',
  why: 'Before its containers a Pod gets a sandbox: a network namespace that the CNI plugin connects and gives an address. Where that fails (FailedCreatePodSandBox), the Pod stays in ContainerCreating without an IP.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'events'],
  uses: ['workloads', 'nodes', 'slices'],
  evaluate(facts) {
    const found = podsIn(['sandbox'], facts, 'every Pod has its sandbox');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const exhausted = /no (available )?(IP|addresses)|failed to (allocate|assign an IP)|exhausted|no more IPs/i.test(
      trouble.message,
    );
    const nodes = [...new Set(troubled.map((its) => its.pod.spec.nodeName ?? ''))].join(', ');
    return problem({
      certainty: 'certain',
      impact,
      summary: `The network of ${subject} cannot be set up on ${nodes}: ${brief(trouble.message.replace(/^.*?(plugin type=|cni|network for pod)/is, '$1'), 130)}`,
      evidence: allOf([
        ...says(troubled, (its) => `events[${its.reason}]`),
        evidence(pod, 'spec.nodeName', pod.spec.nodeName ?? 'none'),
      ]),
      confirm: [
        confirm(kubectl('describe', 'pod', pod.metadata.name, '-n', namespace), `${trouble.reason}, again and again`),
        confirm(
          kubectl('get', 'pods', '-n', 'kube-system', '-o', 'wide'),
          `the CNI plugin’s Pod on ${nodes} missing or not Running`,
        ),
      ],
      fix: {
        explain: exhausted
          ? `The address pool of ${nodes} is used up: give the CNI plugin a larger range, or spread the Pods over more nodes.`
          : `Repair the CNI plugin on ${nodes} (its Pod, its configuration in /etc/cni/net.d, its binaries in /opt/cni/bin); kubelet tries again by itself.`,
      },
    });
  },
});
