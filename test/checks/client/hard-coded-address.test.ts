import check from '../../../src/checks/client/hard-coded-address.ts';
import type { Pod, Service } from '../../../src/k8s/objects.ts';
import { caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/postgres';
const podIP = (postgres.find(({ kind }) => kind === 'Pod') as Pod).status?.podIP ?? '';
const clusterIP = (postgres.find(({ kind }) => kind === 'Service') as Service).spec.clusterIP ?? '';

examples(check, {
  'a ClusterIP from before the Service was made anew': {
    ...caller({ DB_HOST: '10.96.255.1', DB_PORT: '5432' }, postgres),
    target,
    says: {
      summary: ['DB_HOST', '10.96.255.1', clusterIP],
      certainty: 'certain',
      evidence: [`service/postgres spec.clusterIP: ${clusterIP}`],
    },
  },
  'the address of a Pod that is gone': {
    ...caller({ DATABASE_URL: 'postgres://10.244.255.9:5432/app' }, postgres),
    target,
    says: { summary: ['10.244.255.9', 'no Pod'], certainty: 'likely' },
  },
  'the address of a Pod that still runs': {
    ...caller({ DB_HOST: podIP }, postgres),
    target,
    says: { summary: [podIP, 'next restart'], certainty: 'certain', impact: 'risks' },
  },
  'the current ClusterIP': { ...caller({ DB_HOST: clusterIP }, postgres), target, says: 'passed' },
  'a database outside the cluster': { ...caller({ LEGACY_DB_HOST: '172.16.9.9' }, postgres), target, says: 'passed' },
  'an address of something else': { ...caller({ SMTP_HOST: '10.96.255.1' }, postgres), target, says: 'passed' },
});
