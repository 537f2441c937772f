import { confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const label = 'service.kubernetes.io/service-proxy-name';

export default defineCheck({
  id: 'dataplane/other-service-proxy',
  title: 'A label tells kube-proxy to leave the Service alone',
  why: 'kube-proxy ignores Services with the label service.kubernetes.io/service-proxy-name: another proxy is meant to serve them. Without such a proxy nobody translates the ClusterIP, and it is simply not there.',
  impact: 'breaks',
  explains: ['dataplane/kube-proxy-rules'],
  needs: ['service'],
  evaluate({ service }) {
    if (service.spec.clusterIP === 'None') return notApplicable('a headless Service needs no proxy');
    const value = service.metadata.labels?.[label];
    if (value === undefined) return passed('kube-proxy, or what stands for it, serves it');
    const { name, namespace = '' } = service.metadata;
    return problem({
      certainty: 'likely',
      summary: `kube-proxy ignores ${name}, since its label ${label}=${value} hands it to another proxy`,
      evidence: [
        evidence(service, `metadata.labels.${label}`, value),
        evidence(service, 'spec.clusterIP', service.spec.clusterIP ?? 'none'),
      ],
      confirm: [confirm(kubectl('get', 'service', name, '-n', namespace, '--show-labels'), `${label}=${value}`)],
      fix: {
        explain: `Remove the label, or run the proxy called ${value}.`,
        patch: { object: service, type: 'merge', body: { metadata: { labels: { [label]: null } } } },
      },
    });
  },
});
