import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, inSentence, podsIn, says } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/no-pod-network',
  title: 'The node cannot set the Pods up',
  why: 'Before its containers a Pod gets a sandbox: a network namespace that the CNI plugin connects and gives an address, held by a small container of the runtime. Where that fails (FailedCreatePodSandBox), the Pod stays in ContainerCreating without an IP.',
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
    const part = partOf(trouble.message);
    const nodes = [...new Set(troubled.map((its) => its.pod.spec.nodeName ?? ''))].join(', ');
    return problem({
      certainty: 'certain',
      impact,
      summary: `The ${part} of ${inSentence(subject)} cannot be set up on ${nodes}: ${brief(trouble.message.replace(/^.*?(plugin type=|cni|network for pod|failed to get sandbox)/is, '$1'), 130)}`,
      evidence: allOf([
        ...says(troubled, (its) => `events[${its.reason}]`),
        evidence(pod, 'spec.nodeName', pod.spec.nodeName ?? 'none'),
        ...(part === 'runtime' ? [evidence(pod, 'spec.runtimeClassName', pod.spec.runtimeClassName ?? 'absent')] : []),
      ]),
      confirm: [
        confirm(kubectl('describe', 'pod', pod.metadata.name, '-n', namespace), `${trouble.reason}, again and again`),
        part === 'runtime'
          ? confirm(kubectl('get', 'runtimeclasses'), 'the HANDLER that the nodes are asked for')
          : confirm(
              kubectl('get', 'pods', '-n', 'kube-system', '-o', 'wide'),
              `the CNI plugin’s Pod on ${nodes} missing or not Running`,
            ),
      ],
      fix: {
        explain:
          part === 'runtime'
            ? `RuntimeClass ${pod.spec.runtimeClassName ?? ''} asks for a handler that the container runtime of ${nodes} does not have: configure it there, keep the Pods to nodes that have it (scheduling.nodeSelector of the RuntimeClass), or take runtimeClassName out of the template.`
            : part === 'sandbox image'
              ? `Let ${nodes} reach the registry of the sandbox image (pause), or name one in the configuration of the container runtime that it does reach (sandbox_image of containerd).`
              : exhausted
                ? `The address pool of ${nodes} is used up: give the CNI plugin a larger range, or spread the Pods over more nodes.`
                : `Repair the CNI plugin on ${nodes} (its Pod, its configuration in /etc/cni/net.d, its binaries in /opt/cni/bin); kubelet tries again by itself.`,
      },
    });
  },
});

/** What of the sandbox fails. Source: containerd internal/cri/server/sandbox_run.go. */
function partOf(message: string): 'network' | 'runtime' | 'sandbox image' {
  if (/no runtime for|RuntimeHandler|runtime handler/i.test(message)) return 'runtime';
  return /sandbox image|pause:/i.test(message) ? 'sandbox image' : 'network';
}
