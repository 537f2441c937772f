import check from '../../../src/checks/policy/egress-blocked.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { examples } from '../../kit/examples.ts';
import { denyEgress, policy } from '../../kit/policies.ts';

const web = workload({ name: 'db', container: { ports: [{ name: 'http', containerPort: 8080 }] } });
const webService = service({
  name: 'db',
  ports: [{ name: 'http', port: 80, targetPort: 'http' }],
  spec: { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] },
});
const api = workload({ name: 'api' });
const given = (...more: readonly KubeObject[]) => cluster([...web, webService, ...api, ...more]);
const fromApi = (egress: string) =>
  policy('demo/api-egress', `podSelector: {matchLabels: {app: api}}\npolicyTypes: [Egress]\negress:\n${egress}`);
const dns =
  '- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]\n  ports: [{port: 53, protocol: UDP}]\n';
const from = 'demo/Deployment/api';

examples(check, {
  'no policy': { given: given(), from, says: 'passed', detail: 'no NetworkPolicy governs traffic from api' },
  'default deny, and nothing else': {
    given: given(denyEgress),
    from,
    says: {
      summary: ['default-deny-egress allows no egress from api', '8080/TCP'],
      certainty: 'certain',
      evidence: ['service/kube-dns spec.ports: 53/UDP'],
    },
  },
  'DNS allowed, the Service forgotten': {
    given: given(denyEgress, fromApi(dns)),
    from,
    says: {
      summary: [
        'only DNS (port 53) is open to api, by api-egress, and no NetworkPolicy allows egress to db on 8080/TCP',
      ],
      certainty: 'certain',
    },
  },
  'the Service’s port': {
    given: given(fromApi(`${dns}- to: [{podSelector: {matchLabels: {app: db}}}]\n  ports: [{port: 80}]`)),
    from,
    says: { summary: ['api-egress allows api to reach db', 'on port 80, the Service', '8080'], certainty: 'certain' },
  },
  'the Pod’s port': {
    given: given(fromApi('- to: [{podSelector: {matchLabels: {app: db}}}]\n  ports: [{port: 8080}]')),
    from,
    says: 'passed',
    detail: 'api-egress allows egress to db',
  },
  'the ClusterIP as a block': {
    given: given(fromApi(`${dns}- to: [{ipBlock: {cidr: 10.96.7.7/32}}]`)),
    from,
    says: { summary: ['10.96.7.7/32', 'ClusterIP', 'packets go to the Pod at 10.244.'], certainty: 'certain' },
  },
  'the internet but not the cluster': {
    given: given(fromApi(`${dns}- to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]`)),
    from,
    says: { summary: ['except 10.0.0.0/8'], certainty: 'certain' },
  },
  'a destination in another namespace': {
    given: cluster([
      ...web,
      webService,
      ...workload({ name: 'api', namespace: 'shop' }),
      policy(
        'shop/api-egress',
        'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {matchLabels: {app: db}}}]}]',
      ),
    ]),
    from: 'shop/Deployment/api',
    says: { summary: ['its own namespace shop only', 'db is in demo'], certainty: 'certain' },
  },
  'another label of the destination': {
    given: given(fromApi(`${dns}- to: [{podSelector: {matchLabels: {app: database}}}]`)),
    from,
    says: { summary: ['allows egress to app=database only', 'db has app=db'], certainty: 'certain' },
  },
  'the right destination by a label nobody set, beside the own namespace': {
    given: cluster([
      ...web,
      webService,
      ...workload({ name: 'api', namespace: 'shop' }),
      policy('shop/allow-dns', `podSelector: {}\npolicyTypes: [Egress]\negress:\n${dns}`),
      policy(
        'shop/allow-same-namespace',
        'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{podSelector: {}}]}]',
      ),
      policy(
        'shop/allow-demo',
        'podSelector: {}\npolicyTypes: [Egress]\negress: [{to: [{namespaceSelector: {matchLabels: {name: demo}}}], ports: [{port: 8080}]}]',
      ),
    ]),
    from: 'shop/Deployment/api',
    says: {
      summary: ['allow-demo allows egress to namespaces with name=demo only', 'namespace demo of db has no label name'],
      certainty: 'certain',
    },
  },
  'everything allowed': { given: given(denyEgress, fromApi('- {}')), from, says: 'passed' },
  'egress only of others': {
    given: given(policy('demo/web', 'podSelector: {matchLabels: {app: web}}\npolicyTypes: [Egress]')),
    from,
    says: 'passed',
  },
  'the client has no Pod yet': {
    given: cluster([...web, webService, ...workload({ name: 'api', replicas: 0 }), denyEgress]),
    from,
    says: { summary: ['default-deny-egress'], certainty: 'likely' },
  },
  'no endpoint': { given: cluster([webService, ...api]), from, says: 'not-applicable' },
});
