import { isExternalName, isHeadless } from '../../k8s/endpoints.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'service/no-ports',
  title: 'The Service opens no port',
  why: 'A ClusterIP answers on the ports of its Service and on no other. Only headless and ExternalName Services, which are names and nothing more, do without.',
  impact: 'breaks',
  needs: ['service'],
  evaluate({ service }) {
    const { type = 'ClusterIP', clusterIP, clusterIPs, externalName, ports } = service.spec;
    const opened = (ports ?? []).map(formatServicePort).join(', ');
    if (isExternalName(service)) return passed(`ExternalName, an alias of ${externalName ?? 'nothing'}`);
    if (isHeadless(service))
      return passed(`headless (clusterIP None)${opened ? `, ${opened}` : ', a name without ports'}`);
    if (opened) return passed(`${type} ${(clusterIPs ?? [clusterIP ?? '']).join(', ')}, ${opened}`.replace(' ,', ','));
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: 'certain',
      summary: `${name} has a ClusterIP and an empty list of ports: every connection to it is refused`,
      evidence: [evidence(service, 'spec.ports', 'none'), evidence(service, 'spec.clusterIP', clusterIP ?? 'absent')],
      confirm: [confirm(kubectl('get', 'service', name, '-n', namespace), 'PORT(S) <none>')],
      fix: { explain: 'Add the port that clients use, with the targetPort on which the Pods listen, to spec.ports.' },
    });
  },
});
