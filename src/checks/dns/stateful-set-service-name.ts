import { endpointsIn, isHeadless } from '../../k8s/endpoints.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { topOwnerOf, workloadsReachedBy } from '../../k8s/workloads.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/stateful-set-service-name',
  title: 'The StatefulSet publishes its Pods’ names under another Service',
  why: 'A Pod of a StatefulSet is called <pod>.<serviceName>: the name of the Service in spec.serviceName becomes the subdomain of its Pods. Under any other Service only the Service’s own name resolves.',
  impact: 'breaks',
  explains: ['dns/pod-name-unpublished', 'dns/peer-not-ready', 'dns/lookups-fail'],
  needs: ['service', 'workloads', 'services'],
  uses: ['slices', 'pods', 'client', 'clientConfigMaps', 'lookups'],
  evaluate({ service, workloads, services, slices = [], pods = [], client, clientConfigMaps, lookups = [] }) {
    const { name, namespace = '' } = service.metadata;
    const sets = workloadsReachedBy(service, workloads).filter(({ kind }) => kind === 'StatefulSet');
    const set = sets.find(({ spec }) => spec.serviceName !== name);
    if (sets.length === 0) return notApplicable('no StatefulSet stands behind the Service');
    if (!set) return passed(`${name} is the serviceName of StatefulSet ${sets[0]?.metadata.name}`);
    const own = set.spec.template
      ? namesUsed({ object: set, spec: set.spec.template.spec, namespace }, undefined, service)
      : [];
    const used = [...(client ? namesUsed(client, clientConfigMaps, service) : []), ...own].filter(
      ({ perPod }) => perPod,
    );
    const asked = lookups.find(
      (lookup) =>
        lookup.outcome === 'NXDOMAIN' &&
        lookup.name.startsWith(`${set.metadata.name}-`) &&
        lookup.name.includes(`.${name}.${namespace}.svc.`),
    );
    const published = endpointsIn(slices).filter(({ endpoint }) => endpoint.hostname !== undefined);
    const governing = set.spec.serviceName ?? '';
    const exists = services.some(({ metadata }) => metadata.name === governing);
    if (published.length > 0 || (used.length === 0 && !asked && (exists || !isHeadless(service) || governing === '')))
      return passed(
        `StatefulSet ${set.metadata.name} publishes its Pods under ${governing || 'no Service'}, and nobody is seen to ask for them under ${name}`,
      );
    const [first] = used;
    const members = podsSelectedBy(service, pods).filter((pod) => topOwnerOf(pod, workloads) === set);
    const wanted = first?.host ?? asked?.name ?? `${set.metadata.name}-0.${name}`;
    return problem({
      // Nobody is seen to use such a name: then it is only a trap.
      ...(first || asked ? {} : { impact: 'risks' as const }),
      certainty: first || asked ? 'certain' : 'likely',
      summary: `${wanted} does not exist: StatefulSet ${set.metadata.name} has serviceName ${governing === '' ? '(empty)' : `"${governing}"`}${exists || governing === '' ? '' : ', which is no Service'}, so its Pods have no names under ${name}`,
      evidence: allOf([
        evidence(set, 'spec.serviceName', governing || 'absent'),
        ...(first ? [evidence(first.reference.setting.object, first.reference.setting.path, first.host)] : []),
        ...members.slice(0, 2).map((pod) => evidence(pod, 'spec.subdomain', pod.spec.subdomain ?? 'absent')),
        ...slices.slice(0, 1).map((slice) => evidence(slice, 'endpoints.hostname', 'absent')),
        evidence(service, 'metadata.name', name),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'statefulset', set.metadata.name, '-n', namespace, '-o', 'jsonpath={.spec.serviceName}'),
          governing || 'nothing',
        ),
      ],
      fix: {
        explain:
          exists && first
            ? `Let the client ask for ${first.host.replace(`.${name}`, `.${governing}`)}, under the Service that the StatefulSet names; serviceName itself cannot be changed.`
            : `serviceName cannot be changed: delete the StatefulSet but not its Pods (--cascade=orphan), create it anew with serviceName: ${name}, then restart the Pods. Or create a headless Service called ${governing || name} with the same selector and use names under it.`,
        commands:
          exists && first
            ? []
            : [kubectl('delete', 'statefulset', set.metadata.name, '-n', namespace, '--cascade=orphan')],
      },
    });
  },
});
