import check from '../../../src/checks/client/knative-host.ts';
import { change, service } from '../../kit/cluster.ts';
import { caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const route = change(
  service({
    name: 'hello',
    selector: null,
    ports: [{ name: 'http2', port: 80, targetPort: 80 }],
    spec: {
      type: 'ExternalName',
      externalName: 'kourier-internal.kourier-system.svc.cluster.local',
      clusterIP: '',
      clusterIPs: [],
    },
  }),
  (draft) => {
    draft.metadata.labels = { 'serving.knative.dev/route': 'hello', 'serving.knative.dev/service': 'hello' };
    draft.metadata.ownerReferences = [
      { apiVersion: 'serving.knative.dev/v1', kind: 'Route', name: 'hello', controller: true },
    ];
  },
);
const privately = change(service({ name: 'hello-00001-private', selector: null }), (draft) => {
  draft.metadata.labels = {
    'serving.knative.dev/service': 'hello',
    'networking.internal.knative.dev/serviceType': 'Private',
  };
});
const target = 'demo/hello';

examples(check, {
  'the bare name, which the gateway does not know': {
    ...caller({ HELLO_URL: 'http://hello' }, [route]),
    target,
    says: { summary: ['HELLO_URL', 'hello.demo'], certainty: 'certain', evidence: ['kourier-internal.kourier-system'] },
  },
  'the private Service of a revision': {
    ...caller({ HELLO_URL: 'http://hello-00001-private' }, [privately]),
    target: 'demo/hello-00001-private',
    says: { summary: ['private Service'], certainty: 'likely', impact: 'degrades' },
  },
  'the name with its namespace': { ...caller({ HELLO_URL: 'http://hello.demo' }, [route]), target, says: 'passed' },
  'no Service of Knative': { ...caller({ BILLING_URL: 'http://billing' }), says: 'not-applicable' },
});
