import check from '../../../src/checks/policy/admits-nobody.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { denyIngress, policy } from '../../kit/policies.ts';

const objects = [...workload({ name: 'db' }), service({ name: 'db' })];
const admit = (ingress: string) =>
  policy('demo/db-policy', `podSelector: {matchLabels: {app: db}}\ningress:\n${ingress}`);

examples(check, {
  'a default deny and nothing else': {
    given: cluster([...objects, denyIngress]),
    says: {
      summary: ['default-deny-ingress closes db to everybody', 'no rule admits anyone on 8080/TCP'],
      certainty: 'certain',
      impact: 'breaks',
    },
  },
  'rules for the Service’s port only': {
    given: cluster([...objects, admit('- ports: [{port: 80}]')]),
    says: { summary: ['rules open 80', '8080/TCP'], certainty: 'certain' },
  },
  'somebody is admitted': {
    given: cluster([...objects, denyIngress, admit('- from: [{podSelector: {matchLabels: {app: api}}}]')]),
    says: 'passed',
    detail: 'podSelector app=api',
  },
  'no policy': {
    given: cluster([
      ...objects,
      { apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'l7', namespace: 'demo' } },
    ]),
    says: 'passed',
    detail: 'everybody is admitted',
  },
  'a client was named': {
    given: cluster([...objects, ...workload({ name: 'api' }), denyIngress]),
    from: 'demo/Deployment/api',
    says: 'not-applicable',
  },
  'no Pod': { given: cluster([service({ name: 'db' }), denyIngress]), says: 'not-applicable' },
});
