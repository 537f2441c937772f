import { advertises, announcersOf, poolOf, poolsNamedBy } from '../../k8s/metallb.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/pool-not-announced',
  title: 'MetalLB announces the address to nobody',
  why: 'MetalLB gives out addresses of an IPAddressPool at once, but tells the network about them only where an L2Advertisement or a BGPAdvertisement speaks of the pool. Without one EXTERNAL-IP looks right, and nobody answers for it.',
  impact: 'breaks',
  needs: ['service', 'addressPools', 'addressAdvertisements'],
  uses: ['nodes', 'client'],
  evaluate({ service, addressPools, addressAdvertisements, nodes = [], client }) {
    if (service.spec.type !== 'LoadBalancer') return notApplicable('the Service asks for no load balancer');
    if (client) return notApplicable('the client is inside, where the address is not needed');
    const given = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
    const [address] = given;
    const pool = address === undefined ? undefined : poolOf(service.metadata.annotations, address, addressPools);
    if (!pool || address === undefined) return notApplicable('it has no address out of a pool of MetalLB');
    const speaking = addressAdvertisements.filter((each) => advertises(each, pool));
    const mute = speaking.filter((each) => nodes.length > 0 && announcersOf(each, nodes).length === 0);
    if (speaking.length > mute.length)
      return passed(
        `${speaking.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')} announces ${address}`,
      );
    const others = addressAdvertisements.filter((each) => !speaking.includes(each));
    const { name, namespace = '' } = pool.metadata;
    const [silent] = mute;
    const [other] = others;
    return problem({
      certainty: 'certain',
      summary: silent
        ? `${silent.kind} ${silent.metadata.name} announces pool ${name} from nodes that do not exist: nobody answers for ${address}`
        : `No L2Advertisement or BGPAdvertisement speaks of IPAddressPool ${name}: nobody answers for ${address}${
            other
              ? `; ${other.kind} ${other.metadata.name} speaks of ${poolsNamedBy(other) || other.metadata.namespace}`
              : ''
          }`,
      evidence: allOf([
        evidence(service, 'status.loadBalancer.ingress', given.join(', ')),
        evidence(pool, 'spec.addresses', pool.spec?.['addresses'] ?? 'none'),
        ...mute.map((each) => evidence(each, 'spec.nodeSelectors', each.spec?.['nodeSelectors'])),
        ...others
          .slice(0, 3)
          .map((each) =>
            evidence(
              each,
              'spec.ipAddressPools',
              `${poolsNamedBy(each) || `all of ${each.metadata.namespace}`}: not ${name}`,
            ),
          ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'l2advertisements,bgpadvertisements', '-n', namespace),
          `none that names pool ${name}, or that names no pool at all`,
        ),
      ],
      fix: silent
        ? {
            explain: `Let nodeSelectors of ${silent.kind} ${silent.metadata.name} match nodes of this cluster, or drop them.`,
          }
        : {
            explain: `Make an L2Advertisement in ${namespace} with spec.ipAddressPools: [${name}]${other ? `, or add ${name} to ${other.kind} ${other.metadata.name}` : ''}.`,
            ...(other && other.metadata.namespace === namespace && Array.isArray(other.spec?.['ipAddressPools'])
              ? {
                  patch: {
                    object: other,
                    type: 'json' as const,
                    body: [{ op: 'add', path: '/spec/ipAddressPools/-', value: name }],
                  },
                }
              : {}),
          },
    });
  },
});
