import { isInCidr } from '../../k8s/addresses.ts';
import {
  endpointsIn,
  isReadyEndpoint,
  keptByHand,
  managedByLabel,
  managerOfSlice,
  mirroringController,
  sliceController,
  type ListedEndpoint,
} from '../../k8s/endpoints.ts';
import type { Node, Pod, Service } from '../../k8s/objects.ts';
import { hasSelector, podIPsOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'endpoints/stale-slice',
  title: 'An EndpointSlice that nobody updates lists a dead address',
  why: 'kube-proxy spreads connections over the union of all slices that carry the Service’s name, whoever manages them. The slice controller updates only its own; one left behind by the mirroring controller or written by hand keeps its addresses for ever, and its share of the connections goes nowhere.',
  impact: 'breaks',
  explains: ['endpoints/foreign-slice', 'endpoints/none-ready', 'dataplane/packets-dropped'],
  needs: ['service', 'slices', 'pods'],
  uses: ['nodes'],
  evaluate({ service, slices, pods, nodes = [] }) {
    const listed = endpointsIn(slices).filter(({ endpoint }) => isReadyEndpoint(endpoint));
    // Without a selector nobody keeps the slices of the past either, not even the controller that wrote them.
    const others = listed.filter(({ slice }) => keptByHand(slice) || !hasSelector(service));
    if (others.length === 0) return notApplicable('every slice is kept by the slice controller');
    const dead = others.filter((each) => isDead(each, service, pods, nodes));
    const [first] = dead;
    if (!first) return passed('every address in slices kept by others may exist');
    const { slice, endpoint } = first;
    const addresses = [...new Set(dead.flatMap((each) => each.endpoint.addresses))];
    const manager = managerOfSlice(slice);
    const target = endpoint.targetRef;
    const namesake = target && pods.find(({ metadata }) => metadata.name === target.name);
    const { name, namespace = '' } = service.metadata;
    const keeper =
      manager === mirroringController
        ? 'left by the mirroring controller'
        : manager === sliceController
          ? 'left from the time when the Service had a selector'
          : manager
            ? `managed by ${manager}`
            : 'written by hand';
    const alive = listed.length - dead.length;
    const share =
      alive > 0
        ? `about ${Math.round((100 * dead.length) / listed.length)} % of the connections go there`
        : 'all connections go there';
    const certain = target?.kind === 'Pod' || (hasSelector(service) && manager === mirroringController);
    return problem({
      certainty: certain ? 'certain' : 'likely',
      impact: alive > 0 ? 'degrades' : 'breaks',
      summary: namesake
        ? `EndpointSlice ${slice.metadata.name} is stale: it lists ${addresses.join(', ')}, but Pod ${namesake.metadata.name} now has ${podIPsOf(namesake).join(', ') || 'no address'}`
        : `EndpointSlice ${slice.metadata.name}, ${keeper}, is stale: ${addresses.join(', ')} belongs to no existing Pod, and ${share}`,
      evidence: allOf([
        ...dead
          .slice(0, 4)
          .map((each) =>
            evidence(
              each.slice,
              'endpoints[*].addresses',
              `${each.endpoint.addresses.join(', ')}: no existing Pod has it`,
            ),
          ),
        evidence(slice, `metadata.labels[${managedByLabel}]`, manager ?? 'absent: written by hand'),
        ...(target
          ? [
              evidence(
                slice,
                'endpoints[*].targetRef',
                `${target.kind ?? ''} ${target.name ?? ''}: ${namesake ? 'has another address by now' : 'does not exist'}`,
              ),
            ]
          : []),
        ...listed
          .filter((each) => !dead.includes(each))
          .slice(0, 2)
          .map((each) =>
            evidence(each.slice, 'endpoints[*].addresses', `${each.endpoint.addresses.join(', ')}: alive`),
          ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            namespace,
            '-l',
            `kubernetes.io/service-name=${name}`,
            '-L',
            managedByLabel,
          ),
          `${slice.metadata.name} with ${addresses[0]}`,
        ),
        confirm(
          kubectl('get', 'pods', '-A', '-o', 'wide', '--field-selector', `status.podIP=${addresses[0]}`),
          'No resources found',
        ),
      ],
      fix: hasSelector(service)
        ? {
            explain: `Delete the slice ${slice.metadata.name}: the Service has a selector, and the slice controller keeps a slice of its own.`,
            commands: [kubectl('delete', 'endpointslice', slice.metadata.name, '-n', namespace)],
          }
        : {
            explain: `Write the address that is meant into ${manager === mirroringController ? `the Endpoints object ${name}` : `the slice ${slice.metadata.name}`}; better, give the Service a selector, so that addresses follow the Pods.`,
          },
    });
  },
});

/** An address that was a Pod's and is no Pod's any more. What lies outside the Pod network may be anybody's, and is left alone. */
function isDead(
  { slice, endpoint }: ListedEndpoint,
  service: Service,
  pods: readonly Pod[],
  nodes: readonly Node[],
): boolean {
  if (pods.some((pod) => podIPsOf(pod).some((ip) => endpoint.addresses.includes(ip)))) return false;
  const { targetRef } = endpoint;
  const home = slice.metadata.namespace;
  if (targetRef?.kind === 'Pod') return (targetRef.namespace ?? home) === home;
  if (targetRef) return false;
  return (
    hasSelector(service) &&
    endpoint.addresses.some(
      (address) =>
        nodes.some(({ spec }) => (spec?.podCIDRs ?? [spec?.podCIDR ?? '']).some((cidr) => isInCidr(address, cidr))) ||
        isNeighbour(address, pods),
    )
  );
}

/** In the same /16 as some Pod: the usual size of a cluster's Pod network. */
const isNeighbour = (address: string, pods: readonly Pod[]): boolean =>
  pods.some(
    (pod) => !pod.spec.hostNetwork && podIPsOf(pod).some((ip) => !ip.includes(':') && isInCidr(address, `${ip}/16`)),
  );
