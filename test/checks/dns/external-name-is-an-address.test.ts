import check from '../../../src/checks/dns/external-name-is-an-address.ts';
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

const cache = service({ name: 'cache', namespace: 'prod' });

examples(check, {
  'a host name': { given: cluster([external('db.example.com')]), says: 'passed' },
  'an IPv4 address': {
    given: cluster([external('10.132.32.158', [{ port: 5432 }])]),
    says: {
      summary: ['externalName of db is 10.132.32.158', 'NXDOMAIN'],
      certainty: 'certain',
      evidence: ['service/db spec.externalName: 10.132.32.158'],
    },
  },
  'an IPv6 address': {
    given: cluster([external('2001:db8::5')]),
    says: { summary: ['2001:db8::5'], certainty: 'certain' },
  },
  'the address of another Service': {
    given: cluster([external(cache.spec.clusterIP ?? ''), cache]),
    says: { summary: [cache.spec.clusterIP ?? ''], certainty: 'certain', evidence: ['service/cache spec.clusterIP'] },
  },
  'a name that begins with digits': { given: cluster([external('10.132.32.158.nip.io')]), says: 'passed' },
  'no alias at all': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'not-applicable' },
});
