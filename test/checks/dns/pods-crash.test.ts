import check from '../../../src/checks/dns/pods-crash.ts';
import { crashed, healthy, logOf, withDnsPods, withObservations, withDns } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const down = withDnsPods(given, crashed(1));
const oneDown = withDns(given, (object) => {
  if (object.kind === 'Pod' && object.spec.nodeName === 'node-b')
    object.status = { ...object.status, ...crashed(1), conditions: [{ type: 'Ready', status: 'False' }] };
});

examples(check, {
  'it may not bind the port': {
    given: withObservations(down, logOf(down, 'Listen: listen tcp :53: bind: permission denied')),
    says: { summary: ['code 1', 'CrashLoopBackOff', 'permission denied'], certainty: 'certain' },
  },
  'out of memory': {
    given: withDnsPods(given, crashed(137, 'OOMKilled')),
    says: { summary: ['OOMKilled'], certainty: 'certain' },
  },
  'the node names no server': {
    given: withObservations(down, logOf(down, 'plugin/forward: no nameservers found')),
    says: { summary: ['no nameservers found'], certainty: 'certain' },
  },
  'no log was read, the status keeps the last words': {
    given: withDnsPods(given, crashed(1, 'Error', 'Listen: listen tcp :53: bind: permission denied\n')),
    says: {
      summary: [': Listen: listen tcp :53: bind: permission denied'],
      certainty: 'certain',
      evidence: ['lastState.terminated.message: Listen'],
    },
  },
  'no log was read': { given: down, says: { summary: ['CrashLoopBackOff'], certainty: 'certain' } },
  'one of two crashes': { given: oneDown, says: 'passed' },
  'both run': { given, says: 'passed' },
});
