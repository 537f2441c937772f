import check from '../../../src/checks/dataplane/internal-traffic-policy-local.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', nodes: ['node-a'] });
const local = service({ name: 'db', spec: { internalTrafficPolicy: 'Local' } });
const apiOn = (...nodes: string[]) => workload({ name: 'api', replicas: nodes.length, nodes });
const from = 'demo/Deployment/api';

examples(check, {
  'the client on a node without a Pod': {
    given: cluster([...db, local, ...apiOn('node-b')]),
    from,
    says: {
      summary: ['internalTrafficPolicy is Local', 'api calls from node-b', 'db runs on node-a only'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['service/db spec.internalTrafficPolicy: Local'],
    },
  },
  'the client beside the Pod': { given: cluster([...db, local, ...apiOn('node-a')]), from, says: 'passed' },
  'some client Pods': {
    given: cluster([...db, local, ...apiOn('node-a', 'node-b')]),
    from,
    says: { summary: ['node-b'], certainty: 'certain', impact: 'degrades' },
  },
  'a Pod that is about to end still serves its node': {
    given: cluster([
      ...change(workload({ name: 'db', replicas: 2 }), (objects) => {
        for (const object of objects)
          if (object.kind === 'Pod' && (object as { spec?: { nodeName?: string } }).spec?.nodeName === 'node-b')
            object.metadata.deletionTimestamp = '2026-03-02T10:00:00Z';
      }),
      local,
      ...apiOn('node-b'),
    ]),
    from,
    says: 'passed',
  },
  'no client named': {
    given: cluster([...db, local]),
    says: { summary: ['db runs on node-a only', 'node-b'], certainty: 'certain', impact: 'risks' },
  },
  'no client named, a DaemonSet': {
    given: cluster([...workload({ name: 'db', kind: 'DaemonSet', nodes: ['node-a'] }), local]),
    says: 'passed',
  },
  Cluster: { given: cluster([...db, service({ name: 'db' }), ...apiOn('node-b')]), from, says: 'passed' },
  headless: {
    given: cluster([...db, service({ name: 'db', spec: { internalTrafficPolicy: 'Local', clusterIP: 'None' } })]),
    says: 'not-applicable',
  },
  'nothing ready anywhere': { given: cluster([local, ...apiOn('node-b')]), from, says: 'passed' },
});
