import check from '../../../src/checks/dns/ingress-policy-blocks-dns.ts';
import { client, healthy, stack } from '../../kit/dns.ts';
import { cluster, objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const policy = (name: string, spec: string, namespace = 'demo') =>
  objectsIn(
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`,
  );
const from = 'demo/Deployment/api';

const ports = '[{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }]';

examples(check, {
  'no policy': { given: healthy(), from, says: 'passed' },
  'default deny in kube-system': {
    given: cluster([...stack, ...policy('default-deny', '{ podSelector: {}, policyTypes: [Ingress] }', 'kube-system')]),
    from,
    says: { summary: ['default-deny in kube-system', 'demo/api'], certainty: 'certain', impact: 'breaks' },
  },
  'only labelled namespaces': {
    given: cluster([
      ...stack,
      ...policy(
        'dns-clients',
        `{ podSelector: { matchLabels: { k8s-app: kube-dns } }, ingress: [{ from: [{ namespaceSelector: { matchLabels: { dns: allowed } } }], ports: ${ports} }] }`,
        'kube-system',
      ),
    ]),
    from,
    says: { summary: ['dns-clients', 'dns=allowed'], certainty: 'certain' },
  },
  'everybody on 53': {
    given: cluster([
      ...stack,
      ...policy('default-deny', '{ podSelector: {}, policyTypes: [Ingress] }', 'kube-system'),
      ...policy(
        'dns',
        `{ podSelector: { matchLabels: { k8s-app: kube-dns } }, ingress: [{ from: [{ namespaceSelector: {} }], ports: ${ports} }] }`,
        'kube-system',
      ),
    ]),
    from,
    says: 'passed',
  },
  'the client asks its node': { given: cluster(client({ dnsPolicy: 'Default' })), from, says: 'not-applicable' },
});
