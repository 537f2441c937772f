import { eventsAbout, textOf } from '../../k8s/events.ts';
import type { Pod } from '../../k8s/objects.ts';
import { containerStatusesOf, podsSelectedBy } from '../../k8s/pods.ts';
import { hasServiceLinks, serviceLinksOf } from '../../k8s/service-links.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/too-many-service-variables',
  title: 'Too many Service variables: the container cannot be executed',
  why: 'Unless enableServiceLinks is false, every Service adds seven or more variables to all containers of its namespace. With thousands of Services they exceed what Linux accepts, and exec fails with "argument list too long".',
  impact: 'breaks',
  explains: [
    'endpoints/crash-looping',
    'endpoints/restarts-often',
    'endpoints/init-container',
    'endpoints/starting',
    'endpoints/none-ready',
  ],
  needs: ['service', 'services', 'pods'],
  uses: ['workloads', 'logs', 'events'],
  evaluate({ service, services, pods, workloads = [], logs = [], events = [] }) {
    const victims = podsSelectedBy(service, pods).flatMap((pod) => {
      const words = [
        ...wordsOf(pod),
        ...logs.filter((log) => log.pod.name === pod.metadata.name).map(({ text }) => text),
        ...eventsAbout(pod, events).map(textOf),
      ];
      const says = words.find((text) => /argument list too long/i.test(text));
      return says !== undefined && hasServiceLinks(pod.spec) ? [{ pod, says }] : [];
    });
    const [first] = victims;
    if (!first) return passed('no container fails with "argument list too long"');
    const { pod, says } = first;
    const { namespace = '' } = pod.metadata;
    const owner = topOwnerOf(pod, workloads);
    const variables = services.reduce((count, each) => count + serviceLinksOf(each).size, 0);
    return problem({
      certainty: 'certain',
      summary: `${services.length} Services of ${namespace} inject ${variables} variables into ${pod.metadata.name}: argument list too long`,
      evidence: allOf([
        evidence(pod, 'status.containerStatuses', says.slice(0, 200)),
        evidence(owner ?? pod, 'enableServiceLinks', pod.spec.enableServiceLinks ?? 'true, by default'),
      ]),
      confirm: [confirm(kubectl('get', 'services', '-n', namespace, '--no-headers'), `${services.length} lines`)],
      fix: {
        explain: 'Set enableServiceLinks: false; DNS names do not need these variables.',
        ...(owner && owner.kind !== 'Job' && owner.kind !== 'CronJob'
          ? {
              patch: {
                object: owner,
                type: 'merge' as const,
                body: { spec: { template: { spec: { enableServiceLinks: false } } } },
              },
            }
          : {}),
      },
    });
  },
});

const wordsOf = (pod: Pod): readonly string[] =>
  containerStatusesOf(pod).flatMap(({ state, lastState }) =>
    [state?.waiting?.message, state?.terminated?.message, lastState?.terminated?.message].filter(
      (text): text is string => text !== undefined,
    ),
  );
