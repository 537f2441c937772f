import check from '../../../src/checks/dns/service-port.ts';
import { healthy, withCorefile, withDns } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const ports = (edit: (ports: { name?: string; port: number }[]) => unknown) =>
  withDns(given, (object) => void (object.kind === 'Service' && edit(object.spec.ports ?? [])));

examples(check, {
  '53 over both': { given, says: 'passed' },
  'UDP was forgotten': {
    given: ports((list) => list.shift()),
    says: { summary: ['not 53/UDP'], certainty: 'certain', impact: 'breaks' },
  },
  'TCP was forgotten': {
    given: ports((list) => list.splice(1, 1)),
    says: { summary: ['no 53/TCP'], certainty: 'certain', impact: 'risks' },
  },
  'the Service offers 5353': {
    given: ports((list) => list.slice(0, 2).forEach((port) => (port.port = 5353))),
    says: { summary: ['dns 5353/UDP', 'not 53/UDP'], certainty: 'certain' },
  },
  'the Corefile alone is on 5353': {
    given: withCorefile(given, (text) => text.replace('.:53', '.:5353')),
    says: 'passed',
  },
});
