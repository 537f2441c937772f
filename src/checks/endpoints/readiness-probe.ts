import { allOf, asking, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';
import { diagnoseProbe } from './failing-probe.ts';
import { brief, mayWaitForPeers, peersHint, podsIn } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/readiness-probe',
  title: 'The readiness probe fails',
  why: 'Kubelet asks the container whether it can serve. As long as the readiness probe fails, the Pod runs, but its condition Ready is False and it gets no traffic; nothing restarts it.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'logs', 'httpGets', 'grpcHealths', 'listeners', 'connects', 'now', 'slices'],
  evaluate(facts) {
    const found = podsIn(['probe'], facts, 'every readiness probe succeeds', ({ probe }) => probe === 'readiness');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, slashed, namespace } = found;
    const { pod, trouble } = troubled.find((each) => each.trouble.message !== '') ?? troubled[0];
    const { container, message } = trouble;
    const its = diagnoseProbe({
      pod,
      container,
      field: 'readinessProbe',
      message,
      owner,
      slashed,
      logs: facts.logs,
      httpGets: facts.httpGets,
      grpcHealths: facts.grpcHealths,
      listeners: facts.listeners,
      connects: facts.connects,
      now: facts.now,
    });
    if (its.answersNow) return passed('the path that the readiness probe asks for answers by now');
    const wait = secondsToFirstProbe(pod, container, facts.now);
    const peers = impact === 'breaks' && its.asksRightly && mayWaitForPeers(facts.service, owner, pod);
    const patient = message === '' && wait > 0;
    return problem({
      certainty: (its.proven && !peers) || patient ? 'certain' : 'likely',
      impact,
      summary: patient
        ? `${subject}: the first readiness probe comes after initialDelaySeconds, in ${wait} s`
        : `${subject}: readiness probe ${its.words}`,
      evidence: allOf([
        ...its.evidence,
        ...troubled
          .slice(0, 3)
          .map((each) => evidence(each.pod, 'status.conditions[Ready]', 'False (ContainersNotReady)')),
      ]),
      confirm: allOf([
        ...(its.onLoopback ? [confirm(asking(facts.service, 'exec'), 'the sockets of the Pod, which decide')] : []),
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          message ? `Unhealthy: ${brief(message, 140)}` : 'READY 0/1, and an event Unhealthy',
        ),
      ]),
      fix: { ...its.fix, explain: `${its.fix.explain}${peersHint(facts.service, owner)}` },
    });
  },
});

/** How long the first probe still waits for `initialDelaySeconds`; 0 where it has been asked, or the time is unknown. */
function secondsToFirstProbe(
  pod: Parameters<typeof diagnoseProbe>[0]['pod'],
  container: string,
  now: number | undefined,
): number {
  const delay = pod.spec.containers.find(({ name }) => name === container)?.readinessProbe?.initialDelaySeconds ?? 0;
  const startedAt = pod.status?.containerStatuses?.find(({ name }) => name === container)?.state?.running?.startedAt;
  if (now === undefined || !startedAt) return 0;
  const left = delay - (now - Date.parse(startedAt)) / 1000;
  return left > 0 ? Math.ceil(left) : 0;
}
