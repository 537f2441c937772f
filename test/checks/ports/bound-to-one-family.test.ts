import check from '../../../src/checks/ports/bound-to-one-family.ts';
import type { IPFamily, Pod } from '../../../src/k8s/objects.ts';
import type { Observation } from '../../../src/snapshot/snapshot.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = workload({ name: 'db' }).map((object) =>
  object.kind === 'Pod'
    ? change(
        object as Pod,
        ({ status }) => void (status && (status.podIPs = [{ ip: '10.244.1.9' }, { ip: 'fd00:10:244::9' }])),
      )
    : object,
);
const name = db.find(({ kind }) => kind === 'Pod')?.metadata.name ?? '';
const on = (address: string): Observation => ({
  kind: 'Listeners',
  pod: { namespace: 'demo', name },
  sockets: [{ address, port: 8080, protocol: 'TCP' }],
});
const families = (...ipFamilies: readonly IPFamily[]) => service({ name: 'db', spec: { ipFamilies } });

examples(check, {
  'IPv4 only behind a dual-stack Service': {
    given: cluster([...db, families('IPv4', 'IPv6')], [on('0.0.0.0')]),
    says: { summary: ['0.0.0.0:8080', 'no IPv6', 'fd00:10:244::9'], certainty: 'certain', impact: 'degrades' },
  },
  'IPv4 only behind an IPv6 Service': {
    given: cluster([...db, families('IPv6')], [on('0.0.0.0')]),
    says: { summary: ['no IPv6'], certainty: 'certain', impact: 'breaks' },
  },
  'IPv4 only behind an IPv4 Service': { given: cluster([...db, families('IPv4')], [on('0.0.0.0')]), says: 'passed' },
  'all addresses of both': { given: cluster([...db, families('IPv4', 'IPv6')], [on('::')]), says: 'passed' },
  'IPv6 only, as a refused connection shows': {
    given: cluster(
      [...db, families('IPv4')],
      [
        on('::'),
        {
          kind: 'Connect',
          from: { node: 'node-a' },
          to: { address: '10.244.1.9', port: 8080, protocol: 'TCP' },
          outcome: 'refused',
        },
      ],
    ),
    says: { summary: [':::8080', 'no IPv4'], certainty: 'certain' },
  },
  'nobody looked': { given: cluster([...db, families('IPv4')]), says: 'not-applicable' },
});
