import check from '../../../src/checks/dns/external-name-keeps-host.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import type { Service, ServicePort } from '../../../src/k8s/objects.ts';
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
const api = (url: string) => workload({ name: 'api', container: { env: [{ name: 'PAYMENT_URL', value: url }] } });

examples(check, {
  'a database': { given: cluster([external('db.abc.eu-west-1.rds.amazonaws.com', [{ port: 5432 }])]), says: 'passed' },
  'called over https': {
    given: cluster([external('api.stripe.com', [{ port: 443 }]), ...api('https://db/v1')]),
    from,
    says: { summary: ['https://db', 'api.stripe.com', 'certificate', 'SNI'], certainty: 'likely', impact: 'breaks' },
  },
  'called over http': {
    given: cluster([external('legacy.example.com', [{ port: 80 }]), ...api('http://db')]),
    from,
    says: { summary: ['Host: db', 'legacy.example.com'], certainty: 'possible', impact: 'risks' },
  },
  'port 443, and no client known': {
    given: cluster([external('api.example.com', [{ name: 'https', port: 443 }])]),
    says: { summary: ['443', 'certificate'], certainty: 'possible', impact: 'risks' },
  },
  'another Service of the cluster': {
    given: cluster([
      external('web.prod.svc.cluster.local', [{ port: 80 }]),
      service({ name: 'web', namespace: 'prod' }),
    ]),
    says: 'not-applicable',
  },
  'no alias at all': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'not-applicable' },
});
