import check from '../../../src/checks/dns/pod-name-unpublished.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { withCorefile } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const headless = (name: string) =>
  service({
    name,
    selector: { app: 'db' },
    ports: [{ port: 5432 }],
    spec: { clusterIP: 'None', clusterIPs: ['None'] },
  });
const set = (serviceName: string, replicas = 2) =>
  workload({ kind: 'StatefulSet', name: 'db', replicas, workloadSpec: { serviceName } });
const api = (host: string) => workload({ name: 'api', container: { env: [{ name: 'DB_HOST', value: host }] } });

const deployed = (host: string) => cluster([...workload({ name: 'db' }), headless('db'), ...api(host)]);
const pod = workload({ name: 'db' }).find((object): object is Pod => object.kind === 'Pod');

examples(check, {
  'a member': { given: cluster([...set('db'), headless('db'), ...api('db-0.db')]), from, says: 'passed' },
  'an ordinal too high': {
    given: cluster([...set('db'), headless('db'), ...api('db-2.db')]),
    from,
    says: { summary: ['db-2.db does not exist', 'publishes db-0, db-1'], certainty: 'certain' },
  },
  'Pods of a Deployment': {
    given: deployed(`${pod?.metadata.name}.db`),
    from,
    says: { summary: ['Deployment db', 'no hostname'], certainty: 'certain' },
  },
  'the same, where CoreDNS publishes Pod names': {
    given: withCorefile(deployed(`${pod?.metadata.name}.db`), (text) =>
      text.replace('pods insecure', 'endpoint_pod_names'),
    ),
    from,
    says: 'passed',
  },
  'by its address': { given: deployed(`${pod?.status?.podIP?.replaceAll('.', '-')}.db`), from, says: 'passed' },
  'the Service itself': { given: cluster([...set('db'), headless('db'), ...api('db')]), from, says: 'not-applicable' },
});
