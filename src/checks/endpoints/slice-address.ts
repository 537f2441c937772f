import { addressesIn, endpointsIn, isExternalName, isReadyEndpoint, keptByHand } from '../../k8s/endpoints.ts';
import { isInCidr } from '../../k8s/addresses.ts';
import { formatRef, refTo } from '../../k8s/references.ts';
import { servicesAt } from '../../k8s/services.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** Ranges that name no other machine. Source: pkg/apis/core/validation, ValidateEndpointIP. */
const useless: readonly (readonly [string, string])[] = [
  ['127.0.0.0/8', 'a loopback address'],
  ['::1/128', 'a loopback address'],
  ['0.0.0.0/32', 'the unspecified address'],
  ['::/128', 'the unspecified address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['fe80::/10', 'a link-local address'],
  ['224.0.0.0/4', 'a multicast address'],
];

export default defineCheck({
  id: 'endpoints/slice-address',
  title: 'An address in the EndpointSlice cannot be an endpoint',
  why: 'An endpoint must be an address that answers by itself. The ClusterIP of a Service is none: kube-proxy translates a destination once, and the packet leaves for a virtual IP that nobody owns. Loopback and link-local addresses mean another machine on each node.',
  impact: 'breaks',
  explains: ['endpoints/none-ready', 'endpoints/stale-slice', 'endpoints/foreign-slice'],
  needs: ['service', 'slices'],
  uses: ['servicesEverywhere'],
  evaluate({ service, slices, servicesEverywhere = [] }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    const handmade = slices.filter(keptByHand);
    if (handmade.length === 0) return notApplicable('no slice is written by hand');
    const wrongWith = (address: string): string | undefined => {
      const owner = servicesAt(servicesEverywhere, address).at(-1);
      if (owner)
        return owner.metadata.uid === service.metadata.uid && owner.metadata.name === service.metadata.name
          ? 'its own ClusterIP'
          : `the ClusterIP of ${formatRef(refTo(owner), service.metadata.namespace)}`;
      return useless.find(([cidr]) => isInCidr(address, cidr))?.[1];
    };
    const found = handmade.flatMap((slice) =>
      addressesIn(slice).flatMap((address) => {
        const what = wrongWith(address);
        return what ? [{ slice, address, what }] : [];
      }),
    );
    const [first] = found;
    if (!first) return passed('every hand-written address can be an endpoint');
    const owner = servicesAt(servicesEverywhere, first.address).at(-1);
    const rest = endpointsIn(slices).filter(
      ({ endpoint }) => isReadyEndpoint(endpoint) && !endpoint.addresses.some((address) => wrongWith(address)),
    );
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: 'certain',
      impact: rest.length > 0 ? 'degrades' : 'breaks',
      summary: `EndpointSlice ${first.slice.metadata.name} lists ${first.address}, which is ${first.what}: a connection that is sent there arrives nowhere`,
      evidence: allOf([
        ...found
          .slice(0, 4)
          .map(({ slice, address, what }) => evidence(slice, 'endpoints[*].addresses', `${address}: ${what}`)),
        ...(owner ? [evidence(owner, 'spec.clusterIP', first.address)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          first.address,
        ),
        ...(owner
          ? [
              confirm(
                kubectl('get', 'service', owner.metadata.name, '-n', owner.metadata.namespace ?? ''),
                `CLUSTER-IP ${first.address}`,
              ),
            ]
          : []),
      ],
      fix: {
        explain:
          owner && owner.metadata.name !== name
            ? `To lead to ${owner.metadata.name}.${owner.metadata.namespace}, make ${name} an ExternalName Service for ${owner.metadata.name}.${owner.metadata.namespace}.svc.cluster.local, or list the addresses of its Pods instead of its ClusterIP.`
            : 'List the address of the machine that serves, as its clients in the cluster reach it.',
      },
    });
  },
});
