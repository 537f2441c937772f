import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { optionOf } from '../../k8s/corefile.ts';
import { podsSelectedBy } from '../../k8s/pods.ts';
import { topOwnerOf } from '../../k8s/workloads.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/pod-name-unpublished',
  title: 'The client asks for one Pod by a name that nobody publishes',
  why: 'DNS publishes <hostname>.<service> for endpoints that have a hostname: the Pods of a StatefulSet whose serviceName is this Service, or Pods with hostname and a subdomain of its name. Pods of a Deployment have none, and ordinals end at replicas - 1.',
  impact: 'breaks',
  explains: ['dns/lookups-fail'],
  needs: ['service', 'pods', 'slices', 'client'],
  uses: ['clientConfigMaps', 'workloads', 'clusterDns'],
  evaluate({ service, pods, slices, client, clientConfigMaps, workloads = [], clusterDns }) {
    const used = namesUsed(client, clientConfigMaps, service).filter(({ perPod }) => perPod);
    if (used.length === 0) return notApplicable('the client asks for no single Pod by name');
    const listed = endpointsIn(slices);
    const byPodName = clusterDns?.corefile?.parsed.blocks.some(({ plugins }) =>
      plugins.some((plugin) => plugin.name === 'kubernetes' && optionOf(plugin, 'endpoint_pod_names') !== undefined),
    );
    const published = listed
      .filter(({ endpoint }) => isReadyEndpoint(endpoint))
      .flatMap(({ endpoint }) => [
        ...(endpoint.hostname ? [endpoint.hostname] : []),
        ...(byPodName && endpoint.targetRef?.name ? [endpoint.targetRef.name] : []),
        ...endpoint.addresses.map((address) => address.replaceAll(/[.:]/g, '-')),
      ]);
    const members = podsSelectedBy(service, pods);
    const inSet = (label: string) =>
      members.some(
        (pod) => (pod.spec.hostname ?? pod.metadata.name) === label && pod.spec.subdomain === service.metadata.name,
      );
    const lost = used.find(
      ({ host }) => !published.includes(host.split('.')[0] ?? '') && !inSet(host.split('.')[0] ?? ''),
    );
    if (!lost || listed.length === 0) return passed(`${used.map(({ host }) => host).join(', ')} is published`);
    const { name, namespace = '' } = service.metadata;
    const [member] = members;
    const owner = member && topOwnerOf(member, workloads);
    const [label = ''] = lost.host.split('.');
    const known = published.filter((one) => !/^\d+-\d+-\d+-\d+$/.test(one));
    const set = owner?.kind === 'StatefulSet';
    return problem({
      certainty: 'certain',
      summary:
        known.length > 0
          ? `${lost.host} does not exist: ${name} publishes ${known.slice(0, 4).join(', ')}, and no ${label}`
          : `${lost.host} does not exist: ${owner ? `${owner.kind} ${owner.metadata.name}` : 'the Pods'} behind ${name} gives its Pods no hostname under it`,
      evidence: allOf([
        evidence(lost.reference.setting.object, lost.reference.setting.path, lost.host),
        ...slices.slice(0, 1).map((slice) => evidence(slice, 'endpoints.hostname', known.join(', ') || 'absent')),
        ...(owner
          ? [evidence(owner, set ? 'spec.replicas' : 'kind', set ? (owner.spec.replicas ?? 1) : owner.kind)]
          : []),
        ...(member ? [evidence(member, 'spec.subdomain', member.spec.subdomain ?? 'absent')] : []),
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
            '-o',
            'jsonpath={.items[*].endpoints[*].hostname}',
          ),
          known.join(' ') || 'nothing',
        ),
      ],
      fix: {
        explain:
          known.length > 0
            ? `Ask for one of ${known.slice(0, 4).join(', ')}, or for ${name} itself.`
            : `Ask for ${name} itself, or run the Pods in a StatefulSet with serviceName: ${name}; Pods of a Deployment have no names of their own.`,
      },
    });
  },
});
