import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import type { EndpointSlice } from '../../k8s/objects.ts';
import { connected, formatSocket, formatSource, type TriedPath } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/kube-proxy-rules',
  title: 'The ClusterIP is not translated on a node',
  why: 'A ClusterIP exists only in the rules (iptables, nftables or IPVS) that kube-proxy keeps on each node. Where the Pod’s own address answers and the ClusterIP does not, from the same place, the network is fine and those rules are missing or stale.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/udp-blocked'],
  needs: ['service', 'triedPaths'],
  uses: ['slices', 'kubeProxy', 'client'],
  evaluate({ service, triedPaths, slices = [], kubeProxy, client }) {
    if (triedPaths.length === 0)
      return notApplicable('no connection to this Service was tried from inside the cluster');
    const virtual = triedPaths.filter(({ to, toItself }) => to === 'virtual' && !toItself);
    const failed = virtual.filter(
      (path) =>
        !connected(path) &&
        (reachesPodsDirectly(path, triedPaths) || onlyRulesDiffer(path, triedPaths, slices)) &&
        !succeeded(path, virtual),
    );
    const [first] = failed;
    if (!first)
      return passed(
        virtual.some(connected)
          ? 'the ClusterIP is translated wherever it was tried'
          : 'where the ClusterIP fails, the Pods’ own addresses do too, or were not tried',
      );
    const nodes = [...new Set(failed.map(({ fromNode }) => fromNode ?? 'its node'))];
    const works = virtual.filter(
      (path) => connected(path) && path.fromNode !== undefined && !nodes.includes(path.fromNode),
    );
    const direct = triedPaths.filter(
      (path) => path.to === 'endpoint' && connected(path) && path.fromNode === first.fromNode,
    );
    const proxies = (kubeProxy?.pods ?? []).filter(({ spec }) => nodes.includes(spec.nodeName ?? ''));
    const callers = client?.pods.map(({ spec }) => spec.nodeName) ?? [];
    const all = callers.length === 0 ? works.length === 0 : callers.every((node) => nodes.includes(node ?? ''));
    return problem({
      certainty: works.length > 0 && direct.length > 0 ? 'certain' : 'likely',
      ...(all ? {} : { impact: 'degrades' }),
      summary: `kube-proxy on ${nodes.join(', ')} does not translate ${first.connect.to.address}: ${direct.length > 0 ? 'from there the Pods answer by their own addresses, the ClusterIP does not' : 'from there it does not answer'} (${first.connect.outcome})${works.length > 0 ? `; on ${works[0]?.fromNode} it does` : ''}`,
      evidence: allOf(
        [...failed.slice(0, 3), ...direct.slice(0, 2), ...works.slice(0, 2)]
          .map((path) =>
            evidence(
              path.from ?? service,
              'connect',
              `${formatSource(path)} to ${formatSocket(path)}${path.to === 'virtual' ? ' (ClusterIP)' : ` (Pod${path.toNode ? ` on ${path.toNode}` : ''})`}: ${path.connect.outcome}`,
            ),
          )
          .concat(
            proxies
              .slice(0, 2)
              .map((pod) => evidence(pod, 'spec.nodeName', `${pod.spec.nodeName}: the kube-proxy to look at`)),
          ),
      ),
      confirm: [
        confirm(
          kubectl('logs', '-n', 'kube-system', proxies[0]?.metadata.name ?? 'daemonset/kube-proxy', '--tail=50'),
          'errors about EndpointSlices, iptables-restore, nftables or IPVS',
        ),
      ],
      fix: {
        explain: `Make kube-proxy on ${nodes.join(', ')} write its rules anew: delete its Pod, and if that does not help, look in its log for what keeps it from reading EndpointSlices or writing rules.`,
        ...(proxies[0]
          ? {
              commands: [kubectl('delete', 'pod', proxies[0].metadata.name, '-n', proxies[0].metadata.namespace ?? '')],
            }
          : {}),
      },
    });
  },
});

const samePlace = (a: TriedPath, b: TriedPath): boolean =>
  a.from !== undefined ? a.from === b.from : a.fromNode === b.fromNode;

/** From the same place every endpoint that was tried answered, and at least one was tried. */
function reachesPodsDirectly(path: TriedPath, all: readonly TriedPath[]): boolean {
  const direct = all.filter((other) => other.to === 'endpoint' && samePlace(path, other));
  return direct.length > 0 && direct.every(connected);
}

/**
 * Nobody tried the Pods, yet only the rules can differ: it is refused here, or all Pods are on this very node, and elsewhere it answers.
 * Ready Pods are never refused by rules that are up to date.
 */
function onlyRulesDiffer(path: TriedPath, all: readonly TriedPath[], slices: readonly EndpointSlice[]): boolean {
  if (all.some((other) => other.to === 'endpoint' && samePlace(path, other))) return false;
  const elsewhere = all.some((other) => other.to === 'virtual' && connected(other) && other.fromNode !== path.fromNode);
  const nodes = endpointsIn(slices).flatMap(({ endpoint }) => (isReadyEndpoint(endpoint) ? [endpoint.nodeName] : []));
  const here = nodes.length > 0 && nodes.every((node) => node !== undefined && node === path.fromNode);
  return elsewhere && (path.connect.outcome === 'refused' || (path.connect.outcome === 'timeout' && here));
}

/** The same question was answered, at another time or to another Pod of the node: then the rules are there, and something else is at play. */
const succeeded = (path: TriedPath, virtual: readonly TriedPath[]): boolean =>
  virtual.some(
    (other) =>
      connected(other) &&
      (samePlace(path, other) || (path.fromNode !== undefined && other.fromNode === path.fromNode)) &&
      other.connect.to.port === path.connect.to.port &&
      other.connect.to.protocol === path.connect.to.protocol,
  );
