import check from '../../../src/checks/dns/missing-cluster-dns.ts';
import { client, podIn, healthy } from '../../kit/dns.ts';
import { cluster, objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const from = 'demo/Deployment/api';
const event = (name: string, reason: string) =>
  objectsIn(
    `apiVersion: v1\nkind: Event\nmetadata: { name: api.17f, namespace: demo }\ninvolvedObject: { kind: Pod, name: ${name}, namespace: demo }\nreason: ${reason}\ntype: Warning\nmessage: 'pod: "api". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.'\n`,
  );
const given = healthy();
const pod = podIn(given, 'api-');

examples(check, {
  'no event': { given, from, says: 'passed' },
  'kubelet says so': {
    given: { ...given, objects: [...given.objects, ...event(pod, 'MissingClusterDNS')] },
    from,
    says: { summary: ['node-a', 'MissingClusterDNS', '10.96.0.10'], certainty: 'certain' },
  },
  'of another Pod': {
    given: { ...given, objects: [...given.objects, ...event('web-0', 'MissingClusterDNS')] },
    from,
    says: 'passed',
  },
  'the client asks its node anyway': { given: cluster(client({ dnsPolicy: 'Default' })), from, says: 'not-applicable' },
});
