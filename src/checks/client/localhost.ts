import { isOwnBinding, normalKey, portOf } from '../../k8s/client-references.ts';
import { arrivesAt, hasTellingPort, isLoopbackHost, speaksOf, type Call } from '../../k8s/leads.ts';
import type { Container, PodSpec, Service } from '../../k8s/objects.ts';
import { podsSelectedBy, runningContainersOf } from '../../k8s/pods.ts';
import { declaredPortsOf } from '../../k8s/ports.ts';
import { editsOf, formatAddress, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/localhost',
  title: 'The client looks for the Service on localhost',
  why: 'In a Pod, localhost is the Pod itself: only its own containers answer there. What ran on the same machine under docker-compose runs in another Pod here, behind the name of its Service.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['pods', 'services'],
  evaluate({ service, client, clientCalls, pods = [], services = [] }) {
    const { name, namespace = '' } = service.metadata;
    if (client.spec.hostNetwork === true)
      return notApplicable('the client is in the network of its node: localhost is the node there');
    const own = podsSelectedBy(service, pods);
    if (own.some((pod) => client.pods.some(({ metadata }) => metadata.name === pod.metadata.name)))
      return notApplicable('the client’s own Pods serve it');
    const neighbours = services.filter((other) => other.metadata.name !== name);
    const astray = clientCalls.filter(
      (call) => meansService(call, service, neighbours) && !servedInside(call, service, client.spec),
    );
    const [first] = astray;
    if (!first) return passed('the client does not look for it on localhost');
    if (clientCalls.some((call) => arrivesAt(call, service)))
      return passed(`another setting of the client names ${name}`);
    const right = client.namespace === namespace ? name : `${name}.${namespace}`;
    const { reference } = first;
    const { setting, host } = reference;
    const port = portOf(reference) ?? service.spec.ports?.[0]?.port;
    const astrayIn = isLoopbackHost(host)
      ? `which is the client’s own Pod, where no container serves ${port ?? name}`
      : 'a name that only Docker Desktop and minikube know, for the developer’s machine';
    return problem({
      certainty: 'likely',
      summary: `${nameOfSetting(setting)} says ${formatAddress(reference)}, ${astrayIn}: the Service is ${right}`,
      evidence: allOf([
        ...astray.flatMap((call) =>
          [call.reference.setting, ...(call.reference.portSetting ? [call.reference.portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        evidence(client.object, 'containers', portsIn(client.spec)),
        evidence(service, 'spec.ports', `${name}: ${(service.spec.ports ?? []).map((each) => each.port).join(', ')}`),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            client.object.kind.toLowerCase(),
            client.object.metadata.name,
            '-n',
            client.namespace,
            '-o',
            'yaml',
          ),
          `${nameOfSetting(setting)} with ${host}, and no container that serves ${port ?? name}`,
        ),
      ],
      fix: {
        explain: `Write ${right} in ${nameOfSetting(setting)}.`,
        ...editsOf(
          astray.map((call) => call.reference),
          () => ({ host: right }),
          client.object,
        ),
      },
    });
  },
});

/** An address of the Pod itself that a setting gives where the Service is meant: by what the setting is called, or by its port. */
function meansService({ reference, lead }: Call, service: Service, neighbours: readonly Service[]): boolean {
  if (lead.kind !== 'itself' || isOwnBinding(reference.setting.key)) return false;
  const port = portOf(reference);
  const offers = ({ spec }: Service) =>
    (spec.ports ?? []).some((own) => own.port === port || own.targetPort === port || own.nodePort === port);
  if (speaksOf(reference, service)) return port === undefined || reference.port === undefined || offers(service);
  if (!isLoopbackHost(reference.host) || reference.host === '0.0.0.0') return false;
  if (hasTellingPort(reference, service)) return true;
  return isDestination(reference.setting.key) && offers(service) && !neighbours.some(offers);
}

/** Keys that name what is called, and never the caller: `proxy_pass`, BACKEND_URL, REACT_APP_API_URL. */
const isDestination = (key: string): boolean =>
  /(^|_)(PROXY_PASS|REVERSE_PROXY|UPSTREAM|BACKEND|API|REMOTE|TARGET)(_|$)/.test(normalKey(key));

/** Sidecars that bring a remote service to localhost: a proxy for the database or for anything. */
const bringsNear =
  /proxy|tunnel|ambassador|envoy|haproxy|pgbouncer|twemproxy|nutcracker|socat|ssh|chisel|dapr|teleport|nginx|traefik/i;

function servedInside({ reference }: Call, service: Service, spec: PodSpec): boolean {
  const wanted = portOf(reference);
  const ports =
    wanted === undefined ? (service.spec.ports ?? []).flatMap(({ port, targetPort }) => [port, targetPort]) : [wanted];
  if (declaredPortsOf(spec).some(({ port }) => ports.includes(port.containerPort))) return true;
  const others = runningContainersOf(spec).filter(({ name }) => name !== reference.setting.container);
  return others.some(
    (container) => bringsNear.test(`${container.name} ${container.image}`) || isKin(container, service),
  );
}

/** A container that runs the same product as the Service: `redis:7` beside the client, and a Service `redis`. */
const isKin = ({ name, image = '' }: Container, { metadata }: Service): boolean => {
  const product = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';
  return [name, product].some((word) => word !== '' && (metadata.name.includes(word) || word.includes(metadata.name)));
};

const portsIn = (spec: PodSpec): string => {
  const declared = declaredPortsOf(spec).map(({ container, port }) => `${container.name} ${port.containerPort}`);
  return `${runningContainersOf(spec)
    .map(({ name }) => name)
    .join(', ')}; declared ports: ${declared.join(', ') || 'none'}`;
};
