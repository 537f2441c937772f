import check from '../../../src/checks/endpoints/slice-port-name.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { endpoints, mirroring, slice } from '../../kit/slices.ts';

const pg = { name: 'postgres', port: 5432, targetPort: 5432 };
const svc = service({ name: 'db', selector: null, ports: [pg] });
const two = service({ name: 'db', selector: null, ports: [pg, { name: 'metrics', port: 9187 }] });

examples(check, {
  'a slice port without a name': {
    given: cluster([svc, slice({ name: 'db-1', ports: [{ name: '', port: 9376, protocol: 'TCP' }] })]),
    says: {
      summary: ['db-1', 'without a name', '"postgres"'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: [
        'service/db spec.ports[*].name: postgres',
        'ports[0].name: (empty): 9376/TCP',
        'targetPort: 5432: not used here',
      ],
    },
  },
  'another name': {
    given: cluster([svc, slice({ name: 'db-1', ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }] })]),
    says: { summary: ['"pg"', '"postgres"'], certainty: 'certain' },
  },
  'a name where the Service has none': {
    given: cluster([
      service({ name: 'db', selector: null, ports: [{ port: 5432 }] }),
      slice({ name: 'db-1', ports: [{ name: 'postgres', port: 5432 }] }),
    ]),
    says: { summary: ['"postgres"', 'no name'], certainty: 'certain' },
  },
  'another protocol': {
    given: cluster([svc, slice({ name: 'db-1', ports: [{ name: 'postgres', port: 5432, protocol: 'UDP' }] })]),
    says: { summary: ['UDP', 'TCP'], certainty: 'certain' },
  },
  'no port at all': {
    given: cluster([svc, slice({ name: 'db-1', ports: [] })]),
    says: { summary: ['opens no port'], certainty: 'certain' },
  },
  'one port of two': {
    given: cluster([
      two,
      slice({
        name: 'db-1',
        ports: [
          { name: 'postgres', port: 5432 },
          { name: 'http', port: 9187 },
        ],
      }),
    ]),
    says: { summary: ['"http"', '"metrics"'], certainty: 'certain', impact: 'degrades' },
  },
  'a mirrored Endpoints object': {
    given: cluster([svc, endpoints('db'), slice({ name: 'db-8x2', manager: mirroring })]),
    says: { summary: ['"http"', '"postgres"'], certainty: 'certain' },
  },
  'the same name, another number': {
    given: cluster([svc, slice({ name: 'db-1', ports: [{ name: 'postgres', port: 9376 }] })]),
    says: 'passed',
  },
  headless: {
    given: cluster([
      service({ name: 'db', selector: null, ports: [pg], spec: { clusterIP: 'None' } }),
      slice({ name: 'db-1' }),
    ]),
    says: 'not-applicable',
  },
  'what Cilium writes for its Gateways': {
    given: cluster([svc, slice({ name: 'db-c', addresses: ['192.192.192.192'], ports: [{ name: '', port: 9999 }] })]),
    says: 'not-applicable',
  },
  'slices of the controller': {
    given: cluster([...workload({ name: 'db' }), service({ name: 'db' })]),
    says: 'not-applicable',
  },
});
