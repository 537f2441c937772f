import check from '../../../src/checks/ports/digits-as-a-name.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' });

examples(check, {
  'a number in quotes': {
    given: cluster([...db, service({ name: 'db', ports: [{ port: 80, targetPort: '8080' }] })]),
    says: {
      summary: ['"8080"', 'named 8080'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.ports[0].targetPort: "8080" (a string, so a name)', 'http 8080/TCP'],
    },
  },
  'a number': {
    given: cluster([...db, service({ name: 'db', ports: [{ port: 80, targetPort: 8080 }] })]),
    says: 'passed',
  },
  'one of two': {
    given: cluster([
      ...db,
      service({
        name: 'db',
        ports: [
          { name: 'a', port: 80, targetPort: 8080 },
          { name: 'b', port: 81, targetPort: '8081' },
        ],
      }),
    ]),
    says: { summary: ['b 81/TCP', '"8081"'], certainty: 'certain', impact: 'degrades' },
  },
  'a name with a letter': {
    given: cluster([...db, service({ name: 'db', ports: [{ port: 80, targetPort: 'http' }] })]),
    says: 'passed',
  },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
