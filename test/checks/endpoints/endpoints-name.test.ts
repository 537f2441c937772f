import check from '../../../src/checks/endpoints/endpoints-name.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { endpoints, mirroring, slice } from '../../kit/slices.ts';

const svc = service({ name: 'external-mysql', selector: null });
const target = 'demo/external-mysql';

examples(check, {
  'another name': {
    target,
    given: cluster([svc, endpoints('external-mysql-ep')]),
    says: {
      summary: ['external-mysql-ep', 'must be called external-mysql'],
      certainty: 'certain',
      evidence: ['192.168.40.7'],
    },
  },
  'another namespace': {
    target,
    given: cluster([svc, change(endpoints('external-mysql'), (draft) => void (draft.metadata.namespace = 'infra'))]),
    says: { summary: ['namespace infra', 'demo'], certainty: 'certain' },
  },
  'the Endpoints of the Service next door': {
    target,
    given: cluster([
      svc,
      service({ namespace: 'infra', name: 'external-mysql', selector: null }),
      change(endpoints('external-mysql'), (draft) => void (draft.metadata.namespace = 'infra')),
    ]),
    says: 'passed',
  },
  'the Endpoints of another Service': {
    target,
    given: cluster([svc, service({ name: 'external-mysqld', selector: null }), endpoints('external-mysqld')]),
    says: 'passed',
  },
  'the same name': {
    target,
    given: cluster([
      svc,
      endpoints('external-mysql'),
      slice({ name: 'external-mysql-x', of: 'external-mysql', manager: mirroring }),
    ]),
    says: 'passed',
  },
  'a selector': {
    target,
    given: cluster([...workload({ name: 'external-mysql' }), service({ name: 'external-mysql' }), endpoints('mysql')]),
    says: 'not-applicable',
  },
});
