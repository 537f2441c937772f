import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, podsIn } from './pods-in-trouble.ts';

/** Who writes the condition of a gate, and where to look when it stays closed. */
const writers: readonly (readonly [RegExp, string, string])[] = [
  [
    /^target-health\.elbv2\.k8s\.aws/,
    'the AWS Load Balancer Controller',
    'Make the target group’s health check pass (its path, port, security groups), or remove the label elbv2.k8s.aws/pod-readiness-gate-inject from the namespace and recreate the Pods.',
  ],
  [
    /^target-health\.alb\.ingress\.k8s\.aws/,
    'the AWS ALB Ingress Controller',
    'Make the target group’s health check pass, or remove the gate from the Pod template.',
  ],
  [
    /^cloud\.google\.com\/load-balancer-neg-ready/,
    'GKE’s NEG controller',
    'Make the load balancer’s health check pass (its path, port, firewall rule), or look at the NEG of the Service.',
  ],
  [/^(pod\.)?sec.*gate|kruise/i, 'OpenKruise', 'Look at the OpenKruise controller.'],
];

export default defineCheck({
  id: 'endpoints/readiness-gate',
  title: 'A readiness gate stays closed',
  why: 'A Pod is Ready when its containers are and every readiness gate in its spec is True. A gate is a condition that some controller writes; if it writes False, or does not run, the Pod gets no traffic though kubectl shows 1/1.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'nodes', 'slices'],
  evaluate(facts) {
    const found = podsIn(['gate'], facts, 'no readiness gate is closed');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const [gate] = trouble.gates;
    const type = gate?.type ?? '';
    const writer = writers.find(([pattern]) => pattern.test(type));
    const absent = gate?.status === 'absent';
    const what = absent ? 'has never been set' : `is ${gate?.status}${gate?.reason ? ` (${gate.reason})` : ''}`;
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject}: containers run and are ready, but readiness gate ${type} ${what}`,
      evidence: allOf([
        evidence(pod, 'spec.readinessGates', trouble.gates.map((each) => each.type).join(', ')),
        ...troubled
          .slice(0, 3)
          .flatMap((each) =>
            each.trouble.gates.map(({ type: name, status, reason, message }) =>
              evidence(
                each.pod,
                `status.conditions[${name}]`,
                [status, reason, brief(message, 200)].filter(Boolean).join(': '),
              ),
            ),
          ),
        evidence(pod, 'status.conditions[Ready]', `False: ${trouble.reason}`),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'pod', pod.metadata.name, '-n', namespace, '-o', 'wide'),
          `READINESS GATES 0/${pod.spec.readinessGates?.length ?? 1}`,
        ),
      ],
      fix: {
        explain: absent
          ? `Start ${writer?.[1] ?? `the controller that writes ${type}`}, or remove the gate from the Pod template: nobody sets the condition. ${writer?.[2] ?? ''}`.trim()
          : (writer?.[2] ?? `Look at the controller that writes ${type}: it says why the gate is closed.`),
      },
    });
  },
});
