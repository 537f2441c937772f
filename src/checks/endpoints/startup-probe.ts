import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { diagnoseProbe } from './failing-probe.ts';
import { brief, mayWaitForPeers, podsIn, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/startup-probe',
  title: 'The startup probe has not succeeded',
  why: 'Until its startup probe succeeds once, a container counts as not started: no other probe runs, the Pod gets no traffic, and after failureThreshold × periodSeconds kubelet kills it.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'logs', 'httpGets', 'listeners', 'slices'],
  evaluate(facts) {
    const found = podsIn(['probe'], facts, 'every container has started', ({ probe }) => probe === 'startup');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const { container, message, init } = trouble;
    const probe = pod.spec.containers.find(({ name }) => name === container)?.startupProbe;
    const patience = (probe?.initialDelaySeconds ?? 0) + (probe?.failureThreshold ?? 3) * (probe?.periodSeconds ?? 10);
    const its = diagnoseProbe({
      pod,
      container,
      field: 'startupProbe',
      message,
      owner,
      slashed,
      patience,
      logs: facts.logs,
      httpGets: facts.httpGets,
      listeners: facts.listeners,
    });
    const peers = impact === 'breaks' && its.asksRightly && mayWaitForPeers(facts.service, owner, pod);
    return problem({
      certainty: its.proven && !peers ? 'certain' : 'likely',
      impact,
      summary: `${subject}: startup probe ${its.words}`,
      evidence: allOf([
        ...its.evidence,
        evidence(pod, `${statusPath(container, init)}.started`, 'false'),
        evidence(
          pod,
          `spec.containers[${container}].startupProbe`,
          `failureThreshold × periodSeconds = ${patience} s until kubelet kills it`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          message ? `Unhealthy: ${brief(message, 140)}` : 'Started, READY 0/1',
        ),
      ],
      fix:
        its.fix.patch || its.slow
          ? its.fix
          : {
              explain: `${its.fix.explain} An app that is merely slow needs a larger failureThreshold (now ${patience} s in all).`,
            },
    });
  },
});
