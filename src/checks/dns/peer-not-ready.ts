import { endpointsIn, isReadyEndpoint } from '../../k8s/endpoints.ts';
import { conditionOf, isReady, podsSelectedBy } from '../../k8s/pods.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/peer-not-ready',
  title: 'The client asks for one Pod by name, and that Pod is not ready',
  why: 'DNS publishes <pod>.<service> only while the Pod is ready. Peers that must find each other before they are ready need publishNotReadyAddresses: true on their headless Service.',
  impact: 'breaks',
  explains: ['dns/lookups-fail', 'dns/pod-name-unpublished'],
  needs: ['service', 'pods', 'slices', 'client'],
  uses: ['clientConfigMaps'],
  evaluate({ service, pods, slices, client, clientConfigMaps }) {
    const used = namesUsed(client, clientConfigMaps, service).filter(({ perPod }) => perPod);
    if (used.length === 0) return notApplicable('the client asks for no single Pod by name');
    if (service.spec.publishNotReadyAddresses === true) return passed('names are published before Pods are ready');
    const members = podsSelectedBy(service, pods);
    const someReady = endpointsIn(slices).some(({ endpoint }) => isReadyEndpoint(endpoint));
    for (const { host, reference } of used) {
      const peer = members.find(({ metadata, spec }) => (spec.hostname ?? metadata.name) === host.split('.')[0]);
      if (!peer || isReady(peer) || !someReady) continue;
      const { name, namespace = '' } = service.metadata;
      return problem({
        certainty: 'certain',
        summary: `${host} does not resolve while ${peer.metadata.name} is not ready: ${name} has no publishNotReadyAddresses`,
        evidence: [
          evidence(reference.setting.object, reference.setting.path, host),
          evidence(peer, 'status.conditions[Ready]', `False: ${conditionOf(peer, 'Ready')?.reason ?? 'not ready'}`),
          evidence(
            service,
            'spec.publishNotReadyAddresses',
            service.spec.publishNotReadyAddresses ?? 'absent, which means false',
          ),
        ],
        confirm: [confirm(kubectl('get', 'pod', peer.metadata.name, '-n', namespace), '0/1')],
        fix: {
          explain: `Make ${peer.metadata.name} ready; where peers need each other to become ready, publish their names before.`,
          patch: { object: service, type: 'merge', body: { spec: { publishNotReadyAddresses: true } } },
        },
      });
    }
    return passed('the Pods that the client asks for are ready');
  },
});
