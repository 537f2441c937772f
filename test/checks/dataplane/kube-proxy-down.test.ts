import check from '../../../src/checks/dataplane/kube-proxy-down.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db', nodes: ['node-a'] });
const api = workload({ name: 'api', nodes: ['node-b'] });
const proxy = workload({
  namespace: 'kube-system',
  name: 'kube-proxy',
  kind: 'DaemonSet',
  labels: { 'k8s-app': 'kube-proxy' },
  replicas: 2,
  spec: { hostNetwork: true },
});
const without = (node: string) => proxy.filter((object) => (object as Pod).spec.nodeName !== node);
const crashing = proxy.map((object) =>
  object.kind === 'Pod' && (object as Pod).spec.nodeName === 'node-b'
    ? change(unready(object as Pod), (draft) => {
        for (const status of draft.status?.containerStatuses ?? [])
          Object.assign(status, {
            restartCount: 12,
            state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
            lastState: { terminated: { exitCode: 1, message: 'unable to load kubeconfig: no such file' } },
          });
      })
    : object,
);
const pulling = proxy.map((object) =>
  object.kind === 'Pod' && (object as Pod).spec.nodeName === 'node-b'
    ? change(unready(object as Pod), (draft) => {
        for (const status of draft.status?.containerStatuses ?? [])
          Object.assign(status, {
            restartCount: 0,
            state: {
              waiting: {
                reason: 'ImagePullBackOff',
                message: 'Back-off pulling image "registry.k8s.io/kube-proxy:v1.33.99"',
              },
            },
          });
      })
    : object,
);
const from = 'demo/Deployment/api';
const dbService = service({ name: 'db' });

examples(check, {
  'crashing on the client’s node': {
    given: cluster(
      [...db, dbService, ...api, ...crashing],
      [
        {
          kind: 'Log',
          pod: {
            namespace: 'kube-system',
            name: crashing.find((object) => (object as Pod).spec.nodeName === 'node-b')?.metadata.name ?? '',
          },
          previous: true,
          text: 'I0302 09:00:00 server.go:1 starting\nF0302 09:00:01 server.go:494] unable to load kubeconfig',
        },
      ],
    ),
    from,
    says: {
      summary: ['on node-b is CrashLoopBackOff', 'where api runs'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['last exit code 1', 'unable to load kubeconfig'],
    },
  },
  'its image cannot be pulled, so there is no log': {
    given: cluster([...db, dbService, ...api, ...pulling]),
    says: { summary: ['on node-b is ImagePullBackOff'], certainty: 'certain', impact: 'degrades' },
  },
  'no Pod on the client’s node': {
    given: cluster([...db, dbService, ...api, ...without('node-b')]),
    from,
    says: { summary: ['no kube-proxy Pod runs on node-b'], certainty: 'certain', impact: 'breaks' },
  },
  'no Pod on some node': {
    given: cluster([...db, dbService, ...without('node-b')]),
    says: { summary: ['node-b'], certainty: 'certain', impact: 'degrades' },
  },
  'another node than the client’s': {
    given: cluster([...db, dbService, ...api, ...without('node-a')]),
    from,
    says: 'passed',
  },
  'on every node': { given: cluster([...db, dbService, ...api, ...proxy]), from, says: 'passed' },
  'not run as Pods': { given: cluster([...db, dbService, ...api]), from, says: 'not-applicable' },
  'replaced by Cilium': {
    given: cluster([
      ...db,
      dbService,
      ...proxy.filter(({ kind }) => kind !== 'Pod'),
      ...workload({ namespace: 'kube-system', name: 'cilium', kind: 'DaemonSet', replicas: 2 }),
    ]),
    says: 'not-applicable',
  },
});
