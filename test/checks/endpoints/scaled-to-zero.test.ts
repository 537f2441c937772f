import check from '../../../src/checks/endpoints/scaled-to-zero.ts';
import type { CustomObject, HorizontalPodAutoscaler } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { slice } from '../../kit/slices.ts';
import { examples } from '../../kit/examples.ts';

const mail = workload({ name: 'mail', replicas: 0 });
const svc = service({ name: 'mail' });
const target = 'demo/mail';
const scaledObject = (
  spec: Record<string, unknown>,
  annotations: Record<string, string> = {},
  status: Record<string, unknown> = {},
): CustomObject => ({
  apiVersion: 'keda.sh/v1alpha1',
  kind: 'ScaledObject',
  metadata: { name: 'mail', namespace: 'demo', annotations },
  spec: { scaleTargetRef: { name: 'mail' }, ...spec },
  status,
});
const hpa = (labels: Record<string, string>, minReplicas: number): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'mail', namespace: 'demo', labels },
  spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'mail' }, minReplicas, maxReplicas: 5 },
  status: { currentReplicas: 0, desiredReplicas: 0 },
});
const http: CustomObject = {
  apiVersion: 'http.keda.sh/v1alpha1',
  kind: 'HTTPScaledObject',
  metadata: { name: 'mail', namespace: 'demo' },
  spec: { scaleTargetRef: { deployment: 'mail', service: 'mail', port: 80 }, replicas: { min: 0, max: 5 } },
};
const labelled = (labels: Record<string, string>) =>
  change(mail[0], (draft) => void Object.assign(draft.metadata, { labels }));

examples(check, {
  'by hand': {
    target,
    given: cluster([...mail, svc]),
    says: {
      summary: ['Deployment mail', '0 replicas', 'by hand'],
      certainty: 'certain',
      evidence: ['deployment/mail spec.replicas: 0'],
    },
  },
  'a StatefulSet': {
    target,
    given: cluster([...workload({ kind: 'StatefulSet', name: 'mail', replicas: 0 }), svc]),
    says: { summary: ['StatefulSet mail'], certainty: 'certain' },
  },
  'an HPA does not wake it': {
    target,
    given: cluster([...mail, svc, hpa({}, 2)]),
    says: { summary: ['HorizontalPodAutoscaler mail does not scale up from 0'], certainty: 'certain' },
  },
  'KEDA is paused': {
    target,
    given: cluster([...mail, svc, scaledObject({}, { 'autoscaling.keda.sh/paused-replicas': '0' })]),
    says: { summary: ['ScaledObject mail (KEDA) keeps it there'], certainty: 'certain', evidence: ['paused-replicas'] },
  },
  'green is down, and blue runs': {
    target: 'demo/ledger',
    given: cluster([
      ...workload({ name: 'ledger-green', labels: { app: 'ledger', color: 'green' }, replicas: 0 }),
      ...workload({ name: 'ledger-blue', labels: { app: 'ledger', color: 'blue' }, replicas: 2 }),
      service({ name: 'ledger', selector: { app: 'ledger', color: 'green' } }),
    ]),
    says: {
      summary: ['Deployment ledger-green is scaled to 0', 'deployment/ledger-blue (color=blue) has 2 ready Pods'],
      certainty: 'certain',
      evidence: ['service/ledger spec.selector.color: green', 'color: blue, and the Pod is Ready'],
    },
  },
  'another component runs: it is no other colour': {
    target: 'demo/ledger',
    given: cluster([
      ...workload({ name: 'ledger-web', labels: { app: 'ledger', component: 'web' }, replicas: 0 }),
      ...workload({ name: 'ledger-worker', labels: { app: 'ledger', component: 'worker' }, replicas: 2 }),
      service({ name: 'ledger', selector: { app: 'ledger', component: 'web' } }),
    ]),
    says: { summary: ['by hand: no autoscaler explains it'], certainty: 'certain' },
  },
  'a hand-made slice serves meanwhile': {
    target,
    given: cluster([...mail, svc, slice({ name: 'mail-vm', of: 'mail' })]),
    says: { summary: ['scaled to 0 replicas'], certainty: 'certain', impact: 'risks' },
  },
  'KEDA does not work': {
    target,
    given: cluster([
      ...mail,
      svc,
      scaledObject({}, {}, { conditions: [{ type: 'Ready', status: 'False', reason: 'ScaledObjectCheckFailed' }] }),
    ]),
    says: { summary: ['ScaledObject mail'], certainty: 'certain', evidence: ['ScaledObjectCheckFailed'] },
  },
  'kube-downscaler': {
    target,
    given: cluster([
      change(mail[0], (draft) => void (draft.metadata.annotations = { 'downscaler/original-replicas': '3' })),
      svc,
    ]),
    says: { summary: ['kube-downscaler'], certainty: 'certain', evidence: ['original-replicas]: 3'] },
  },
  'KEDA, idle': {
    target,
    given: cluster([...mail, svc, scaledObject({ minReplicaCount: 0 })]),
    says: 'passed',
    detail: 'ScaledObject mail (KEDA)',
  },
  'KEDA, idle below its minimum': {
    target,
    given: cluster([...mail, svc, scaledObject({ minReplicaCount: 2, idleReplicaCount: 0 })]),
    says: 'passed',
  },
  'KEDA’s HTTP add-on': { target, given: cluster([...mail, svc, http]), says: 'passed' },
  'KEDA, known by its HPA only': {
    target,
    given: cluster([...mail, svc, hpa({ 'scaledobject.keda.sh/name': 'mail' }, 1)]),
    says: 'passed',
  },
  'an HPA that may go to 0': { target, given: cluster([...mail, svc, hpa({}, 0)]), says: 'passed' },
  Knative: {
    target,
    given: cluster([labelled({ app: 'mail', 'serving.knative.dev/revision': 'mail-00001' }), svc]),
    says: 'passed',
    detail: 'Knative',
  },
  'Flagger’s canary between releases': {
    target,
    given: cluster([
      ...mail,
      change(
        svc,
        (draft) =>
          void (draft.metadata.ownerReferences = [
            { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'mail', controller: true },
          ]),
      ),
    ]),
    says: 'passed',
  },
  replicas: { target, given: cluster([...workload({ name: 'mail' }), svc]), says: 'passed' },
  'a DaemonSet': {
    target,
    given: cluster([...workload({ kind: 'DaemonSet', name: 'mail', replicas: 0 }), svc]),
    says: 'not-applicable',
  },
  'nothing selected': {
    target,
    given: cluster([...mail, service({ name: 'mail', selector: { app: 'post' } })]),
    says: 'not-applicable',
  },
});
