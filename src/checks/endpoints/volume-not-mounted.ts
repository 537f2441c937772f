import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, podsIn, says } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/volume-not-mounted',
  title: 'A volume cannot be mounted',
  why: 'Kubelet starts no container before every volume of the Pod is mounted. A missing Secret or ConfigMap, or a disk that cannot be attached, keeps the Pod in ContainerCreating for ever.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'events'],
  uses: ['workloads', 'slices'],
  evaluate(facts) {
    const found = podsIn(['volume'], facts, 'no Pod waits for a volume');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const missing = /(configmap|secret|persistentvolumeclaim)s? "([^"]+)" not found/i.exec(trouble.message);
    const key = /references non-existent (?:config|secret) key: (\S+)/.exec(trouble.message);
    const volume = /MountVolume\.\S+ failed for volume "([^"]+)"/.exec(trouble.message)?.[1];
    const cause = missing
      ? `${missing[1]} ${missing[2]} does not exist in ${namespace}`
      : key
        ? `the key ${key[1]} does not exist`
        : brief(trouble.message, 150);
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject} wait${troubled.length === 1 ? 's' : ''} in ContainerCreating for a volume: ${cause}`,
      evidence: allOf([
        ...says(troubled, (its) => `events[${its.reason}]`),
        ...(pod.spec.volumes ?? [])
          .filter(({ name }) => volume === undefined || name === volume)
          .slice(0, 3)
          .map(({ name, ...source }) => evidence(pod, `spec.volumes[${name}]`, source)),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          `an event ${trouble.reason}: ${brief(trouble.message, 100)}`,
        ),
        ...(missing
          ? [
              confirm(
                kubectl('get', missing[1]?.toLowerCase() ?? '', missing[2] ?? '', '-n', namespace),
                'Error from server (NotFound)',
              ),
            ]
          : []),
      ],
      fix: {
        explain: missing
          ? `Create ${missing[1]} ${missing[2]} in namespace ${namespace}, or correct the name in the template of ${slashed}. A mount of another namespace’s object is not possible.`
          : key
            ? `Add the key to the object, or correct items in the volume of ${slashed}.`
            : /Multi-Attach/.test(trouble.message)
              ? 'The disk is still attached to another node (ReadWriteOnce): delete the Pod that holds it, or use strategy Recreate so that two never run at once.'
              : `Make the storage behind the volume available to the node; the template of ${slashed} names it.`,
      },
    });
  },
});
