import { isPlainlyHost } from '../../k8s/client-references.ts';
import { arrivesAt, isExtended, isPortOf, kinshipOf, sharedStartOf, sharesStem, type Call } from '../../k8s/leads.ts';
import { nearestName, unlikeness } from '../../k8s/nearest-name.ts';
import type { KubeObject, Pod, Service, Workload } from '../../k8s/objects.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { fqdnOf } from '../../k8s/names.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/not-the-service-name',
  title: 'The client uses a name that is not the Service’s',
  why: 'Only Services have names that every client can use. The name of a Deployment, of a container, of a Pod or of a docker-compose service is unknown unless a Service is called the same.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls', 'servicesEverywhere'],
  uses: ['pods', 'workloads', 'clusterDomain'],
  evaluate({ service, client, clientCalls, servicesEverywhere, pods = [], workloads = [], clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const neighbours = servicesEverywhere.filter(
      (other) => other !== service && [namespace, client.namespace].includes(other.metadata.namespace ?? ''),
    );
    const served = clientCalls.some((call) => arrivesAt(call, service));
    const candidates = clientCalls
      .filter(({ lead, miss }) => lead.kind === 'nowhere' && !miss)
      .filter(({ reference }) => isPlainlyHost(reference) && isPlace(reference.host, namespace))
      .flatMap((call) => {
        const [label = ''] = call.reference.host.split('.');
        const bearer = bearerOf(label, service, pods, workloads);
        const alike =
          unlikeness(label, name) !== undefined && nearestName(label, [name, ...neighbours.map(nameOf)]) === name;
        if (bearer || alike) return [{ call, bearer, certain: true }];
        return !served &&
          (meansOnly(call, service, neighbours) ||
            meansFirst(call, service, neighbours) ||
            meansStem(call, service, neighbours))
          ? [{ call, bearer, certain: false }]
          : [];
      });
    const astray = served ? [] : clientCalls.filter((call) => missesBoth(call, service, servicesEverywhere));
    const found = [...candidates, ...astray.map((call) => ({ call, bearer: undefined, certain: false }))];
    const [first] = found;
    if (!first) return passed(`the client calls it by no other name than ${name}`);
    const { host } = first.call.reference;
    const right = nameFor(host, service, client.namespace, first.bearer);
    const same = clientCalls.filter(
      (call) =>
        call.reference.host === host && found.every((other) => other.call !== call) && isPlainlyHost(call.reference),
    );
    const told = [...found.map(({ call }) => call), ...same].map(({ reference }) => reference);
    // DB_URL with `$(DB_HOST)` in it is told its host there: that is the setting to change.
    const source = told.filter((reference) => reference.setting.written.includes(reference.host));
    const edited = source.length > 0 ? source : told;
    const { setting } = edited[0] ?? first.call.reference;
    const [label = '', elsewhere = ''] = host.split('.');
    const isAstray = astray.includes(first.call);
    const place = isAstray ? ` and is in namespace ${namespace}` : right.slice(name.length);
    const isPod = right.startsWith(`${label}.`);
    const whose = isAstray
      ? `and no namespace has a Service ${label}, ${elsewhere} included`
      : first.bearer
        ? isPod
          ? 'which is the name of a Pod, and not known to DNS by itself'
          : `which is the name of its ${first.bearer.kind}`
        : first.certain
          ? 'and no Service is called so'
          : 'and no Service is called so; this Service fits the setting';
    return problem({
      certainty: first.certain ? 'certain' : 'likely',
      summary: `${nameOfSetting(setting)} says ${host}, ${whose}: ${isPod ? `behind its Service the Pod is called ${right}` : `the Service is called ${name}${place}`}`,
      evidence: allOf([
        ...told.map((reference) => {
          const { path, saw } = shownSetting(reference.setting, reference.host);
          return evidence(reference.setting.object, path, saw);
        }),
        evidence(
          service,
          'metadata.name',
          `${name}, so its full name is ${fqdnOf(service.metadata, clusterDomain?.searched)}`,
        ),
        ...(first.bearer ? [evidence(first.bearer, 'metadata.name', first.bearer.metadata.name)] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', host.split('.')[0] ?? host, '-n', client.namespace),
          `Error from server (NotFound): services "${host.split('.')[0]}" not found`,
        ),
      ],
      fix: {
        explain: `Write ${right} in ${nameOfSetting(setting)}.`,
        ...editsOf(
          edited,
          (reference) => ({
            host: nameFor(
              reference.host,
              service,
              client.namespace,
              found.find(({ call }) => call.reference.host === reference.host)?.bearer,
            ),
          }),
          client.object,
        ),
      },
    });
  },
});

