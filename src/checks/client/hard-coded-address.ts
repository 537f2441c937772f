import { arrivesAt, hasTellingPort, isAddress, speaksOf, type Call } from '../../k8s/leads.ts';
import { portOf } from '../../k8s/client-references.ts';
import { ingressesTo } from '../../k8s/ingress.ts';
import type { Node, Pod, Service } from '../../k8s/objects.ts';
import { podIPsOf, podsSelectedBy } from '../../k8s/pods.ts';
import { editsOf, formatAddress, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/hard-coded-address',
  title: 'The client calls a fixed address that is not the Service’s',
  why: 'A Service keeps its ClusterIP only as long as it exists, and a Pod its address only as long as it runs. An address copied into a setting goes stale; the name does not.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls', 'servicesEverywhere'],
  uses: ['pods', 'nodes', 'ingresses'],
  evaluate({ service, client, clientCalls, servicesEverywhere, pods = [], nodes = [], ingresses = [] }) {
    const { name, namespace = '' } = service.metadata;
    if (clientCalls.some((call) => arrivesAt(call, service)))
      return passed(`the client calls the current address or name of ${name}`);
    const behind = podsSelectedBy(service, pods);
    // An ingress controller on the network of the nodes answers there for the Service.
    const atEdge = ingressesTo(service.metadata, ingresses).length > 0;
    const fixed = clientCalls.flatMap((call) => {
      const what =
        (atEdge ? undefined : nodeBehind(call, service, pods, nodes, servicesEverywhere)) ??
        natureOf(call, service, servicesEverywhere, pods, behind);
      return what ? [{ reference: call.reference, what }] : [];
    });
    const [first] = fixed;
    if (!first) return passed('no fixed address stands for it in the client’s settings');
    const right = client.namespace === namespace ? name : `${name}.${namespace}`;
    const { setting } = first.reference;
    const now =
      service.spec.clusterIP === 'None' || !service.spec.clusterIP
        ? 'it has none of its own'
        : `its address is ${service.spec.clusterIP}`;
    return problem({
      certainty: first.what.certain ? 'certain' : 'likely',
      ...(first.what.works ? { impact: 'risks' as const } : {}),
      summary: `${nameOfSetting(setting)} says ${formatAddress(first.reference)}, ${first.what.says}; the Service is ${right}${first.what.works ? '' : `, and ${now}`}`,
      evidence: allOf([
        ...fixed.map(({ reference }) => {
          const { path, saw } = shownSetting(reference.setting, reference.host);
          return evidence(reference.setting.object, path, saw);
        }),
        evidence(service, 'spec.clusterIP', service.spec.clusterIP ?? 'none'),
        ...behind.slice(0, 3).map((pod) => evidence(pod, 'status.podIP', podIPsOf(pod).join(', ') || 'none')),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'services,pods', '--all-namespaces', '-o', 'wide'),
          first.what.works
            ? `${first.reference.host} beside a Pod, and gone with it`
            : `no Service and no Pod of ${name} with ${first.reference.host}`,
        ),
      ],
      fix: {
        explain: `Write the name ${right} in ${nameOfSetting(setting)} instead of an address.`,
        ...editsOf(
          fixed.map(({ reference }) => reference),
          () => ({ host: right }),
          client.object,
        ),
      },
    });
  },
});

interface Nature {
  readonly says: string;
  readonly certain: boolean;
  readonly works?: boolean;
}

/** What an address is, where the Service is meant by it. */
function natureOf(
  call: Call,
  service: Service,
  services: readonly Service[],
  pods: readonly Pod[],
  behind: readonly Pod[],
): Nature | undefined {
  const { reference, lead } = call;
  const { host } = reference;
  if (!isAddress(host) || lead.kind === 'itself') return undefined;
  const holder = pods.find((pod) => podIPsOf(pod).includes(host));
  if (holder && behind.includes(holder))
    return {
      says: `the address of Pod ${holder.metadata.name}, which changes with its next restart`,
      certain: true,
      works: true,
    };
  const port = portOf(reference);
  const offered = (service.spec.ports ?? []).some((own) => own.port === port || own.targetPort === port);
  const spoken = speaksOf(reference, service);
  if (!(spoken && (port === undefined || offered)) && !hasTellingPort(reference, service)) return undefined;
  if (lead.kind === 'service')
    return spoken && !speaksOf(reference, lead.service)
      ? { says: `which is now the address of Service ${lead.service.metadata.name}`, certain: false }
      : undefined;
  const near = (addresses: readonly string[]) => addresses.some((address) => networkOf(address) === networkOf(host));
  if (near(services.flatMap(({ spec }) => [...(spec.clusterIPs ?? []), ...(spec.clusterIP ? [spec.clusterIP] : [])])))
    return { says: 'an address from the range of Services that no Service has any more', certain: true };
  if (!holder && near(pods.flatMap(podIPsOf)))
    return { says: 'an address from the range of Pods that no Pod of the namespace has any more', certain: false };
  return undefined;
}

/** A node answers on node ports and for its own processes: on a Service's port it does not. */
function nodeBehind(
  { reference, lead }: Call,
  service: Service,
  pods: readonly Pod[],
  nodes: readonly Node[],
  services: readonly Service[],
): Nature | undefined {
  const node = nodes.find(({ status }) => status?.addresses?.some(({ address }) => address === reference.host));
  const port = portOf(reference);
  const meant = (service.spec.ports ?? []).find((own) => own.port === port);
  if (!node || lead.kind === 'service' || !meant || !speaksOf(reference, service)) return undefined;
  const opened = pods.some(
    (pod) =>
      podIPsOf(pod).includes(reference.host) ||
      pod.spec.containers.some(({ ports = [] }) => ports.some(({ hostPort }) => hostPort === port)),
  );
  // Load balancers of k3s have the addresses of the nodes.
  const given = services.some(
    ({ spec, status }) =>
      spec.externalIPs?.includes(reference.host) === true ||
      (status?.loadBalancer?.ingress ?? []).some(({ ip }) => ip === reference.host),
  );
  if (opened || given) return undefined;
  const { nodePort } = meant;
  return {
    says: `the address of node ${node.metadata.name}, which answers ${nodePort ? `on node port ${nodePort}, not on ${port}` : `on no port of ${service.metadata.name}: it has no node port`}`,
    certain: false,
  };
}

/** The first half of an address: 10.96 of 10.96.11.7. Close enough for Service and Pod ranges, which nobody publishes. */
const networkOf = (address: string): string => {
  const parts = address.split(/[.:]/);
  return parts[0] === undefined || parts[1] === undefined || address === 'None' ? address : `${parts[0]}.${parts[1]}`;
};
