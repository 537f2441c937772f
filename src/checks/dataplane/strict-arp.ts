import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dataplane/strict-arp',
  title: 'kube-proxy in IPVS mode answers ARP for MetalLB’s addresses',
  why: 'In IPVS mode kube-proxy binds all Service addresses to an interface on every node, and every node answers ARP for them. MetalLB in layer-2 mode wants one node to answer: its traffic then goes to any node, or flaps. strictARP stops the others.',
  impact: 'risks',
  needs: ['service', 'kubeProxy', 'networkAgents'],
  evaluate({ service, kubeProxy, networkAgents }) {
    if (service.spec.type !== 'LoadBalancer') return notApplicable('the Service asks for no load balancer');
    if (!networkAgents.pods.some(({ metadata }) => metadata.namespace === 'metallb-system'))
      return notApplicable('MetalLB does not run here');
    const configMap = kubeProxy.configMaps.find(({ data }) =>
      /^\s*mode:\s*["']?ipvs/m.test(data?.['config.conf'] ?? ''),
    );
    if (!configMap) return passed('kube-proxy is not in IPVS mode');
    if (/^\s*strictARP:\s*true/m.test(configMap.data?.['config.conf'] ?? '')) return passed('strictARP is on');
    return problem({
      certainty: 'likely',
      summary:
        'kube-proxy runs in mode ipvs with strictARP: false, so every node answers ARP for the address of MetalLB',
      evidence: allOf([
        evidence(configMap, 'data.config.conf', 'mode: ipvs, strictARP: false'),
        evidence(
          service,
          'status.loadBalancer',
          (service.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip).join(', ') || 'no address yet',
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'configmap', configMap.metadata.name, '-n', 'kube-system', '-o', 'yaml'),
          'mode: ipvs and strictARP: false',
        ),
      ],
      fix: {
        explain: 'Set ipvs.strictARP: true in the kube-proxy ConfigMap and restart its Pods.',
        commands: [
          kubectl('edit', 'configmap', configMap.metadata.name, '-n', 'kube-system'),
          kubectl('rollout', 'restart', 'daemonset/kube-proxy', '-n', 'kube-system'),
        ],
      },
    });
  },
});
