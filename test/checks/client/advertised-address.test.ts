import check from '../../../src/checks/client/advertised-address.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const kafka = (value: string) => ({
  given: cluster([
    ...workload({
      name: 'kafka',
      container: { ports: [{ containerPort: 9092 }], env: [{ name: 'KAFKA_ADVERTISED_LISTENERS', value }] },
    }),
    service({ name: 'kafka', ports: [{ port: 9092 }] }),
  ]),
  target: 'demo/kafka',
});

examples(check, {
  'localhost, from compose': {
    ...kafka('PLAINTEXT://localhost:9092'),
    says: { summary: ['KAFKA_ADVERTISED_LISTENERS', 'localhost'], certainty: 'likely' },
  },
  'a listener for clients beside the local one': {
    ...kafka('LOCAL://localhost:9092,PLAINTEXT://kafka.demo:29092'),
    says: 'passed',
  },
  'the name of the Service': { ...kafka('PLAINTEXT://kafka:9092'), says: 'passed' },
  'no Pods': { given: cluster([service({ name: 'kafka' })]), target: 'demo/kafka', says: 'not-applicable' },
});
