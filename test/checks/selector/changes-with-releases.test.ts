import check from '../../../src/checks/selector/changes-with-releases.ts';
import type { KubeObject, Labels } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const version = 'app.kubernetes.io/version';
/** Pods and template carry more than the Deployment demands. */
const released = (labels: Labels, objects: readonly KubeObject[] = workload({ name: 'db' })) =>
  objects.map((object) =>
    change(object, (draft) => {
      if (draft.kind === 'Pod') draft.metadata.labels = { ...draft.metadata.labels, ...labels };
    }),
  );

examples(check, {
  'the version of the last release': {
    given: cluster([
      ...released({ [version]: '1.5.0' }),
      service({ name: 'db', selector: { app: 'db', [version]: '1.4.2' } }),
    ]),
    says: {
      summary: [`${version}=1.4.2`, `${version}=1.5.0`],
      certainty: 'certain',
      impact: 'breaks',
      evidence: [`service/db spec.selector.${version}: 1.4.2`],
    },
  },
  'the version of this release': {
    given: cluster([
      ...released({ [version]: '1.5.0' }),
      service({ name: 'db', selector: { app: 'db', [version]: '1.5.0' } }),
    ]),
    says: 'passed',
  },
  'a chart label that the Pods lack': {
    given: cluster([...released({}), service({ name: 'db', selector: { app: 'db', chart: 'db-0.3.0' } })]),
    says: { summary: ['chart=db-0.3.0', 'no chart'], certainty: 'certain' },
  },
  'a rollout under way: the new Pods are left out': {
    given: cluster([
      ...released({ [version]: '1.5.0' }, workload({ name: 'db', replicas: 2 })).map((object, index) =>
        index === 2
          ? change(object, ({ metadata }) => void (metadata.labels = { ...metadata.labels, [version]: '1.6.0' }))
          : object,
      ),
      service({ name: 'db', selector: { app: 'db', [version]: '1.5.0' } }),
    ]),
    says: { summary: ['1 newer Pods', `${version}=1.6.0`], certainty: 'certain', impact: 'degrades' },
  },
  'a version that the Deployments tell each other apart by': {
    given: cluster([
      ...workload({ name: 'db-v1', labels: { app: 'db', version: 'v1' } }),
      service({ name: 'db', selector: { app: 'db', version: 'v2' } }),
    ]),
    says: 'passed',
  },
  'the rest is wrong as well': {
    given: cluster([
      ...released({ [version]: '1.5.0' }),
      service({ name: 'db', selector: { app: 'dbx', [version]: '1.4.2' } }),
    ]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