const nameOf = ({ metadata }: KubeObject): string => metadata.name;

/** What the client is to write instead: a Pod that its Service publishes keeps its own name before that of the Service. */
function nameFor(
  host: string,
  { metadata: { name, namespace = '' } }: Service,
  clientNamespace: string,
  bearer: Workload | Pod | undefined,
): string {
  const [label = ''] = host.split('.');
  const right = clientNamespace === namespace ? name : `${name}.${namespace}`;
  const published = bearer?.kind === 'Pod' && bearer.spec.hostname === label && bearer.spec.subdomain === name;
  return published ? `${label}.${right}` : right;
}

/** A bare name, or one in the namespace of the Service. */
const isPlace = (host: string, namespace: string): boolean => {
  const [, second, third] = host.toLowerCase().split('.');
  return second === undefined || (second === namespace && (third === undefined || third === 'svc'));
};

/** The object behind the Service that bears this name: its workload, one of its Pods, or a Pod's container. */
function bearerOf(
  label: string,
  service: Service,
  pods: readonly Pod[],
  workloads: readonly Workload[],
): Workload | Pod | undefined {
  const behind = podsSelectedBy(service, pods);
  const owners = behind.flatMap((pod) => topOwnerOf(pod, workloads) ?? []);
  return (
    owners.find((owner) => owner.metadata.name === label) ??
    behind.find(
      ({ metadata, spec }) => metadata.name === label || spec.containers.some((container) => container.name === label),
    )
  );
}

/** Whether the setting's key, scheme or port speaks of this Service, and more than of any other one near. */
const meansOnly = ({ reference }: Call, service: Service, neighbours: readonly Service[]): boolean => {
  const kinship = kinshipOf(reference, service);
  return kinship > 0 && neighbours.every((other) => kinshipOf(reference, other) < kinship);
};

/**
 * Whether this Service is meant though others fit the setting as well: the name begins like its own, and the port is its own.
 * It is the one asked about; another whose name begins more like it, or is nearer, is meant instead.
 */
const meansFirst = ({ reference }: Call, service: Service, neighbours: readonly Service[]): boolean => {
  const [label = ''] = reference.host.split('.');
  const start = sharedStartOf(label, nameOf(service));
  const kinship = kinshipOf(reference, service);
  return (
    start > 0 &&
    isPortOf(reference, service) &&
    neighbours.every(
      (other) => kinshipOf(reference, other) <= kinship && sharedStartOf(label, nameOf(other)) <= start,
    ) &&
    nearestName(label, neighbours.map(nameOf)) === undefined
  );
};

/** Whether the name speaks of this Service and of no other one near: `report-api` where the Service is called `reports`. */
const meansStem = ({ reference }: Call, service: Service, neighbours: readonly Service[]): boolean => {
  const [label = ''] = reference.host.split('.');
  return sharesStem(label, nameOf(service)) && neighbours.every((other) => !sharesStem(label, nameOf(other)));
};

/** Whether a name is wrong in both parts: nobody's anywhere, and this Service alone extends it and has its port. */
const missesBoth = ({ reference, lead, miss }: Call, service: Service, everywhere: readonly Service[]): boolean => {
  const [label = '', elsewhere, third = 'svc'] = reference.host.toLowerCase().split('.');
  const fits = (candidate: Service) => isExtended(label, nameOf(candidate)) && isPortOf(reference, candidate);
  return (
    lead.kind === 'nowhere' &&
    miss === undefined &&
    elsewhere !== undefined &&
    elsewhere !== service.metadata.namespace &&
    third === 'svc' &&
    everywhere.every((other) => nameOf(other) !== label) &&
    everywhere
      .filter(fits)
      .every((other) => nameOf(other) === nameOf(service) && other.metadata.namespace === service.metadata.namespace) &&
    fits(service)
  );
};
