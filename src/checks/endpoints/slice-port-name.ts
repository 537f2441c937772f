import {
  addressesIn,
  endpointsIn,
  isExternalName,
  isHeadless,
  isReadyEndpoint,
  keptByHand,
  managerOfSlice,
  mirroringController,
  portsOf,
  servesPort,
} from '../../k8s/endpoints.ts';
import type { EndpointPort, Endpoints, EndpointSlice, ServicePort } from '../../k8s/objects.ts';
import { formatServicePort, protocolOf, targetPortOf } from '../../k8s/ports.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

/** What Cilium writes into the Endpoints of its Gateways and Ingresses: it serves them itself. */
const placeholder = '192.192.192.192';

export default defineCheck({
  id: 'endpoints/slice-port-name',
  title: 'The port of the EndpointSlice does not match the Service’s',
  why: 'Where endpoints are written by hand, kube-proxy joins a port of the Service and a port of the slice by name and protocol. targetPort is not used. A name that differs, even an empty one, leaves the port without a backend.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'slices'],
  uses: ['legacyEndpoints'],
  evaluate({ service, slices, legacyEndpoints }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (isHeadless(service)) return notApplicable('a headless Service maps no ports');
    const ready = slices.filter((slice) => endpointsIn([slice]).some(({ endpoint }) => isReadyEndpoint(endpoint)));
    const handmade = ready.filter(
      (slice) => keptByHand(slice) && !addressesIn(slice).every((address) => address === placeholder),
    );
    if (handmade.length === 0) return notApplicable('no slice is written by hand');
    const ports = service.spec.ports ?? [];
    const unserved = ports.filter((port) => !ready.some((slice) => servesPort(slice, port)));
    const [port] = unserved;
    const slice = handmade.find((each) => portsOf(each).length > 0) ?? handmade[0];
    if (!port || !slice) return passed('every port of the Service finds a port of its name in a slice');
    const near = nearestPort(slice, port, ports);
    const { name, namespace = '' } = service.metadata;
    const wanted = port.name ? `"${port.name}"` : 'no name';
    const theirs = near === undefined ? undefined : portsOf(slice)[near];
    const differs = theirs && (theirs.name ?? '') === (port.name ?? '') ? 'protocol' : 'name';
    const has =
      theirs === undefined
        ? 'opens no port'
        : differs === 'protocol'
          ? `opens it for ${protocolOf(theirs)}`
          : theirs.name
            ? `calls its port "${theirs.name}"`
            : 'leaves its port without a name';
    return problem({
      certainty: 'certain',
      impact: unserved.length === ports.length ? 'breaks' : 'degrades',
      summary: `EndpointSlice ${slice.metadata.name} ${has}; the Service ${differs === 'protocol' && theirs ? `wants ${protocolOf(port)}` : `wants ${wanted}`}`,
      evidence: allOf([
        evidence(service, `spec.ports[*].${differs}`, `${port.name ?? '(no name)'}: ${formatServicePort(port)}`),
        ...(portsOf(slice).length > 0
          ? portsOf(slice)
              .slice(0, 4)
              .map((each, index) =>
                evidence(
                  slice,
                  `ports[${index}].${differs}`,
                  `${each.name || '(empty)'}: ${each.port ?? 'no port'}/${protocolOf(each)}`,
                ),
              )
          : [evidence(slice, 'ports', 'none')]),
        ...(theirs?.port && theirs.port !== targetPortOf(port)
          ? [
              evidence(
                service,
                'spec.ports[*].targetPort',
                `${targetPortOf(port)}: not used here, connections go to port ${theirs.port} of the slice`,
              ),
            ]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslice', slice.metadata.name, '-n', namespace, '-o', 'jsonpath={.ports}'),
          theirs ? `"${differs}":"${differs === 'name' ? (theirs.name ?? '') : protocolOf(theirs)}"` : 'no ports',
        ),
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.ports}'),
          `"${differs}":"${differs === 'name' ? (port.name ?? '') : protocolOf(port)}"`,
        ),
      ],
      fix: fixFor(slice, near, port, differs, legacyEndpoints),
    });
  },
});

/** The slice's port that was meant for this Service port: not another port's by name, and of the same number where several are left. */
function nearestPort(slice: EndpointSlice, wanted: ServicePort, all: readonly ServicePort[]): number | undefined {
  const free = portsOf(slice).flatMap((candidate, index) =>
    all.some((port) => port !== wanted && servesPort(slice, port) === candidate) ? [] : [{ candidate, index }],
  );
  const numbers = [wanted.port, targetPortOf(wanted)];
  const isNamesake = ({ candidate }: { candidate: EndpointPort }) => (candidate.name ?? '') === (wanted.name ?? '');
  return (free.find(isNamesake) ?? free.find(({ candidate }) => numbers.includes(candidate.port ?? 0)) ?? free[0])
    ?.index;
}

function fixFor(
  slice: EndpointSlice,
  index: number | undefined,
  port: ServicePort,
  differs: 'name' | 'protocol',
  legacy: Endpoints | undefined,
): Fix {
  const name = port.name ?? '';
  const mirrored = managerOfSlice(slice) === mirroringController;
  const called = name === '' ? 'no name' : `the name ${name}`;
  if (index === undefined)
    return {
      explain: `Add a port with ${called} and protocol ${protocolOf(port)} to the slice ${slice.metadata.name}.`,
    };
  const field = differs === 'name' ? 'name' : 'protocol';
  const value = differs === 'name' ? name : protocolOf(port);
  if (!mirrored)
    return {
      explain: `Give the slice’s port ${differs === 'name' ? called : `protocol ${value}`}, the same as the Service’s.`,
      patch: { object: slice, type: 'json', body: [{ op: 'add', path: `/ports/${index}/${field}`, value }] },
    };
  return {
    explain: `Give the port in the Endpoints object ${differs === 'name' ? called : `protocol ${value}`}: the slice is its mirror, and a change of the slice itself is undone.`,
    ...(legacy
      ? {
          commands: [
            kubectl(
              'patch',
              'endpoints',
              legacy.metadata.name,
              '-n',
              legacy.metadata.namespace ?? '',
              '--type=json',
              '-p',
              JSON.stringify([{ op: 'add', path: `/subsets/0/ports/${index}/${field}`, value }]),
            ),
          ],
        }
      : {}),
  };
}
