import { connected, formatSocket, formatSource } from '../../snapshot/tried-paths.ts';
import type { KubeObject } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';
import { kubectlName } from '../../k8s/resources.ts';

export default defineCheck({
  id: 'policy/other-engine',
  title: 'A policy of another engine may drop the packets',
  why: 'Cilium, Calico and the admin policies of Kubernetes have policies of their own, on top of NetworkPolicies, with denials, priorities and layer-7 rules. svcdoctor judges their common forms (see policy/engine-denies) and names the rest. Where Pods do not answer even on the same node and no NetworkPolicy explains it, they come next.',
  impact: 'breaks',
  explains: ['dataplane/packets-dropped'],
  needs: ['service', 'otherPolicies', 'triedPaths'],
  uses: ['client'],
  evaluate({ service, otherPolicies, triedPaths, client }) {
    const near = otherPolicies.filter(({ metadata }) =>
      [undefined, service.metadata.namespace, client?.namespace].includes(metadata.namespace),
    );
    if (near.length === 0) return notApplicable('there are no policies of other engines in these namespaces');
    const direct = triedPaths.filter(({ to, toItself }) => to === 'endpoint' && !toItself);
    const dropped = direct.filter(({ connect }) => connect.outcome === 'timeout');
    const [first] = dropped;
    if (!first || direct.some(connected))
      return passed(`${near.map(nameOf).slice(0, 3).join(', ')} not judged; the Pods answer where they were tried`);
    const [policy] = near;
    return problem({
      certainty: 'possible',
      summary: `No Pod of ${service.metadata.name} answers ${formatSource(first)}, and ${near.map(nameOf).slice(0, 2).join(', ')} ${near.length > 1 ? 'apply' : 'applies'} there: not judged by svcdoctor`,
      evidence: allOf([
        ...near
          .slice(0, 4)
          .map((each) =>
            evidence(each, 'spec', JSON.stringify((each as { readonly spec?: unknown }).spec ?? {}).slice(0, 200)),
          ),
        ...dropped
          .slice(0, 3)
          .map((path) =>
            evidence(
              path.from ?? service,
              'connect',
              `${formatSource(path)} to ${formatSocket(path)}: ${path.connect.outcome}`,
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            policy ? kubectlName(policy) : 'networkpolicy',
            ...(policy?.metadata.namespace ? ['-n', policy.metadata.namespace] : []),
            '-o',
            'yaml',
          ),
          'a rule that selects these Pods and does not allow the connection',
        ),
      ],
      fix: {
        explain:
          'Ask the engine itself: cilium monitor --type drop (or hubble observe --verdict DROPPED), or the flow logs of Calico, while the client tries again.',
      },
    });
  },
});

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;
