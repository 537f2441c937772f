import check from '../../../src/checks/dns/namespace-not-served.ts';
import { healthy, stack, withCorefile } from '../../kit/dns.ts';
import { change, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const option = (line: string, base = given) =>
  withCorefile(base, (text) => text.replace('       pods insecure\n', `       pods insecure\n       ${line}\n`));
const headless = healthy([
  ...workload({ name: 'db' }),
  service({ name: 'db', spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
]);

examples(check, {
  'every namespace is served': { given, says: 'passed' },
  'only others are listed': {
    given: option('namespaces kube-system prod'),
    says: { summary: ['demo/db', 'namespaces kube-system prod', 'does not list demo'], certainty: 'certain' },
  },
  'it is listed': { given: option('namespaces demo prod'), says: 'passed' },
  'a label that the Service lacks': {
    given: option('labels expose=dns'),
    says: { summary: ['labels expose=dns'], certainty: 'certain' },
  },
  'a label that the Service has': {
    given: option(
      'labels expose=dns',
      healthy(
        stack.map((object) =>
          object.kind === 'Service'
            ? change(object, (draft) => void (draft.metadata.labels = { expose: 'dns' }))
            : object,
        ),
      ),
    ),
    says: 'passed',
  },
  'a label that the namespace lacks': {
    given: option('namespace_labels team=a'),
    says: { summary: ['namespace_labels team=a'], certainty: 'certain' },
  },
  'no endpoints for a headless Service': {
    given: option('noendpoints', headless),
    says: { summary: ['noendpoints'], certainty: 'certain' },
  },
  'no endpoints for one with an address': { given: option('noendpoints'), says: 'passed' },
});
