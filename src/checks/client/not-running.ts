import { conditionOf, containerStatusesOf, isFinished, podsSelectedBy } from '../../k8s/pods.ts';
import { danglingReferencesOf } from '../../k8s/client-settings.ts';
import type { Pod } from '../../k8s/objects.ts';
import { podTemplateOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** Reasons for which a container is not even created: no failed connection can be behind them. */
const neverStarted =
  /^(CreateContainerConfigError|CreateContainerError|ImagePullBackOff|ErrImagePull|InvalidImageName|RunContainerError|ErrImageNeverPull)$/;

export default defineCheck({
  id: 'client/not-running',
  title: 'The client itself does not start',
  why: 'A container whose image, ConfigMap or Secret is missing is never created, and a Pod that fits no node never runs. Such a client calls nobody.',
  impact: 'breaks',
  needs: ['client'],
  uses: ['service', 'clientConfigMaps'],
  evaluate({ client, service, clientConfigMaps }) {
    const { pods, object, namespace } = client;
    if (pods.length === 0) return notApplicable(`${client.name.name} has no Pods at the moment`);
    if (service && podsSelectedBy(service, pods).length > 0)
      return notApplicable('the client is itself behind the Service');
    if (pods.every(isFinished)) return notApplicable('the client has run to its end');
    const stuck = pods.flatMap((pod) => {
      const reason = reasonOf(pod);
      return reason ? [{ pod, ...reason }] : [];
    });
    const [first] = stuck;
    if (!first || stuck.length < pods.length)
      return passed(`${pods.length - stuck.length} of ${pods.length} Pods of the client have started`);
    const { pod, reason, message, container } = first;
    const key = /key (\S+) in ConfigMap (\S+)/.exec(message);
    const map = clientConfigMaps?.find(({ metadata }) => key?.[2]?.endsWith(`/${metadata.name}`));
    return problem({
      certainty: 'certain',
      summary: `Pod ${pod.metadata.name} is stuck in ${reason}${message ? `: ${message.slice(0, 140)}` : ''}`,
      evidence: allOf([
        ...stuck
          .slice(0, 3)
          .map((each) =>
            evidence(each.pod, each.path, `${each.reason}${each.message ? `: ${each.message.slice(0, 300)}` : ''}`),
          ),
        ...(clientConfigMaps && reason === 'CreateContainerConfigError'
          ? danglingReferencesOf(client, clientConfigMaps).map((dangling) =>
              evidence(
                object,
                dangling.path,
                `ConfigMap ${dangling.configMap}${dangling.key ? `, key ${dangling.key}` : ''}: does not exist`,
              ),
            )
          : []),
        ...(map ? [evidence(map, 'data', `keys: ${Object.keys(map.data ?? {}).join(', ') || 'none'}`)] : []),
      ]),
      confirm: [confirm(kubectl('get', 'pods', pod.metadata.name, '-n', namespace), `STATUS ${reason}`)],
      fix: {
        explain: explainFor(reason, container, key?.[1], key?.[2]),
        commands: [
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          ...(podTemplateOfIt(object)
            ? [kubectl('get', object.kind.toLowerCase(), object.metadata.name, '-n', namespace, '-o', 'yaml')]
            : []),
        ],
      },
    });
  },
});

const podTemplateOfIt = (object: Parameters<typeof podTemplateOf>[0] | Pod): boolean =>
  object.kind !== 'Pod' && podTemplateOf(object) !== undefined;

interface Reason {
  readonly reason: string;
  readonly message: string;
  readonly path: string;
  readonly container?: string;
}

function reasonOf(pod: Pod): Reason | undefined {
  const waiting = containerStatusesOf(pod).find(({ state }) => neverStarted.test(state?.waiting?.reason ?? ''));
  if (waiting?.state?.waiting?.reason)
    return {
      reason: waiting.state.waiting.reason,
      message: waiting.state.waiting.message ?? '',
      path: `status.containerStatuses[${waiting.name}].state.waiting`,
      container: waiting.name,
    };
  const scheduled = conditionOf(pod, 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
    ? { reason: 'Unschedulable', message: scheduled.message ?? '', path: 'status.conditions[PodScheduled]' }
    : undefined;
}

function explainFor(
  reason: string,
  container: string | undefined,
  key: string | undefined,
  map: string | undefined,
): string {
  if (key !== undefined)
    return `Add the key ${key} to ConfigMap ${map}, or mark the reference in container ${container} optional.`;
  if (reason.includes('Image') || reason === 'ErrImagePull')
    return `Correct the image of container ${container}, or the credentials for its registry.`;
  if (reason === 'Unschedulable') return 'Make room on a node, or lower what the Pod asks for.';
  return `Create what container ${container} refers to, or correct the reference; the events of the Pod name it.`;
}
