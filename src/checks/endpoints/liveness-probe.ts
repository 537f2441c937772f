import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { diagnoseProbe } from './failing-probe.ts';
import { brief, podsIn, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/liveness-probe',
  title: 'Kubelet keeps killing the container for its probe',
  why: 'A container whose liveness (or startup) probe fails failureThreshold times is killed and restarted. A probe that asks for the wrong path or port, or asks too early, kills a healthy app for ever.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/readiness-probe', 'endpoints/restarts-often'],
  needs: ['service', 'pods', 'events'],
  uses: ['workloads', 'logs', 'httpGets', 'listeners', 'slices'],
  evaluate(facts) {
    const found = podsIn(['killed'], facts, 'no probe kills a container', ({ init }) => !init);
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const { container, message, probe, restarts, exitCode, init } = trouble;
    const field = `${probe}Probe` as const;
    const defined = pod.spec.containers.find(({ name }) => name === container)?.[field];
    const patience =
      (defined?.initialDelaySeconds ?? 0) + (defined?.failureThreshold ?? 3) * (defined?.periodSeconds ?? 10);
    const its = diagnoseProbe({
      pod,
      container,
      field,
      message,
      owner,
      slashed,
      patience,
      logs: facts.logs,
      httpGets: facts.httpGets,
      listeners: facts.listeners,
    });
    const started =
      probe === 'liveness' && pod.spec.containers.some((each) => each.name === container && each.startupProbe);
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject}: ${probe} probe ${its.words}; kubelet has restarted ${container} ${restarts} times`,
      evidence: allOf([
        ...its.evidence,
        evidence(pod, `${statusPath(container, init)}.restartCount`, `${restarts}`),
        evidence(pod, `${statusPath(container, init)}.lastState.terminated.exitCode`, `${exitCode ?? 'unknown'}`),
        evidence(
          pod,
          `spec.containers[${container}].${field}`,
          `kills after about ${patience} s (initialDelaySeconds + failureThreshold × periodSeconds)`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          `Killing: Container ${container} failed ${probe} probe, will be restarted; ${brief(message, 100)}`,
        ),
      ],
      fix:
        its.fix.patch || its.slow
          ? its.fix
          : {
              explain: `${its.fix.explain} ${
                probe === 'startup'
                  ? `An app that is merely slow needs a larger failureThreshold × periodSeconds (now ${patience} s in all).`
                  : started
                    ? 'Its startupProbe has succeeded, so the app stops answering later: look at its log and its load.'
                    : 'If the app is merely slow to start, add a startupProbe, which holds the others back.'
              }`,
            },
    });
  },
});
