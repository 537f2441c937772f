import check from '../../../src/checks/ports/wrong-protocol.ts';
import type { Pod } from '../../../src/k8s/objects.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = (ports: NonNullable<Parameters<typeof workload>[0]['container']>['ports']) =>
  workload({ name: 'db', container: { ports: ports ?? [] } });
const heard = (objects: ReturnType<typeof db>, protocol: 'TCP' | 'UDP'): readonly Observation[] =>
  objects
    .filter((object): object is Pod => object.kind === 'Pod')
    .map(({ metadata }) => ({
      kind: 'Listeners',
      pod: { namespace: 'demo', name: metadata.name },
      sockets: [{ address: '0.0.0.0', port: 514, protocol }],
    }));
const forwarded = (objects: ReturnType<typeof db>, outcome: 'connected' | 'refused'): readonly Observation[] =>
  objects
    .filter((object): object is Pod => object.kind === 'Pod')
    .map(({ status }) => ({
      kind: 'Connect',
      from: { portForward: true },
      to: { address: status?.podIP ?? '', port: 514, protocol: 'TCP' },
      outcome,
    }));
const syslog = service({ name: 'db', ports: [{ name: 'syslog', port: 514, targetPort: 514 }] });
const udp = db([{ name: 'syslog', containerPort: 514, protocol: 'UDP' }]);

examples(check, {
  'a named port, TCP in the container and UDP in the Service': {
    given: cluster([
      ...db([{ name: 'dns', containerPort: 53 }]),
      service({ name: 'db', ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' }] }),
    ]),
    says: {
      summary: ['UDP', 'dns (53)', 'TCP'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['spec.ports[0].protocol: UDP', 'TCP (by default)'],
    },
  },
  'a named port, UDP in the container and TCP by default in the Service': {
    given: cluster([...udp, service({ name: 'db', ports: [{ name: 'syslog', port: 514, targetPort: 'syslog' }] })]),
    says: { summary: ['is TCP', 'as UDP'], certainty: 'certain' },
  },
  'both in the Service, one in the container': {
    given: cluster([
      ...db([{ name: 'dns', containerPort: 53, protocol: 'UDP' }]),
      service({
        name: 'db',
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 'dns' },
          { name: 'dns-tcp', port: 53, targetPort: 'dns' },
        ],
      }),
    ]),
    says: { summary: ['dns-tcp'], certainty: 'certain', impact: 'degrades' },
  },
  'a number that is declared for UDP only': {
    given: cluster([...udp, syslog]),
    says: { summary: ['is TCP', '514 as UDP'], certainty: 'likely' },
  },
  'seen listening for UDP only': {
    given: cluster([...db([]), syslog], heard(db([]), 'UDP')),
    says: { summary: ['listen on 514 as UDP'], certainty: 'certain' },
  },
  'seen listening for TCP only, behind a UDP port with a number': {
    given: cluster(
      [
        ...db([{ containerPort: 514 }]),
        service({ name: 'db', ports: [{ name: 'syslog', port: 514, protocol: 'UDP', targetPort: 514 }] }),
      ],
      heard(db([{ containerPort: 514 }]), 'TCP'),
    ),
    says: { summary: ['is UDP', 'listen on 514 as TCP'], certainty: 'certain' },
  },
  'declared for UDP, and a port-forward is refused': {
    given: cluster([...udp, syslog], forwarded(udp, 'refused')),
    says: { summary: ['is TCP', '514 as UDP'], certainty: 'likely' },
  },
  'declared for UDP, and a port-forward is taken': {
    given: cluster([...udp, syslog], forwarded(udp, 'connected')),
    says: 'passed',
  },
  'declared for UDP, seen listening for TCP': { given: cluster([...udp, syslog], heard(udp, 'TCP')), says: 'passed' },
  'declared for both': {
    given: cluster([...db([{ containerPort: 514 }, { containerPort: 514, protocol: 'UDP' }]), syslog]),
    says: 'passed',
  },
  'not declared at all': { given: cluster([...db([]), syslog]), says: 'passed' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
