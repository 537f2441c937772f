import check from '../../../src/checks/dns/external-name-ports.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import type { Service, ServicePort } from '../../../src/k8s/objects.ts';
import { resolvConf, stack, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const alias = (externalName: string, ports: readonly ServicePort[] = [], name = 'db', namespace = 'demo') =>
  service({ name, namespace, selector: null, ports, spec: { type: 'ExternalName', externalName } });
const plain = (spec: Service) =>
  change(spec, (draft) => {
    delete draft.spec.clusterIP;
    delete draft.spec.clusterIPs;
  });
const external = (...given: Parameters<typeof alias>) => plain(alias(...given));

const from = 'demo/Deployment/api';
const web = [
  ...workload({ name: 'web', namespace: 'prod' }),
  service({ name: 'web', namespace: 'prod', ports: [{ port: 8080, targetPort: 8080 }] }),
];
const api = (url: string) => workload({ name: 'api', container: { env: [{ name: 'WEB_URL', value: url }] } });
const target = 'web.prod.svc.cluster.local';

examples(check, {
  'the same port on both sides': { given: cluster([external(target, [{ port: 8080 }]), ...web]), says: 'passed' },
  'the alias says 80, the target 8080': {
    given: cluster([external(target, [{ port: 80, targetPort: 8080 }]), ...web]),
    says: { summary: ['80', 'web listens on 8080', 'maps no ports'], certainty: 'likely', impact: 'breaks' },
  },
  'and the client believes it': {
    given: cluster([external(target, [{ port: 80, targetPort: 8080 }]), ...web, ...api('http://db/')]),
    from,
    says: {
      summary: ['the client connects to 80', 'listens on 8080'],
      certainty: 'certain',
      evidence: ['env[0].value'],
    },
  },
  'the client knows better': {
    given: cluster([external(target, [{ port: 80, targetPort: 8080 }]), ...web, ...api('http://db:8080/')]),
    from,
    says: 'passed',
  },
  'a mapping to the outside': {
    given: cluster([external('api.example.com', [{ port: 80, targetPort: 8443 }])]),
    says: { summary: ['port 80 reaches port 80 there', '8443'], certainty: 'likely' },
  },
  'no ports': { given: cluster([external('db.example.com')]), says: 'passed' },
  'its own port, to the outside': { given: cluster([external('db.example.com', [{ port: 5432 }])]), says: 'passed' },
  'to a headless Service: the Pod’s port counts': {
    given: cluster([
      external(target, [{ port: 80 }]),
      ...workload({ name: 'web', namespace: 'prod' }),
      service({
        name: 'web',
        namespace: 'prod',
        ports: [{ port: 80, targetPort: 8080 }],
        spec: { clusterIP: 'None', clusterIPs: ['None'] },
      }),
    ]),
    says: { summary: ['listens on 8080'], certainty: 'likely' },
  },
  'in a cluster of another name': {
    given: withObservations(
      cluster([external('web.prod.svc.k8s.lan', [{ port: 80 }]), ...web, ...stack.slice(-3)]),
      resolvConf(cluster(stack), 'search demo.svc.k8s.lan svc.k8s.lan k8s.lan\n'),
    ),
    says: { summary: ['listens on 8080'], certainty: 'likely' },
  },
  'no alias at all': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'not-applicable' },
});
