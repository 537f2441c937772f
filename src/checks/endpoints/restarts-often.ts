import { eventsAbout, textOf } from '../../k8s/events.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { podsBehind } from '../../k8s/pod-troubles.ts';
import { refTo } from '../../k8s/references.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { brief, statusPath } from './pods-in-trouble.ts';

/** A container that ended this recently, and this often, will end again. */
const recentMinutes = 15;
const often = 5;

export default defineCheck({
  id: 'endpoints/restarts-often',
  title: 'The containers keep restarting',
  why: 'A container that runs between two restarts looks healthy in a snapshot. Each restart tears its connections and takes the Pod out of the Service for a while; with few Pods, callers see refused connections now and then.',
  impact: 'degrades',
  needs: ['service', 'pods', 'now'],
  uses: ['events', 'workloads'],
  evaluate({ service, pods, now, events = [], workloads = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const { serving } = podsBehind(service, pods);
    if (serving.length === 0) return notApplicable('no Pod serves at all');
    const restless = serving.flatMap((pod) =>
      (pod.status?.containerStatuses ?? []).flatMap((status) => {
        const last = status.lastState?.terminated;
        const minutes = (now - Date.parse(last?.finishedAt ?? '')) / 60_000;
        return last && (status.restartCount ?? 0) >= often && minutes <= recentMinutes ? [{ pod, status, last }] : [];
      }),
    );
    const [first] = restless;
    if (!first) return passed('no container of a serving Pod has ended again and again of late');
    const { pod, status, last } = first;
    const kill = eventsAbout(pod, events).find(
      ({ reason, ...event }) =>
        (reason === 'Killing' || reason === 'Unhealthy') && /liveness|startup/i.test(textOf(event)),
    );
    const why = kill ? brief(textOf(kill), 110) : `${last.reason ?? 'Error'}, exit code ${last.exitCode}`;
    const count = new Set(restless.map((each) => each.pod)).size;
    const owner = topOwnerOf(pod, workloads);
    const namespace = service.metadata.namespace ?? '';
    return problem({
      certainty: 'certain',
      impact: count === serving.length ? 'degrades' : 'risks',
      summary: `Container ${status.name} of ${count === 1 ? `Pod ${pod.metadata.name}` : `${count} Pods`} has restarted ${status.restartCount} times, the last time at ${last.finishedAt}: ${why}`,
      evidence: allOf([
        ...restless.slice(0, 3).flatMap((each) => [
          evidence(each.pod, `${statusPath(each.status.name, false)}.restartCount`, `${each.status.restartCount}`),
          evidence(each.pod, `${statusPath(each.status.name, false)}.lastState.terminated`, {
            exitCode: each.last.exitCode,
            reason: each.last.reason,
            finishedAt: each.last.finishedAt,
          }),
        ]),
        ...(kill ? [evidence(pod, `events[${kill.reason}]`, brief(textOf(kill), 300))] : []),
      ]),
      confirm: [
        confirm(kubectl('get', 'pods', '-n', namespace), `RESTARTS ${status.restartCount} for ${pod.metadata.name}`),
      ],
      fix: {
        explain: `${kill ? 'Correct the probe or what it finds' : 'Mend what ends the container'} in ${refTo(owner ?? pod).kind}/${(owner ?? pod).metadata.name}: the log of the previous run says more.`,
      },
    });
  },
});
