import check from '../../../src/checks/dns/no-pods.ts';
import { healthy, resolvConf, withDns, withObservations } from '../../kit/dns.ts';
import { objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const given = healthy();
const noPods = (replicas: number) =>
  withDns(given, (object) => {
    if (object.kind === 'Pod') return 'gone';
    if (object.kind === 'Deployment' || object.kind === 'ReplicaSet') object.spec.replicas = replicas;
    return undefined;
  });
const deleted = withDns(given, ({ kind }) =>
  kind === 'Pod' || kind === 'Deployment' || kind === 'ReplicaSet' ? 'gone' : undefined,
);

examples(check, {
  'two Pods': { given, says: 'passed' },
  'scaled to zero': {
    given: noPods(0),
    says: {
      summary: ['Deployment coredns is scaled to 0', 'kube-dns 10.96.0.10'],
      certainty: 'certain',
      evidence: ['deployment/coredns spec.replicas: 0'],
      patchCannotShow: 'the controller makes the Pods',
    },
  },
  'on GKE, where Pods ask the cloud': {
    given: withObservations(noPods(0), resolvConf(given, 'nameserver 169.254.169.254\n')),
    says: 'passed',
  },
  'deleted with its Deployment': {
    given: deleted,
    says: { summary: ['Nothing in kube-system runs CoreDNS'], certainty: 'certain' },
  },
  'refused by a quota': {
    given: {
      ...noPods(2),
      objects: [
        ...noPods(2).objects,
        ...objectsIn(`
apiVersion: v1
kind: Event
metadata: { name: coredns.17a, namespace: kube-system }
involvedObject: { kind: ReplicaSet, name: coredns-7d, namespace: kube-system }
reason: FailedCreate
message: 'pods "coredns-7d-" is forbidden: exceeded quota: system-quota, requested: pods=1, used: pods=10, limited: pods=10'
`),
      ],
    },
    says: { summary: ['coredns has no Pod', 'exceeded quota'], certainty: 'certain', evidence: ['FailedCreate'] },
  },
});
