import { isPlainlyHost } from '../../k8s/client-references.ts';
import { arrivesAt, kinshipOf, type Call } from '../../k8s/leads.ts';
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
        return !served && meansOnly(call, service, neighbours) ? [{ call, bearer, certain: false }] : [];
      });
    const [first] = candidates;
    if (!first) return passed(`the client calls it by no other name than ${name}`);
    const { setting, host } = first.call.reference;
    const right = client.namespace === namespace ? name : `${name}.${namespace}`;
    const whose = first.bearer
      ? `which is the name of its ${first.bearer.kind}`
      : first.certain
        ? 'and no Service is called so'
        : 'and no Service is called so; this Service fits the setting';
    return problem({
      certainty: first.certain ? 'certain' : 'likely',
      summary: `${nameOfSetting(setting)} says ${host}, ${whose}: the Service is called ${right}`,
      evidence: allOf([
        ...candidates.map(({ call: { reference } }) => {
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
          candidates.map(({ call: { reference } }) => reference),
          () => ({ host: right }),
          client.object,
        ),
      },
    });
  },
});

const nameOf = ({ metadata }: KubeObject): string => metadata.name;

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
