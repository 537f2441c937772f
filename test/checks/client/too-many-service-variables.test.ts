import check from '../../../src/checks/client/too-many-service-variables.ts';
import type { KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const says = (objects: readonly KubeObject[], message: string): readonly KubeObject[] =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? change(unready(object as Pod), (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            status.lastState = { terminated: { exitCode: 1, reason: 'Error', message } };
        })
      : object,
  );
const many = Array.from({ length: 400 }, (_, index) => service({ name: `tenant-${index}`, selector: null }));
const tooLong = 'standard_init_linux.go:228: exec user process caused: argument list too long';

examples(check, {
  'hundreds of Services': {
    given: cluster([...says(workload({ name: 'api' }), tooLong), service({ name: 'api' }), ...many]),
    target: 'demo/api',
    says: {
      summary: ['401 Services', 'argument list too long'],
      certainty: 'certain',
      evidence: ['enableServiceLinks: true'],
    },
  },
  'links switched off': {
    given: cluster([
      ...says(workload({ name: 'api', spec: { enableServiceLinks: false } }), tooLong),
      service({ name: 'api' }),
    ]),
    target: 'demo/api',
    says: 'passed',
  },
  'hundreds of Services, and no failure': {
    given: cluster([...workload({ name: 'api' }), service({ name: 'api' }), ...many]),
    target: 'demo/api',
    says: 'passed',
  },
});
