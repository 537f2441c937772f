import check from '../../../src/checks/client/malformed-value.ts';
import { caller, postgres } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/postgres';

examples(check, {
  'a line break at the end of a ConfigMap value': {
    ...caller(
      [{ name: 'DB_HOST', valueFrom: { configMapKeyRef: { name: 'app', key: 'db.host' } } }],
      [
        ...postgres,
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'app', namespace: 'demo' },
          data: { 'db.host': 'postgres\n' },
        } as never,
      ],
    ),
    target,
    says: {
      summary: ['DB_HOST', 'ends in a line break'],
      certainty: 'likely',
      evidence: ['configmap/app data.db.host: DB_HOST="postgres\\n"'],
    },
  },
  'quotes that a shell would have taken away': {
    ...caller({ DB_HOST: '"postgres"' }, postgres),
    target,
    says: { summary: ['DB_HOST', 'in quotes'], certainty: 'likely' },
  },
  'a space at the end': {
    ...caller({ DB_HOST: 'postgres ' }, postgres),
    target,
    says: { summary: ['ends in a space'], certainty: 'likely' },
  },
  'a scheme before the host of a database': {
    ...caller({ DB_HOST: 'http://postgres', DB_PORT: '5432' }, postgres),
    target,
    says: { summary: ['has http:// before the host'], certainty: 'likely' },
  },
  'a URL in the setting for the port': {
    ...caller({ DB_HOST: 'postgres', DB_PORT: 'tcp://10.96.1.1:5432' }, postgres),
    target,
    says: {
      summary: ['DB_PORT is a URL', '"tcp://10.96.1.1:5432" where 5432 is meant'],
      certainty: 'likely',
      evidence: ['DB_PORT="tcp://10.96.1.1:5432" is a URL'],
    },
  },
  'the variable that Kubernetes injects, taken for a number': {
    ...caller({ DB_HOST: '$(POSTGRES_SERVICE_HOST)', DB_PORT: '$(POSTGRES_PORT)' }, postgres),
    target,
    says: { summary: ['DB_PORT is a URL', ':5432" where 5432 is meant'], certainty: 'likely' },
  },
  'quotes around the port': {
    ...caller({ DB_HOST: 'postgres', DB_PORT: '"5432"' }, postgres),
    target,
    says: { summary: ['DB_PORT is in quotes'], certainty: 'likely' },
  },
  'the injected variable for the number': {
    ...caller({ DB_HOST: 'postgres', DB_PORT: '$(POSTGRES_SERVICE_PORT)' }, postgres),
    target,
    says: 'passed',
  },
  'a URL in a variable for one': { ...caller({ BILLING_HOST: 'http://billing' }), says: 'passed' },
  'a clean value': { ...caller({ DB_HOST: 'postgres' }, postgres), target, says: 'passed' },
});
