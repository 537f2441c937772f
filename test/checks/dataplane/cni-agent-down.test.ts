import check from '../../../src/checks/dataplane/cni-agent-down.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const flannel = workload({ namespace: 'kube-flannel', name: 'kube-flannel-ds', kind: 'DaemonSet', replicas: 2 });
const crashingOn = (node: string) =>
  flannel.map((object) =>
    object.kind === 'Pod' && (object as Pod).spec.nodeName === node
      ? change(unready(object as Pod), (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            Object.assign(status, {
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: {
                terminated: { exitCode: 1, message: 'failed to find interface: Unable to find default route' },
              },
            });
        })
      : object,
  );
const nameOn = (node: string) => {
  const { metadata } =
    flannel.find((object): object is Pod => object.kind === 'Pod' && (object as Pod).spec.nodeName === node) ??
    flannel[0];
  return { namespace: 'kube-flannel', name: metadata.name };
};
const objects = [
  ...workload({ name: 'db', nodes: ['node-a'] }),
  service({ name: 'db' }),
  ...workload({ name: 'api', nodes: ['node-b'] }),
];
const from = 'demo/Deployment/api';

examples(check, {
  'crashing on the client’s node': {
    given: cluster([...objects, ...crashingOn('node-b')]),
    from,
    says: {
      summary: ['kube-flannel-ds on node-b is CrashLoopBackOff'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['Unable to find default route'],
    },
  },
  'its log tells why': {
    given: cluster(
      [...objects, ...crashingOn('node-b')],
      [
        {
          kind: 'Log',
          pod: nameOn('node-b'),
          previous: true,
          text: 'I0302 main.go:545] Found network config\nE0302 main.go:334] Error registering network: node "node-b" pod cidr not assigned\nI0302 main.go:523] Stopping',
        },
      ],
    ),
    from,
    says: {
      summary: ['CrashLoopBackOff', 'pod cidr not assigned'],
      certainty: 'certain',
      evidence: ['Error registering network: node "node-b" pod cidr not assigned'],
    },
  },
  'an event tells why': {
    given: cluster([
      ...objects,
      ...crashingOn('node-b'),
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'flannel.1', namespace: 'kube-flannel' },
        involvedObject: { kind: 'Pod', ...nameOn('node-b') },
        type: 'Warning',
        reason: 'FailedMount',
        message: 'MountVolume.SetUp failed for volume "flannel-cfg": configmap "kube-flannel-cfg" not found',
      } as KubeObject,
    ]),
    from,
    says: { summary: ['configmap "kube-flannel-cfg" not found'], certainty: 'certain' },
  },
  'missing on the endpoint’s node': {
    given: cluster([...objects, ...flannel.filter((object) => (object as Pod).spec.nodeName !== 'node-a')]),
    says: { summary: ['kube-flannel-ds on node-a is missing'], certainty: 'likely', impact: 'breaks' },
  },
  'on every node': { given: cluster([...objects, ...flannel]), from, says: 'passed' },
  'unknown plugin': { given: cluster(objects), from, says: 'not-applicable' },
});
