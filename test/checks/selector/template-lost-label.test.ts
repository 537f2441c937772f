import check from '../../../src/checks/selector/template-lost-label.ts';
import type { Workload } from '../../../src/k8s/objects.ts';
import { change, cluster, pod, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const labels = { app: 'db', tier: 'backend' };
const edited = workload({ name: 'db', labels }).map((object) =>
  object.kind === 'Deployment'
    ? change(object as Workload, ({ spec }) => {
        if (spec.template?.metadata) spec.template.metadata.labels = { app: 'db' };
      })
    : object,
);
const deployment = edited[0];
const backend = service({ name: 'db', selector: labels });

examples(check, {
  'removed from the template, the last Pods still carry it': {
    given: cluster([...edited, backend]),
    says: { summary: ['deployment/db', 'tier=backend'], certainty: 'certain', impact: 'risks' },
  },
  'new Pods are without it already': {
    given: cluster([
      ...edited,
      ...(deployment ? [pod({ name: 'db-new-abcde', owner: deployment, labels: { app: 'db' } })] : []),
      backend,
    ]),
    says: { summary: ['1 new Pods'], certainty: 'certain', impact: 'degrades' },
  },
  'still there': { given: cluster([...workload({ name: 'db', labels }), backend]), says: 'passed' },
  'a label that an operator sets on Pods': {
    given: cluster([
      ...workload({ name: 'db', kind: 'StatefulSet' }).map((object) =>
        object.kind === 'Pod'
          ? change(object, ({ metadata }) => void (metadata.labels = { ...metadata.labels, role: 'primary' }))
          : object,
      ),
      service({ name: 'db', selector: { app: 'db', role: 'primary' } }),
    ]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
