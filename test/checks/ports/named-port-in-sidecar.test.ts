import check from '../../../src/checks/ports/named-port-in-sidecar.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, slicesFor, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({
  name: 'db',
  container: { ports: [] },
  spec: {
    initContainers: [{ name: 'proxy', restartPolicy: 'Always', ports: [{ name: 'http', containerPort: 8080 }] }],
  },
});
const http = service({ name: 'db', ports: [{ port: 80, targetPort: 'http' }] });
const pods = db.filter((object): object is Pod => object.kind === 'Pod');
const unset = slicesFor(http, pods).map((slice) => change(slice, (draft) => void (draft.ports = null)));

examples(check, {
  'before 1.32': {
    given: { ...cluster([...db, http, ...unset]), serverVersion: 'v1.31.2' },
    says: {
      summary: ['native sidecar proxy', 'v1.31.2', '1.32'],
      certainty: 'certain',
      evidence: ['http 8080/TCP in container proxy', 'Always'],
    },
  },
  'since 1.32': { given: { ...cluster([...db, http]), serverVersion: 'v1.32.0' }, says: 'passed' },
  'a control plane of unknown version that left the port out': {
    given: change(cluster([...db, http, ...unset]), (draft) => void delete draft.serverVersion),
    says: { summary: ['this control plane'], certainty: 'certain' },
  },
  'in an ordinary container': {
    given: { ...cluster([...workload({ name: 'db' }), http]), serverVersion: 'v1.28.0' },
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
