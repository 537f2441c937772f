import { eventsAbout, textOf } from '../../k8s/events.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, problem } from '../define.ts';
import { podsIn, says, statusPath, undo } from './pods-in-trouble.ts';

/** What the registry's answer means, and what to do about it. */
function meaningOf(reason: string, message: string): { readonly because: string; readonly remedy: string } {
  const says = (pattern: RegExp) => pattern.test(message);
  if (reason === 'InvalidImageName')
    return {
      because: 'its name is not a valid reference',
      remedy: 'Write the image as registry/repository:tag, in lower case.',
    };
  if (reason === 'ErrImageNeverPull')
    return {
      because: 'the node does not hold it and imagePullPolicy is Never',
      remedy: 'Load the image onto every node, or set imagePullPolicy to IfNotPresent.',
    };
  if (says(/toomanyrequests|rate limit|429/i))
    return {
      because: 'the registry limits the rate',
      remedy: 'Pull with an account (imagePullSecrets) or from a mirror.',
    };
  if (says(/no match for platform|no matching manifest|exec format/i))
    return {
      because: 'the registry has no build of it for the platform of the node',
      remedy: 'Publish a build for the platform, or pin the Pods to nodes that it fits.',
    };
  if (says(/not found|manifest unknown|does not exist(?!.*(denied|login))|404/i) && !says(/denied|unauthorized/i))
    return {
      because: 'the registry does not have it (not found)',
      remedy: 'Name a repository and tag that exist in the registry.',
    };
  if (says(/unauthorized|denied|authentication required|no basic auth|forbidden|401|403/i))
    return {
      because: 'the registry denies access',
      remedy:
        'Put the registry’s credentials into a Secret of type kubernetes.io/dockerconfigjson in the Pods’ namespace and name it in imagePullSecrets; a misspelt repository is refused alike.',
    };
  if (says(/no such host|server misbehaving/i))
    return {
      because: 'the node cannot resolve the registry’s host name',
      remedy: 'Correct the registry’s name, or the resolver of the node.',
    };
  if (says(/x509|certificate|gave HTTP response to HTTPS client/i))
    return {
      because: 'the node does not trust the registry’s TLS',
      remedy: 'Give the container runtime the registry’s CA, or mark it as insecure there.',
    };
  if (says(/timeout|timed out|connection refused|unreachable|deadline exceeded/i))
    return {
      because: 'the node does not reach the registry',
      remedy: 'Open the way from the nodes to the registry (proxy, firewall, outage).',
    };
  return { because: 'the pull fails', remedy: 'Check the tag, the registry and imagePullSecrets.' };
}

export default defineCheck({
  id: 'endpoints/image-pull',
  title: 'The image cannot be pulled',
  why: 'A container starts once its image is on the node. While the pull fails, kubelet retries with growing pauses (ErrImagePull, then ImagePullBackOff), the Pod stays Pending and serves nobody.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods'],
  uses: ['workloads', 'events', 'slices'],
  evaluate(facts) {
    const found = podsIn(['image'], facts, 'every image is on its node');
    if (found.outcome !== 'in trouble') return found;
    const { troubled, impact, subject, owner, namespace, slashed } = found;
    const [{ pod, trouble }] = troubled;
    const { because, remedy } = meaningOf(trouble.reason, trouble.message);
    const container = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
      ({ name }) => name === trouble.container,
    );
    const secrets = (pod.spec.imagePullSecrets ?? []).map(({ name }) => name).join(', ');
    const lostSecret = eventsAbout(pod, facts.events ?? []).find(
      ({ reason }) => reason === 'FailedToRetrieveImagePullSecret',
    );
    const hint = lostSecret ? ' A Secret named in imagePullSecrets does not exist in this namespace.' : '';
    return problem({
      certainty: 'certain',
      impact,
      summary: `${subject} cannot pull ${trouble.image}: ${because}`,
      evidence: allOf([
        evidence(pod, `spec.containers[${trouble.container}].image`, trouble.image),
        ...says(troubled, (its) => `${statusPath(its.container, its.init)}.state.waiting`),
        ...(lostSecret ? [evidence(pod, 'events[FailedToRetrieveImagePullSecret]', textOf(lostSecret))] : []),
        ...(/denies/.test(because) ? [evidence(pod, 'spec.imagePullSecrets', secrets || 'none')] : []),
        ...(container?.imagePullPolicy === 'Never'
          ? [evidence(pod, `spec.containers[${trouble.container}].imagePullPolicy`, 'Never')]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'pod', pod.metadata.name, '-n', namespace),
          `Events end with ${trouble.reason} for ${trouble.image}`,
        ),
      ],
      fix: {
        explain: `${remedy}${hint} The image is set in ${slashed}, container ${trouble.container}; undo the rollout if the previous one worked.`,
        commands: [
          ...(/denies/.test(because) || !owner || owner.kind === 'CronJob'
            ? []
            : [
                kubectl(
                  'set',
                  'image',
                  slashed,
                  '-n',
                  namespace,
                  `${trouble.container}=${repositoryOf(trouble.image)}:EXISTING_TAG`,
                ),
              ]),
          ...undo(owner, namespace),
        ],
      },
    });
  },
});

/** The image without its tag or digest; a port in the registry's name is no tag. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
