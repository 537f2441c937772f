import check from '../../../src/checks/endpoints/none-ready.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { withPods } from '../../kit/pod-states.ts';

const db = workload({ name: 'db', replicas: 2 });
const asleep = workload({ name: 'db', replicas: 0 });
const svc = service({ name: 'db' });
const keda: CustomObject = {
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'db', namespace: 'demo' },
  spec: { scaleTargetRef: { name: 'db' } },
};

examples(check, {
  'none of two is ready': {
    given: cluster([...withPods(db, (pod) => unready(pod)), svc]),
    says: { summary: ['0 of 2 endpoints are ready'], certainty: 'certain' },
  },
  'an empty slice': { given: cluster([...asleep, svc]), says: { summary: ['is empty'], certainty: 'certain' } },
  'no slice': {
    given: cluster([service({ name: 'db', selector: null })]),
    says: { summary: ['no EndpointSlice'], certainty: 'certain' },
  },
  'ready addresses, and no port': {
    given: cluster([...db, service({ name: 'db', ports: [{ name: 'pg', port: 5432, targetPort: 'postgres' }] })]),
    says: { summary: ['2 endpoints are ready, but none opens pg 5432/TCP'], certainty: 'certain' },
  },
  'two of two': { given: cluster([...db, svc]), says: 'passed', detail: '2 of 2 endpoints are ready' },
  'one of two is enough': {
    given: cluster([...db.slice(0, -1), ...withPods(db.slice(-1), (pod) => unready(pod)), svc]),
    says: 'passed',
    detail: '1 of 2',
  },
  'headless, without ports': {
    given: cluster([...db, service({ name: 'db', ports: [], spec: { clusterIP: 'None' } })]),
    says: 'passed',
  },
  'asleep on purpose': { given: cluster([...asleep, svc, keda]), says: 'not-applicable', detail: 'idle on purpose' },
  'an alias': {
    given: cluster([
      service({ name: 'db', selector: null, spec: { type: 'ExternalName', externalName: 'db.example.com' } }),
    ]),
    says: 'not-applicable',
  },
});
