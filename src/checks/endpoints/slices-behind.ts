import { namedIn } from '../../k8s/named.ts';
import { endpointsIn, isExternalName, isReadyEndpoint, managerOfSlice, sliceController } from '../../k8s/endpoints.ts';
import type { Pod } from '../../k8s/objects.ts';
import {
  conditionOf,
  familyOf,
  hasSelector,
  isFinished,
  isReady,
  isTerminating,
  podIPsOf,
  podsSelectedBy,
} from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

/** The slice controller normally follows a Pod within a second; more than this is not lag. */
const patienceSeconds = 60;

export default defineCheck({
  id: 'endpoints/slices-behind',
  title: 'The EndpointSlices do not follow the Pods',
  why: 'The endpoint slice controller, part of kube-controller-manager, writes the addresses of ready Pods into slices. Where it does not run, is blocked or lost its permissions, slices stay as they were, and kube-proxy sends traffic to Pods of the past.',
  impact: 'breaks',
  explains: ['endpoints/none-ready'],
  needs: ['service', 'pods', 'slices'],
  uses: ['now'],
  evaluate({ service, pods, slices, now = Number.NaN }) {
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no endpoints');
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const selected = podsSelectedBy(service, pods);
    const families = service.spec.ipFamilies ?? [];
    const addressesOf = (pod: Pod) =>
      podIPsOf(pod).filter((ip) => families.length === 0 || families.includes(familyOf(ip)));
    const settled = (pod: Pod, type: string) =>
      !(now - Date.parse(conditionOf(pod, type)?.lastTransitionTime ?? '') < patienceSeconds * 1000);
    const listed = endpointsIn(slices);
    const known = new Set(listed.flatMap(({ endpoint }) => endpoint.addresses));
    const missing = selected.filter(
      (pod) =>
        !podIPsOf(pod).some((ip) => known.has(ip)) &&
        isReady(pod) &&
        !isFinished(pod) &&
        !isTerminating(pod) &&
        settled(pod, 'Ready') &&
        addressesOf(pod).length > 0,
    );
    const ghosts = listed.filter(({ slice, endpoint }) => {
      if (managerOfSlice(slice) !== sliceController || !isReadyEndpoint(endpoint) || endpoint.targetRef?.kind !== 'Pod')
        return false;
      const pod = namedIn(pods, service.metadata.namespace, endpoint.targetRef.name ?? '');
      if (!pod) return true;
      return !endpoint.addresses.some((address) => podIPsOf(pod).includes(address)) || !selected.includes(pod);
    });
    const [lost] = missing;
    const [ghost] = ghosts;
    if (!lost && !ghost) return passed('the slices list the Pods as they are');
    const { name, namespace = '' } = service.metadata;
    const alive = listed.filter((each) => isReadyEndpoint(each.endpoint) && !ghosts.includes(each)).length;
    const says = [
      ...(lost
        ? [
            slices.length === 0
              ? `there is no slice for its ${missing.length} ready Pods`
              : `${missing.length === 1 ? '1 ready Pod is' : `${missing.length} ready Pods are`} missing from the slices (${lost.metadata.name}, ${podIPsOf(lost)[0]})`,
          ]
        : []),
      ...(ghost
        ? [`they list ${ghost.endpoint.addresses.join(', ')}, which ${ghost.endpoint.targetRef?.name} no longer has`]
        : []),
    ];
    return problem({
      certainty: 'certain',
      impact: alive > 0 ? 'degrades' : 'breaks',
      summary: `The EndpointSlices of ${name} are stale: ${says.join('; ')}`,
      evidence: allOf([
        ...missing
          .slice(0, 3)
          .map((pod) => evidence(pod, 'status.podIPs', `${podIPsOf(pod).join(', ')}: Ready, and in no slice`)),
        ...ghosts
          .slice(0, 3)
          .map(({ slice, endpoint }) =>
            evidence(
              slice,
              'endpoints[*].addresses',
              `${endpoint.addresses.join(', ')} of ${endpoint.targetRef?.name}: no such Pod behind the Service`,
            ),
          ),
        ...(slices.length === 0
          ? [evidence(service, 'metadata.name', `${name}: no EndpointSlice with kubernetes.io/service-name=${name}`)]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          'not the addresses of the Pods',
        ),
        confirm(
          kubectl('get', 'pods', '-n', namespace, '-o', 'wide'),
          lost ? `${lost.metadata.name} 1/1 ${podIPsOf(lost)[0]}` : 'other addresses',
        ),
        confirm(
          kubectl('get', 'lease', 'kube-controller-manager', '-n', 'kube-system', '-o', 'yaml'),
          'a renewTime long ago, if the controller manager is down',
        ),
      ],
      fix: {
        explain:
          'See that kube-controller-manager runs and that its endpointslice controller may write EndpointSlices (its log, quotas on endpointslices, admission webhooks); slices mend themselves when it does.',
      },
    });
  },
});
