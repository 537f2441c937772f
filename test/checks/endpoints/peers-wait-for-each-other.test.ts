import check from '../../../src/checks/endpoints/peers-wait-for-each-other.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { crashing, event, podOf, withPods } from '../../kit/pod-states.ts';

const headless = (spec: object = {}) =>
  service({ name: 'zk-hs', selector: { app: 'zk' }, spec: { clusterIP: 'None', clusterIPs: ['None'], ...spec } });
const peers = {
  env: [{ name: 'ZK_SERVERS', value: 'zk-0.zk-hs:2888,zk-1.zk-hs:2888,zk-2.zk-hs:2888' }],
  readinessProbe: { exec: { command: ['zkOk.sh'] } },
};
const zk = workload({
  kind: 'StatefulSet',
  name: 'zk',
  labels: { app: 'zk' },
  replicas: 3,
  container: peers,
  workloadSpec: { serviceName: 'zk-hs', podManagementPolicy: 'Parallel' },
});
const waiting = withPods(zk, (pod) => unready(pod));
const name = { namespace: 'demo', name: podOf(zk).metadata.name };
const target = 'demo/zk-hs';
const given = (objects: readonly KubeObject[], observations: readonly Observation[] = []) =>
  cluster([...objects, headless()], observations);
const alone = workload({
  kind: 'StatefulSet',
  name: 'zk',
  labels: { app: 'zk' },
  replicas: 1,
  container: { readinessProbe: { exec: { command: ['zkOk.sh'] } } },
  workloadSpec: { serviceName: 'zk-hs' },
});
const kc = workload({
  name: 'kc',
  labels: { app: 'zk' },
  container: {
    args: ['-Djgroups.dns.query=zk-hs.demo.svc.cluster.local'],
    readinessProbe: { exec: { command: ['ready.sh'] } },
  },
});

examples(check, {
  'peers by name, none of them ready': {
    target,
    given: given([...waiting, event(podOf(zk), 'Unhealthy', 'Readiness probe failed: Error contacting service', 'zk')]),
    says: {
      summary: ['StatefulSet zk', 'zk-0.zk-hs', 'publishNotReadyAddresses'],
      certainty: 'certain',
      evidence: ['spec.publishNotReadyAddresses: absent', 'env[ZK_SERVERS]', 'spec.podManagementPolicy: Parallel'],
    },
  },
  'a look-up that fails, in the log of a crash': {
    target,
    given: given(
      withPods(alone, (pod) => crashing(pod, { exitCode: 1, reason: 'Error' })),
      [
        {
          kind: 'Log',
          pod: name,
          previous: true,
          text: 'java.net.UnknownHostException: zk-0.zk-hs: Name or service not known\n',
        },
      ],
    ),
    says: { summary: ['zk-0.zk-hs'], certainty: 'certain', evidence: ['UnknownHostException'] },
  },
  'a look-up that fails, by exec': {
    target,
    given: given(
      withPods(alone, (pod) => unready(pod)),
      [{ kind: 'Exec', pod: name, command: ['getent', 'hosts', 'zk-1.zk-hs'], exitCode: 2, output: '' }],
    ),
    says: { summary: ['zk-1.zk-hs'], certainty: 'certain' },
  },
  'a look-up that fails, asked by us': {
    target,
    given: given(
      withPods(alone, (pod) => unready(pod)),
      [
        {
          kind: 'Lookup',
          from: { pod: name },
          server: { clusterDNS: true },
          transport: 'udp',
          name: 'zk-1.zk-hs.demo.svc.cluster.local.',
          type: 'A',
          outcome: 'NXDOMAIN',
        },
      ],
    ),
    says: { summary: ['zk-1.zk-hs'], certainty: 'certain', evidence: ['NXDOMAIN'] },
  },
  'a Deployment that asks for the Service': {
    target,
    given: given(withPods(kc, (pod) => unready(pod))),
    says: { summary: ['Deployment kc', 'zk-hs'], certainty: 'likely' },
  },
  'peers in a ConfigMap that the client, itself a member, reads': {
    target,
    from: 'demo/StatefulSet/zk',
    given: given([
      ...withPods(
        workload({
          kind: 'StatefulSet',
          name: 'zk',
          labels: { app: 'zk' },
          container: { readinessProbe: { exec: { command: ['zkOk.sh'] } } },
          spec: { volumes: [{ name: 'conf', configMap: { name: 'zk-conf' } }] },
          workloadSpec: { serviceName: 'zk-hs' },
        }),
        (pod) => unready(pod),
      ),
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'zk-conf', namespace: 'demo' },
        data: { 'zoo.cfg': 'server.1=zk-0.zk-hs:2888:3888' },
      } as KubeObject,
    ]),
    says: { summary: ['zk-0.zk-hs'], certainty: 'certain', evidence: ['configmap/zk-conf data[zoo.cfg]'] },
  },
  'published already': {
    target,
    given: cluster([...waiting, headless({ publishNotReadyAddresses: true })]),
    says: 'passed',
  },
  'a probe with a wrong path': {
    target,
    given: given([
      ...waiting,
      event(podOf(zk), 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 404', 'zk'),
    ]),
    says: 'passed',
  },
  'a crash that has nothing to do with names': {
    target,
    given: given(
      withPods(zk, (pod) => crashing(pod, { exitCode: 1, message: 'cannot open /data: permission denied' })),
    ),
    says: 'passed',
  },
  'one that does not know its peers': { target, given: given(withPods(alone, (pod) => unready(pod))), says: 'passed' },
  'one member is ready': { target, given: given([...waiting.slice(0, -1), ...zk.slice(-1)]), says: 'passed' },
  'a Service with a ClusterIP': {
    target,
    given: cluster([
      ...withPods(kc, (pod) => unready(pod)),
      change(
        headless(),
        (draft) => void Object.assign(draft.spec, { clusterIP: '10.96.4.4', clusterIPs: ['10.96.4.4'] }),
      ),
    ]),
    says: 'not-applicable',
  },
});
