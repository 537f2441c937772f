import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { brief, podsIn, says, statusPath } from './pods-in-trouble.ts';

export default defineCheck({
  id: 'endpoints/container-config',
  title: 'The container cannot be created',
  why: 'Kubelet resolves the environment of a container before it creates it. A Secret, ConfigMap or key that does not exist ends in CreateContainerConfigError; what the runtime itself refuses ends in CreateContainerError.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'slices'],
  evaluate(facts) {
    const found = podsIn(['config'], facts, 'every container could be created');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, slashed, namespace } = found;
    const [{ pod, trouble }] = troubled;
    const missing = /(secret|configmap) "([^"]+)" not found/i.exec(trouble.message);
    const key = /couldn't find key (\S+) in (Secret|ConfigMap) (\S+)/i.exec(trouble.message);
    const object = missing
      ? [missing[1] ?? '', missing[2] ?? '']
      : key
        ? [key[2] ?? '', (key[3] ?? '').replace(/^.*\//, '')]
        : undefined;
    const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
      ({ name }) => name === trouble.container,
    );
    const readers = (container?.env ?? []).filter(({ valueFrom }) => {
      const ref = valueFrom?.secretKeyRef ?? valueFrom?.configMapKeyRef;
      return object !== undefined && ref?.name === object[1];
    });
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject}: container ${trouble.container} waits in ${trouble.reason}${trouble.message ? `: ${brief(trouble.message, 130)}` : ''}`,
      evidence: allOf([
        ...says(troubled, (its) => `${statusPath(its.container, its.init)}.state.waiting`),
        ...readers
          .slice(0, 3)
          .map(({ name, valueFrom }) =>
            evidence(pod, `spec.containers[${trouble.container}].env[${name}].valueFrom`, valueFrom),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          `State: Waiting, Reason: ${trouble.reason}`,
        ),
        ...(object
          ? [
              confirm(
                kubectl('get', object[0]?.toLowerCase() ?? '', object[1] ?? '', '-n', namespace),
                missing ? 'Error from server (NotFound)' : `no key ${key?.[1]}`,
              ),
            ]
          : []),
      ],
      fix: {
        explain: missing
          ? `Create ${missing[1]} ${missing[2]} in namespace ${namespace} (it must be the Pods’ own), or correct its name in the template of ${slashed}.`
          : key
            ? `Add the key ${key[1]} to ${object?.join(' ')}, or name a key that exists in the template of ${slashed}.`
            : /runAsNonRoot/.test(trouble.message)
              ? `Run an image whose user is a number other than 0, or set securityContext.runAsUser in ${slashed}.`
              : `Correct what the message names in the template of ${slashed}.`,
      },
    });
  },
});
