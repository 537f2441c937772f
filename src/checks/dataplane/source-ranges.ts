import { isInCidr } from '../../k8s/addresses.ts';
import { podIPsOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/source-ranges',
  title: 'loadBalancerSourceRanges leaves the client out',
  why: 'With loadBalancerSourceRanges only these addresses may use the load balancer: the cloud’s firewall and kube-proxy drop all others, Pods of the cluster included when they call the external address. The ClusterIP is not restricted.',
  impact: 'breaks',
  needs: ['service', 'client'],
  uses: ['clientReferences', 'triedPaths', 'nodes'],
  evaluate({ service, client, clientReferences = [], triedPaths = [], nodes = [] }) {
    const ranges = service.spec.loadBalancerSourceRanges ?? [];
    if (service.spec.type !== 'LoadBalancer' || ranges.length === 0)
      return notApplicable('the Service restricts nobody by address');
    const external = (service.status?.loadBalancer?.ingress ?? [])
      .flatMap(({ ip, hostname }) => [ip, hostname])
      .filter((address): address is string => Boolean(address));
    const calls = clientReferences.find(({ host }) => external.includes(host));
    const failed = triedPaths.find(
      ({ connect, from }) =>
        external.includes(connect.to.address) &&
        connect.outcome !== 'connected' &&
        from !== undefined &&
        client.pods.includes(from),
    );
    if (!calls && !failed)
      return passed(`only ${ranges.join(', ')} may use the external address; the client is not seen to`);
    const sources = [
      ...client.pods.flatMap(podIPsOf),
      ...nodes.flatMap(({ status }) => (status?.addresses ?? []).map(({ address }) => address)),
    ];
    if (sources.some((address) => ranges.some((range) => isInCidr(address, range))))
      return passed('the ranges hold the client or its node');
    const [pod] = client.pods;
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: failed ? 'certain' : 'likely',
      summary: `${client.object.metadata.name} calls the external address ${calls?.host ?? failed?.connect.to.address}, and loadBalancerSourceRanges admits ${ranges.slice(0, 3).join(', ')} only`,
      evidence: allOf([
        evidence(service, 'spec.loadBalancerSourceRanges', ranges.join(', ')),
        evidence(service, 'status.loadBalancer.ingress', external.join(', ')),
        ...(calls ? [evidence(calls.setting.object, calls.setting.path, calls.host)] : []),
        ...(pod ? [evidence(pod, 'status.podIP', podIPsOf(pod).join(', ') || 'none')] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.loadBalancerSourceRanges}'),
          ranges.join(', '),
        ),
      ],
      fix: {
        explain: `Call ${name}.${namespace} by its name from inside the cluster, or add the client’s addresses to loadBalancerSourceRanges.`,
      },
    });
  },
});
