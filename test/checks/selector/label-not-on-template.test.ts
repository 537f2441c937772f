import check from '../../../src/checks/selector/label-not-on-template.ts';
import type { Labels } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

/** A Deployment db whose own labels are these; its template has app=db alone. */
const own = (labels: Labels, replicas = 1) =>
  workload({ name: 'db', replicas }).map((object) =>
    object.kind === 'Deployment' ? change(object, ({ metadata }) => void (metadata.labels = labels)) : object,
  );
const backend = service({ name: 'db', selector: { app: 'db', tier: 'backend' } });

examples(check, {
  'on the Deployment, not on its template': {
    given: cluster([...own({ app: 'db', tier: 'backend' }), backend]),
    says: {
      summary: ['tier=backend', 'deployment/db', 'template'],
      certainty: 'certain',
      evidence: ['deployment/db metadata.labels.tier: backend', 'deployment/db spec.template.metadata.labels: app=db'],
    },
  },
  'the same before there are Pods': {
    given: cluster([...own({ app: 'db', tier: 'backend' }, 0), backend]),
    says: { summary: ['tier=backend'], certainty: 'certain' },
  },
  nowhere: { given: cluster([...own({ app: 'db' }), backend]), says: 'passed' },
  'on the template too': {
    given: cluster([...workload({ name: 'db', labels: { app: 'db', tier: 'backend' } }), backend]),
    says: 'passed',
  },
  'a version, which is better left out of the selector': {
    given: cluster([
      ...own({ app: 'db', 'app.kubernetes.io/version': '1.2' }),
      service({ name: 'db', selector: { app: 'db', 'app.kubernetes.io/version': '1.2' } }),
    ]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
