import check from '../../../src/checks/endpoints/selector-overrules-endpoints.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { endpoints } from '../../kit/slices.ts';

const svc = service({ name: 'db', selector: { app: 'mysql-outside' } });
const overwritten = change(endpoints('db', []), (draft) => {
  draft.metadata.annotations = {
    'kubectl.kubernetes.io/last-applied-configuration':
      '{"kind":"Endpoints","subsets":[{"addresses":[{"ip":"192.168.40.7"}]}]}',
  };
});

examples(check, {
  'Endpoints by hand beside a selector': {
    given: cluster([svc, endpoints('db')]),
    says: { summary: ['192.168.40.7', 'app=mysql-outside'], certainty: 'certain', evidence: ['in no EndpointSlice'] },
  },
  'overwritten by the controller': {
    given: cluster([svc, overwritten]),
    says: { summary: ['192.168.40.7'], certainty: 'certain' },
  },
  'a selector that finds Pods': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' }), endpoints('db')]),
    says: 'passed',
  },
  'a workload that is asleep': {
    given: cluster([...workload({ name: 'db', replicas: 0 }), service({ name: 'db' }), endpoints('db')]),
    says: 'passed',
  },
  'nothing by hand': { given: cluster([svc, endpoints('db', [])]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null }), endpoints('db')]), says: 'not-applicable' },
});
