import check from '../../../src/checks/ports/ambiguous-port-name.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const two = (port: number) =>
  workload({
    name: 'db',
    spec: {
      containers: [
        { name: 'exporter', ports: [{ name: 'http', containerPort: port }] },
        { name: 'db', ports: [{ name: 'http', containerPort: 8080 }] },
      ],
    },
  });
const http = service({ name: 'db', ports: [{ port: 80, targetPort: 'http' }] });

examples(check, {
  'a sidecar has the name first': {
    given: cluster([...two(9113), http]),
    says: { summary: ['container exporter (9113)', 'container db', '8080'], certainty: 'possible', impact: 'risks' },
  },
  'the same number twice': { given: cluster([...two(8080), http]), says: 'passed' },
  'a number as targetPort': { given: cluster([...two(9113), service({ name: 'db' })]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
