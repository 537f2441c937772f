import type { Service } from '../../../src/k8s/objects.ts';
import check from '../../../src/checks/dns/node-resolver.ts';
import { client, healthy, resolvConf, withObservations } from '../../kit/dns.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const address = (client({}).find(({ kind }) => kind === 'Service') as Service).spec.clusterIP ?? '';
const onHost = cluster(client({ hostNetwork: true }));

examples(check, {
  'ClusterFirst on the Pod network': { given: healthy(), from, says: 'passed' },
  'hostNetwork with ClusterFirst': {
    given: onHost,
    from,
    says: {
      summary: ['hostNetwork: true', 'dnsPolicy ClusterFirst', 'does not know db', 'ClusterFirstWithHostNet'],
      certainty: 'certain',
      evidence: ['deployment/api spec.template.spec.hostNetwork: true', 'env[0].value: db'],
    },
  },
  'hostNetwork with ClusterFirstWithHostNet': {
    given: cluster(client({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' })),
    from,
    says: 'passed',
  },
  'dnsPolicy Default': {
    given: cluster(client({ dnsPolicy: 'Default' })),
    from,
    says: { summary: ['dnsPolicy: Default', 'it needs ClusterFirst'], certainty: 'certain' },
  },
  'Default on the host network': {
    given: cluster(client({ dnsPolicy: 'Default', hostNetwork: true })),
    from,
    says: { summary: ['dnsPolicy: Default', 'ClusterFirstWithHostNet'], certainty: 'certain' },
  },
  'hostNetwork, and the address of the Service': {
    given: cluster(client({ hostNetwork: true }, [{ name: 'DB_HOST', value: address }])),
    from,
    says: 'passed',
  },
  'hostNetwork, and nobody knows what it calls': {
    given: cluster(client({ hostNetwork: true }, [])),
    from,
    says: { summary: ['hostNetwork: true', 'ClusterFirstWithHostNet'], certainty: 'likely' },
  },
  'the node itself asks the cluster DNS': {
    given: withObservations(onHost, resolvConf(onHost, 'search demo.svc.cluster.local\nnameserver 10.96.0.10\n')),
    from,
    says: 'passed',
  },
  'the name was seen to resolve there': {
    given: withObservations(onHost, {
      kind: 'Lookup',
      from: { pod: resolvConf(onHost, '').pod },
      server: { resolverOf: resolvConf(onHost, '').pod },
      transport: 'udp',
      name: 'db.demo.svc.cluster.local',
      type: 'A',
      outcome: 'NOERROR',
    }),
    from,
    says: 'passed',
  },
  'a bare Pod': {
    given: cluster([
      ...workload({ name: 'db' }),
      service({ name: 'db' }),
      ...client({ hostNetwork: true })
        .filter(({ kind }) => kind === 'Pod')
        .map((object) => ({ ...object, metadata: { name: 'debug', namespace: 'demo' } }))
        .slice(-1),
    ]),
    from: 'demo/Pod/debug',
    says: { summary: ['debug', 'ClusterFirstWithHostNet'], certainty: 'certain' },
  },
});
