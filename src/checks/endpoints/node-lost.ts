import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, inSentence, podsIn } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/node-lost',
  title: 'The node of the Pods is lost',
  why: 'When a kubelet stops reporting, the control plane marks its node NotReady and turns the Ready condition of every Pod there to False, whatever its containers do. After five minutes it evicts them, but a StatefulSet’s Pods and local volumes stay bound to the node.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/terminating'],
  needs: ['service', 'pods', 'nodes'],
  uses: ['workloads', 'events', 'slices'],
  evaluate(facts) {
    const found = podsIn(['node'], facts, 'the nodes of all Pods report');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const names = [...new Set(troubled.map((each) => each.trouble.node))];
    const nodes = facts.nodes.filter(({ metadata }) => names.includes(metadata.name));
    const status = nodes[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'absent';
    const complaint = nodes[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    const gone = trouble.reason === 'NodeNotFound';
    return problem({
      certainty: 'certain',
      impact,
      summary: gone
        ? `${subject} ${troubled.length === 1 ? 'is' : 'are'} bound to node ${names.join(', ')}, which does not exist`
        : `Node ${names.join(', ')} is NotReady (Ready=${status}, ${trouble.reason}${/NetworkPluginNotReady/.test(complaint) ? ': its network plugin is not ready' : ''}); ${inSentence(subject)} ${troubled.length === 1 ? 'runs' : 'run'} there`,
      evidence: allOf([
        ...nodes.flatMap((node) => {
          const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
          const taints = (node.spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).join(', ');
          return [
            evidence(
              node,
              'status.conditions[Ready]',
              [ready?.status, ready?.reason, brief(ready?.message ?? '', 200)].filter(Boolean).join(': '),
            ),
            ...(taints ? [evidence(node, 'spec.taints', taints)] : []),
          ];
        }),
        ...troubled.slice(0, 3).map((each) => evidence(each.pod, 'spec.nodeName', each.trouble.node)),
        evidence(
          pod,
          'status.conditions[Ready]',
          (pod.status?.containerStatuses ?? []).every(({ ready }) => ready)
            ? 'False, though every container says ready'
            : 'False',
        ),
      ]),
      confirm: [
        confirm(kubectl('get', 'node', ...names), gone ? 'Error from server (NotFound)' : 'STATUS NotReady'),
        confirm(kubectl('get', 'pods', '-n', namespace, '-o', 'wide'), `the Pods on ${names.join(', ')}`),
      ],
      fix: {
        explain: gone
          ? `Delete the Pod for good (kubectl delete pod ${pod.metadata.name} -n ${namespace} --force): its node is gone, and its owner makes a new one elsewhere.`
          : /NetworkPluginNotReady|cni plugin not initialized/i.test(complaint)
            ? `Look at the Pod of the network plugin on ${names.join(', ')} (Calico, Cilium, flannel, …) and its CNI configuration in /etc/cni/net.d: until it is there, Pods on that node get no network.`
            : `Bring kubelet on ${names.join(', ')} back (machine, container runtime, CNI, certificates). If the machine is gone, delete the Node object, so that its Pods are made anew elsewhere.`,
      },
    });
  },
});
