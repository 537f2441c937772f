import check from '../../../src/checks/endpoints/controller-idle.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event } from '../../kit/pod-states.ts';

const [web, , ...pods] = workload({ name: 'web' });
const svc = service({ name: 'web' });
const target = 'demo/web';

examples(check, {
  'a generation that nobody has seen': {
    target,
    given: cluster([
      change(
        web,
        (draft) =>
          void Object.assign(draft, {
            metadata: { ...draft.metadata, generation: 4 },
            status: { observedGeneration: 3, replicas: 0 },
          }),
      ),
      svc,
    ]),
    says: { summary: ['generation 4', 'seen 3'], certainty: 'certain' },
  },
  'no status at all': {
    target,
    given: cluster([change(web, (draft) => void (draft.status = {})), svc]),
    says: { summary: ['no status'], certainty: 'likely' },
  },
  'being deleted': {
    target,
    given: cluster([
      change(
        web,
        (draft) =>
          void Object.assign(draft.metadata, {
            deletionTimestamp: '2026-03-02T09:00:00Z',
            finalizers: ['foregroundDeletion'],
          }),
      ),
      svc,
    ]),
    says: { summary: ['being deleted'], certainty: 'certain', evidence: ['foregroundDeletion'] },
  },
  'paused: another check': {
    target,
    given: cluster([
      change(web, (draft) => void Object.assign(draft, { spec: { ...draft.spec, paused: true }, status: {} })),
      svc,
    ]),
    says: 'passed',
  },
  'a DaemonSet that fits no node: another check': {
    target,
    given: cluster([
      change(
        workload({ kind: 'DaemonSet', name: 'web', replicas: 0 })[0],
        (draft) => void (draft.status = { desiredNumberScheduled: 0, observedGeneration: 1 }),
      ),
      svc,
    ]),
    says: 'passed',
  },
  'refused: another check': {
    target,
    given: cluster([web, svc, event(web, 'FailedCreate', 'exceeded quota: team-quota')]),
    says: 'passed',
  },
  'a StatefulSet whose Pod is being deleted: another check': {
    target,
    given: cluster([
      ...workload({ kind: 'StatefulSet', name: 'web' }).map((object) =>
        object.kind === 'Pod'
          ? change(object, (draft) => void (draft.metadata.deletionTimestamp = '2026-03-02T09:00:00Z'))
          : object,
      ),
      svc,
    ]),
    says: 'passed',
  },
  'Pods that run': { target, given: cluster([web, ...pods, svc]), says: 'passed' },
});
