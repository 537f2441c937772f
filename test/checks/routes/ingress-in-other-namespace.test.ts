import check from '../../../src/checks/routes/ingress-in-other-namespace.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, route } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'monitoring/grafana';
const grafana = [
  ...workload({ namespace: 'monitoring', name: 'grafana' }),
  service({ namespace: 'monitoring', name: 'grafana' }),
];
const abroad = ingress({ namespace: 'ingress-nginx', name: 'grafana', service: 'grafana', address: null });

examples(check, {
  'the Ingress stands beside its controller': {
    target,
    given: cluster([...grafana, abroad]),
    says: {
      summary: ['ingress-nginx', 'grafana', 'monitoring'],
      certainty: 'certain',
      evidence: ['ingress/grafana metadata.namespace: ingress-nginx', 'service/grafana metadata.namespace: monitoring'],
    },
  },
  'with a name that tries to reach across': {
    target,
    given: cluster([...grafana, ingress({ namespace: 'default', service: 'grafana.monitoring.svc.cluster.local' })]),
    says: { summary: ['grafana.monitoring.svc.cluster.local'], certainty: 'certain' },
  },
  'several namespaces have such a Service': {
    target,
    given: cluster([...grafana, service({ namespace: 'staging', name: 'grafana' }), abroad]),
    says: { summary: ['ingress-nginx'], certainty: 'possible', impact: 'risks' },
  },
  'the other namespace misses its own': {
    target,
    given: cluster([...grafana, abroad, ingress({ namespace: 'monitoring', service: 'grafana' })]),
    says: 'passed',
  },
  'a route serves it': {
    target,
    given: cluster([...grafana, abroad, route({ namespace: 'monitoring', backend: { name: 'grafana' } })]),
    says: 'passed',
  },
  'an ExternalName bridges the two': {
    target,
    given: cluster([
      ...grafana,
      abroad,
      service({
        namespace: 'ingress-nginx',
        name: 'grafana',
        selector: null,
        spec: { type: 'ExternalName', externalName: 'grafana.monitoring.svc.cluster.local' },
      }),
    ]),
    says: 'not-applicable',
  },
});
