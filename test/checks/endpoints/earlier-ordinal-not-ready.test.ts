import check from '../../../src/checks/endpoints/earlier-ordinal-not-ready.ts';
import type { KubeObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { crashing, withPods } from '../../kit/pod-states.ts';

const kafka = (spec: object = {}) => workload({ kind: 'StatefulSet', name: 'kafka', replicas: 3, spec: {}, ...spec });
const onlyFirst = (objects: readonly KubeObject[]) =>
  objects.filter(({ kind, metadata }) => kind !== 'Pod' || metadata.name === 'kafka-0');
const external = service({
  name: 'kafka-1-external',
  selector: { app: 'kafka', 'statefulset.kubernetes.io/pod-name': 'kafka-1' },
});
const target = 'demo/kafka-1-external';

examples(check, {
  'the first one crashes': {
    target,
    given: cluster([
      ...withPods(onlyFirst(kafka()), (pod) => crashing(pod, { exitCode: 1, reason: 'Error', message: 'no quorum' })),
      external,
    ]),
    says: {
      summary: ['kafka-1 is not created', 'in order', 'kafka-0 is not Ready (CrashLoopBackOff'],
      certainty: 'certain',
      evidence: ['OrderedReady', 'pod/kafka-0 status.containerStatuses'],
    },
  },
  'the first one is ready': { target, given: cluster([...onlyFirst(kafka()), external]), says: 'passed' },
  'they are all there': { target, given: cluster([...kafka(), external]), says: 'passed' },
});
