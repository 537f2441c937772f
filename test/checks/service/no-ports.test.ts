import check from '../../../src/checks/service/no-ports.ts';
import { cluster, service } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

examples(check, {
  'a ClusterIP without ports': {
    given: cluster([service({ name: 'db', ports: [] })]),
    says: { summary: ['empty list of ports'], certainty: 'certain', evidence: ['spec.ports: none'] },
  },
  'a port': {
    given: cluster([
      service({ name: 'db', ports: [{ port: 5432 }], spec: { clusterIP: '10.96.11.7', clusterIPs: ['10.96.11.7'] } }),
    ]),
    says: 'passed',
    detail: 'ClusterIP 10.96.11.7, 5432/TCP',
  },
  headless: {
    given: cluster([service({ name: 'db', ports: [], spec: { clusterIP: 'None' } })]),
    says: 'passed',
    detail: 'headless',
  },
  'an alias': {
    given: cluster([
      service({
        name: 'db',
        selector: null,
        ports: [],
        spec: { type: 'ExternalName', externalName: 'db.example.com' },
      }),
    ]),
    says: 'passed',
    detail: 'db.example.com',
  },
});
