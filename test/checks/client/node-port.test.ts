import check from '../../../src/checks/client/node-port.ts';
import { billing, caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const open = billing({ type: 'NodePort', ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 31080 }] });

examples(check, {
  'the nodePort on the name': {
    ...caller({ BILLING_URL: 'http://billing:31080' }, open),
    says: { summary: ['31080', 'nodePort', '80'], certainty: 'certain', evidence: ['nodePort 31080'] },
  },
  'the nodePort on a node': { ...caller({ BILLING_URL: 'http://192.168.10.11:31080' }, open), says: 'passed' },
  'the port of the Service': { ...caller({ BILLING_URL: 'http://billing' }, open), says: 'passed' },
  'a Service without nodePort': { ...caller({ BILLING_URL: 'http://billing:31080' }), says: 'not-applicable' },
});
