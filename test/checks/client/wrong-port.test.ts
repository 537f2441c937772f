import check from '../../../src/checks/client/wrong-port.ts';
import { service, workload } from '../../kit/cluster.ts';
import { billing, caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

examples(check, {
  'a port that nobody has': {
    ...caller({ BILLING_URL: 'http://billing:3000' }),
    says: {
      summary: ['BILLING_URL', 'no port 3000', '80'],
      certainty: 'certain',
      evidence: ['service/billing spec.ports: http 80/TCP'],
    },
  },
  'https without a port, to a Service without 443': {
    ...caller({ BILLING_URL: 'https://billing' }),
    says: { summary: ['which means port 443', 'only 80'], certainty: 'certain' },
  },
  'the usual port of a database that has another': {
    ...caller({ DATABASE_URL: 'postgres://app:secret@postgres/app' }, [
      ...workload({ name: 'postgres' }),
      service({ name: 'postgres', ports: [{ port: 6432, targetPort: 5433 }] }),
    ]),
    target: 'demo/postgres',
    says: { summary: ['DATABASE_URL', '5432', '6432'], certainty: 'likely', evidence: ['postgres://***@postgres/app'] },
  },
  'a port that the Pods declare and the Service leaves out': {
    ...caller({ METRICS_URL: 'http://billing:9100/metrics' }, [
      ...workload({
        name: 'billing',
        container: { ports: [{ containerPort: 8080 }, { name: 'metrics', containerPort: 9100 }] },
      }),
      service({ name: 'billing' }),
    ]),
    says: { summary: ['9100', 'though its Pods declare it'], certainty: 'certain' },
  },
  'one of several ports': {
    ...caller(
      { BILLING_GRPC: 'billing:9000' },
      billing({
        ports: [
          { name: 'http', port: 80 },
          { name: 'grpc', port: 9000 },
        ],
      }),
    ),
    says: 'passed',
  },
  'a database at its usual port': {
    ...caller({ DATABASE_URL: 'postgres://postgres/app' }, postgres),
    target: 'demo/postgres',
    says: 'passed',
  },
});
