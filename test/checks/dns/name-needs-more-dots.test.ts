import check from '../../../src/checks/dns/name-needs-more-dots.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { client, healthy, resolvConf, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const ndots = (value: string, host: string, image?: string) =>
  cluster(client({ dnsConfig: { options: [{ name: 'ndots', value }] } }, [{ name: 'DB_HOST', value: host }], image));
const alpine = 'registry.example.com/api:1.4.2-alpine';

examples(check, {
  'ndots as kubelet sets it': { given: healthy(), from, says: 'passed' },
  'ndots 1, a dot, and musl': {
    given: ndots('1', 'db.demo', alpine),
    from,
    says: { summary: ['db.demo', 'ndots is 1', 'musl'], certainty: 'certain', impact: 'breaks', evidence: ['ndots:1'] },
  },
  'ndots 1, a dot, and glibc': {
    given: ndots('1', 'db.demo'),
    from,
    says: { summary: ['db.demo', 'glibc'], certainty: 'possible', impact: 'risks' },
  },
  'ndots 1 and no dot': { given: ndots('1', 'db', alpine), from, says: 'passed' },
  'ndots 1 and the full name': { given: ndots('1', 'db.demo.svc.cluster.local', alpine), from, says: 'passed' },
  'ndots 2 and a dot': { given: ndots('2', 'db.demo', alpine), from, says: 'passed' },
  'ndots 2 and two dots': {
    given: ndots('2', 'db.demo.svc', alpine),
    from,
    says: { summary: ['2 dots'], certainty: 'certain' },
  },
  'ndots 0': { given: ndots('0', 'db', alpine), from, says: { summary: ['ndots is 0'], certainty: 'certain' } },
  'read in the Pod': {
    given: withObservations(
      cluster(client({}, [{ name: 'DB_HOST', value: 'db.demo' }], alpine)),
      resolvConf(
        healthy(),
        'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:1\n',
      ),
    ),
    from,
    says: { summary: ['ndots is 1'], certainty: 'certain' },
  },
  'the client asks its node': {
    given: cluster([
      ...workload({ name: 'db' }),
      service({ name: 'db' }),
      ...client({ dnsPolicy: 'Default' }).slice(-3),
    ]),
    from,
    says: 'not-applicable',
  },
});
