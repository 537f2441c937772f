import check from '../../../src/checks/dataplane/session-affinity.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', replicas: 3 });
const sticky = (spec: object = {}) => service({ name: 'db', spec: { sessionAffinity: 'ClientIP', ...spec } });
const api = (replicas: number) => workload({ name: 'api', replicas });
const from = 'demo/Deployment/api';

examples(check, {
  'one client Pod, three Pods': {
    given: cluster([...db, sticky(), ...api(1)]),
    from,
    says: { summary: ['sessionAffinity is ClientIP', '1 of 3 Pods', '10800'], certainty: 'possible', impact: 'risks' },
  },
  'from outside, behind one address': {
    given: cluster([
      ...db,
      sticky({ type: 'LoadBalancer', sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } } }),
    ]),
    says: { summary: ['nodes’ addresses', '3 Pods'], certainty: 'possible' },
  },
  'as many clients as Pods': { given: cluster([...db, sticky(), ...api(3)]), from, says: 'passed' },
  'one Pod': { given: cluster([...workload({ name: 'db' }), sticky(), ...api(1)]), from, says: 'passed' },
  'no affinity': { given: cluster([...db, service({ name: 'db' }), ...api(1)]), from, says: 'passed' },
  headless: { given: cluster([...db, sticky({ clusterIP: 'None' })]), says: 'not-applicable' },
});
