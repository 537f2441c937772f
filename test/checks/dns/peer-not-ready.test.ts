import check from '../../../src/checks/dns/peer-not-ready.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
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

const oneDown = (extra: KubeObject = headless('db')) =>
  cluster([
    ...set('db').map((object) =>
      object.kind === 'Pod' && object.metadata.name === 'db-1' ? unready(object as Pod) : object,
    ),
    extra,
    ...api('db-1.db'),
  ]);

examples(check, {
  'both are ready': { given: cluster([...set('db'), headless('db'), ...api('db-1.db')]), from, says: 'passed' },
  'the one asked for is not': {
    given: oneDown(),
    from,
    says: { summary: ['db-1.db', 'db-1 is not ready', 'publishNotReadyAddresses'], certainty: 'certain' },
  },
  'its name is published all the same': {
    given: oneDown(change(headless('db'), (draft) => void (draft.spec.publishNotReadyAddresses = true))),
    from,
    says: 'passed',
  },
  'the client asks for the Service': {
    given: cluster([...set('db'), headless('db'), ...api('db')]),
    from,
    says: 'not-applicable',
  },
});
