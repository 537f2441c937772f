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
const gateway = service({
  name: 'kourier-internal',
  namespace: 'kourier-system',
  ports: [{ name: 'http2', port: 80, targetPort: 8081 }],
});
const greeter = service({
  name: 'greeter',
  selector: null,
  ports: [],
  spec: { type: 'ExternalName', externalName: 'hello.demo.svc.cluster.local', clusterIP: '', clusterIPs: [] },
});
const target = 'demo/hello';

examples(check, {
  'the bare name, which the gateway does not know': {
    ...caller({ HELLO_URL: 'http://hello' }, [route]),
    target,
    says: { summary: ['HELLO_URL', 'hello.demo'], certainty: 'certain', evidence: ['kourier-internal.kourier-system'] },
  },
  'the port of the container': {
    ...caller({ HELLO_URL: 'http://hello.demo.svc.cluster.local:8080' }, [route, gateway]),
    target,
    says: { summary: ['HELLO_URL', ':8080', 'on port 80 only'], certainty: 'certain' },
  },
  'the gateway itself': {
    ...caller({ HELLO_URL: 'http://kourier-internal.kourier-system.svc.cluster.local' }, [route, gateway]),
    target,
    says: {
      summary: ['kourier-internal.kourier-system', 'Host header', 'hello.demo.svc.cluster.local'],
      certainty: 'likely',
      impact: 'breaks',
    },
  },
  'the gateway itself, with the right Host': {
    ...caller({}, [route, gateway], {
      args: ['-H', 'Host: hello.demo.svc.cluster.local', 'http://kourier-internal.kourier-system'],
    }),
    target,
    says: 'passed',
  },
  'an alias of one’s own': {
    ...caller({ HELLO_URL: 'http://greeter' }, [route, gateway, greeter]),
    target: 'demo/greeter',
    says: {
      summary: ['http://greeter', 'Host header stays greeter', '404', 'hello.demo.svc'],
      certainty: 'likely',
      evidence: ['service/greeter spec.externalName: hello.demo.svc.cluster.local', 'service/hello spec.externalName'],
    },
  },
  'an alias of one’s own, seen from the Knative Service': {
    ...caller({ HELLO_URL: 'http://greeter' }, [route, gateway, greeter]),
    target,
    says: { summary: ['Host header stays greeter'], certainty: 'likely' },
  },
  'the name with its namespace, and the gateway is known': {
    ...caller({ HELLO_URL: 'http://hello.demo' }, [route, gateway]),
    target,
    says: 'passed',
  },
  'the private Service of a revision': {
    ...caller({ HELLO_URL: 'http://hello-00001-private' }, [privately]),
    target: 'demo/hello-00001-private',
    says: { summary: ['private Service'], certainty: 'likely', impact: 'degrades' },
  },
  'the name with its namespace': { ...caller({ HELLO_URL: 'http://hello.demo' }, [route]), target, says: 'passed' },
  'no Service of Knative': { ...caller({ BILLING_URL: 'http://billing' }), says: 'not-applicable' },
});
