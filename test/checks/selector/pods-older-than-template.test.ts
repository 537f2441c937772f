import check from '../../../src/checks/selector/pods-older-than-template.ts';
import type { Workload } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const backend = service({ name: 'db', selector: { app: 'db', tier: 'backend' } });
const relabelled = (kind: 'Deployment' | 'StatefulSet', spec: Partial<Workload['spec']>) =>
  workload({ name: 'db', kind }).map((object) =>
    object.kind === kind
      ? change(object as Workload, (draft) => {
          Object.assign(draft.spec, spec);
          if (draft.spec.template?.metadata) draft.spec.template.metadata.labels = { app: 'db', tier: 'backend' };
        })
      : object,
  );

examples(check, {
  'a paused rollout': {
    given: cluster([...relabelled('Deployment', { paused: true }), backend]),
    says: {
      summary: ['deployment/db', 'tier=backend', 'paused'],
      certainty: 'certain',
      evidence: ['deployment/db spec.paused: true'],
      patchCannotShow: 'the Pods follow by a rollout, which no patch of spec.paused shows',
    },
  },
  'a rollout that goes on by itself': { given: cluster([...relabelled('Deployment', {}), backend]), says: 'passed' },
  'a StatefulSet with OnDelete': {
    given: cluster([...relabelled('StatefulSet', { updateStrategy: { type: 'OnDelete' } }), backend]),
    says: { summary: ['statefulset/db', 'OnDelete'], certainty: 'certain' },
  },
  'Pods that match': { given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
