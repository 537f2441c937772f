import check from '../../../src/checks/dns/service-missing.ts';
import { healthy, resolvConf, withDns, withObservations } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const noService = withDns(given, ({ kind }) => (kind === 'Service' ? 'gone' : undefined));
const nothing = withDns(given, () => 'gone');
const { coverage: _coverage, ...file } = nothing;

examples(check, {
  'CoreDNS behind kube-dns': {
    given,
    says: 'passed',
    detail: 'kube-dns 10.96.0.10: 2 of 2 CoreDNS Pods are ready, zone cluster.local',
  },
  'the Service was deleted': {
    given: noService,
    says: { summary: ['No Service kube-dns', '2 CoreDNS Pods wait'], certainty: 'certain' },
  },
  'no add-on at all, but Pods are told to ask one': {
    given: withObservations(
      nothing,
      resolvConf(
        nothing,
        'search demo.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
      ),
    ),
    says: { summary: ['10.96.0.10', 'no CoreDNS runs'], certainty: 'certain' },
  },
  'no add-on, and nobody knows what Pods ask': { given: nothing, says: 'not-applicable' },
  'a file without kube-system': { given: file, says: 'skipped' },
});
