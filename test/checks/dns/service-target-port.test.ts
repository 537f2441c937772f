import check from '../../../src/checks/dns/service-target-port.ts';
import { healthy, withCorefile, withDns } from '../../kit/dns.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const targets = (targetPort: number | string, count = 2) =>
  withDns(
    given,
    (object) =>
      void (
        object.kind === 'Service' &&
        (object.spec.ports ?? []).slice(0, count).forEach((port) => (port.targetPort = targetPort))
      ),
  );

examples(check, {
  'to 53, which the Corefile opens': { given, says: 'passed' },
  'the Service leads to 5353': {
    given: targets(5353),
    says: {
      summary: ['targetPort 5353', 'listens on 53', 'UDP and TCP'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.ports[0].targetPort: 5353'],
    },
  },
  'CoreDNS moved to 5353 and the Service did not': {
    given: withCorefile(given, (text) => text.replace('.:53', '.:5353')),
    says: { summary: ['targetPort 53', 'listens on 5353'], certainty: 'certain' },
  },
  'a name that no container declares': {
    given: targets('dns-udp', 1),
    says: { summary: ['targetPort dns-udp', 'no container declares'], certainty: 'certain' },
  },
  'a name of the other protocol': {
    given: targets('dns-tcp', 1),
    says: { summary: ['targetPort dns-tcp'], certainty: 'certain' },
  },
  'OpenShift: 5353 in the Corefile, by name': {
    given: withCorefile(
      withDns(given, (object) => {
        if (object.kind === 'Service') for (const port of object.spec.ports ?? []) port.targetPort = port.name ?? '';
        if (object.kind === 'Pod')
          (
            object.spec as unknown as { containers: { ports: { name: string; containerPort: number }[] }[] }
          ).containers[0]?.ports.forEach((port) => {
            if (port.containerPort === 53) port.containerPort = 5353;
          });
      }),
      (text) => text.replace('.:53', '.:5353'),
    ),
    says: 'passed',
  },
  'no Pod': { given: withDns(given, ({ kind }) => (kind === 'Pod' ? 'gone' : undefined)), says: 'not-applicable' },
});
