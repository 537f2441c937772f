import check from '../../../src/checks/endpoints/pods-not-created.ts';
import type { KubeObject, LimitRange, ResourceQuota, Workload } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event } from '../../kit/pod-states.ts';

const target = 'demo/api';
const svc = service({ name: 'api' });
const [api, set] = workload({ name: 'api', replicas: 3 }) as unknown as readonly [Workload, Workload];
const refused = (message: string): readonly KubeObject[] => [
  api,
  change(
    set,
    (draft) =>
      void (draft.status = {
        replicas: 0,
        conditions: [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }],
      }),
  ),
  svc,
];
const forbidden = (why: string) => `pods "api-6bfb4bc65d-" is forbidden: ${why}`;
const quota = (used: string): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'team-quota', namespace: 'demo' },
  spec: { hard: { pods: '10', 'requests.cpu': '2', 'requests.memory': '4Gi' } },
  status: {
    hard: { pods: '10', 'requests.cpu': '2', 'requests.memory': '4Gi' },
    used: { pods: used, 'requests.cpu': '1900m', 'requests.memory': '2Gi' },
  },
});
const limits: LimitRange = {
  apiVersion: 'v1',
  kind: 'LimitRange',
  metadata: { name: 'team-limits', namespace: 'demo' },
  spec: { limits: [{ type: 'Container', max: { memory: '512Mi' } }] },
};
const db = workload({ kind: 'StatefulSet', name: 'api', replicas: 1 })[0];
const some = workload({ name: 'api', replicas: 3 });

examples(check, {
  'a quota that demands requests': {
    target,
    given: cluster([
      ...refused(forbidden('failed quota: team-quota: must specify requests.cpu for: api; requests.memory for: api')),
      quota('6'),
    ]),
    says: {
      summary: ['team-quota', 'must specify requests.cpu'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['FailedCreate', 'resourcequota/team-quota status.hard: pods=10,requests.cpu=2', '3 wanted, 0 there'],
    },
  },
  'a quota that is used up': {
    target,
    given: cluster([
      ...refused(
        forbidden(
          'exceeded quota: team-quota, requested: requests.cpu=500m, used: requests.cpu=1900m, limited: requests.cpu=2',
        ),
      ),
      quota('6'),
    ]),
    says: { summary: ['exceeded quota: team-quota', 'requested: requests.cpu=500m'], certainty: 'certain' },
  },
  'a quota, foreseen by its numbers': {
    target,
    given: cluster([api, set, svc, quota('10')]),
    says: { summary: ['team-quota'], certainty: 'likely' },
  },
  'a limit range': {
    target,
    given: cluster([...refused(forbidden('maximum memory usage per Container is 512Mi, but limit is 1Gi')), limits]),
    says: {
      summary: ['LimitRange', 'maximum memory usage per Container is 512Mi'],
      certainty: 'certain',
      evidence: ['limitrange/team-limits'],
    },
  },
  'Pod Security': {
    target,
    given: cluster(
      refused(
        forbidden(
          'violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "api" must set securityContext.allowPrivilegeEscalation=false)',
        ),
      ),
    ),
    says: { summary: ['restricted:latest', 'allowPrivilegeEscalation'], certainty: 'certain' },
  },
  'a webhook that denies': {
    target,
    given: cluster(
      refused(
        'admission webhook "validate.kyverno.svc-fail" denied the request: require-labels: label team is required',
      ),
    ),
    says: { summary: ['validate.kyverno.svc-fail denies', 'label team is required'], certainty: 'certain' },
  },
  'a webhook that is down': {
    target,
    given: cluster(
      refused(
        'Internal error occurred: failed calling webhook "sidecar-injector.istio.io": failed to call webhook: Post "https://istiod.istio-system.svc:443/inject?timeout=10s": service "istiod" not found',
      ),
    ),
    says: {
      summary: ['sidecar-injector.istio.io does not answer', 'service "istiod" not found'],
      certainty: 'certain',
    },
  },
  'an account that does not exist': {
    target,
    given: cluster(refused(forbidden('error looking up service account demo/api: serviceaccount "api" not found'))),
    says: { summary: ['ServiceAccount api does not exist'], certainty: 'certain' },
  },
  'a priority class that does not exist': {
    target,
    given: cluster(refused(forbidden('no PriorityClass with name critical was found'))),
    says: { summary: ['PriorityClass critical'], certainty: 'certain' },
  },
  'a StatefulSet, by its event': {
    target,
    given: cluster([
      db,
      svc,
      event(
        db,
        'FailedCreate',
        `create Pod api-0 in StatefulSet api failed error: ${forbidden('exceeded quota: team-quota, requested: pods=1, used: pods=10, limited: pods=10')}`,
      ),
      quota('10'),
    ]),
    says: {
      summary: ['exceeded quota: team-quota', 'StatefulSet api'],
      certainty: 'certain',
      evidence: ['events[FailedCreate]'],
    },
  },
  'the last Pod of three': {
    target,
    given: cluster([
      ...some.slice(0, -1),
      svc,
      event(some[1] as KubeObject, 'FailedCreate', forbidden('exceeded quota: team-quota, requested: pods=1')),
    ]),
    says: { summary: ['1 of 3 Pods'], certainty: 'certain', impact: 'risks' },
  },
  'an old event, and all Pods there': {
    target,
    given: cluster([
      ...some,
      svc,
      event(some[1] as KubeObject, 'FailedCreate', forbidden('exceeded quota: team-quota')),
    ]),
    says: 'passed',
  },
  'a quota with room, and defaults for requests': {
    target,
    given: cluster([api, set, svc, quota('6'), limits]),
    says: 'passed',
  },
  'nothing selected': {
    target,
    given: cluster([api, set, service({ name: 'api', selector: { app: 'web' } })]),
    says: 'not-applicable',
  },
});
