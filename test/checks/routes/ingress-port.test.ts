import check from '../../../src/checks/routes/ingress-port.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { ingress, ingressClass } from '../../kit/edge.ts';
import { examples } from '../../kit/examples.ts';

const target = 'demo/web';
const web = [...workload({ name: 'web' }), service({ name: 'web' }), ingressClass()];
const redmine = [
  ...workload({ name: 'web' }),
  service({ name: 'web', ports: [{ name: 'http-redmine', port: 80, targetPort: 'http' }] }),
];

examples(check, {
  'the number is that of the container': {
    target,
    given: cluster([...web, ingress({ port: { number: 8080 } })]),
    says: {
      summary: ['web', '8080', 'http 80/TCP'],
      certainty: 'certain',
      evidence: ['ingress/web spec.rules[0].http.paths[0].backend.service.port', 'port of the container'],
    },
  },
  'the name is that of the container port': {
    target,
    given: cluster([...redmine, ingress({ port: { name: 'http' } })]),
    says: { summary: ['port http', 'http-redmine'], certainty: 'certain' },
  },
  'a name for a port that has none': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({ name: 'web', ports: [{ port: 80, targetPort: 8080 }] }),
      ingress({ port: { name: 'http' } }),
    ]),
    says: { summary: ['port http', '80/TCP'], certainty: 'certain', evidence: ['that of the Service has no name'] },
  },
  'a number written as a name': {
    target,
    given: cluster([...web, ingress({ port: { name: '80' } })]),
    says: { summary: ['port 80'], certainty: 'certain', evidence: ['number written as a name'] },
  },
  'the nodePort': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({
        name: 'web',
        ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 30080 }],
        spec: { type: 'NodePort' },
      }),
      ingress({ port: { number: 30080 } }),
    ]),
    says: { summary: ['30080'], certainty: 'certain', evidence: ['30080 is the nodePort'] },
  },
  'two ports, and neither is near': {
    target,
    given: cluster([
      ...workload({ name: 'web' }),
      service({
        name: 'web',
        ports: [
          { name: 'http', port: 80 },
          { name: 'metrics', port: 9100 },
        ],
      }),
      ingress({ port: { number: 3000 } }),
    ]),
    says: { summary: ['3000', '9100'], certainty: 'certain' },
  },
  'no port at all in the default backend': {
    target,
    given: cluster([...web, ingress({ spec: { rules: [], defaultBackend: { service: { name: 'web' } } } })]),
    says: { summary: ['names no port'], certainty: 'certain' },
  },
  'the number of the Service': {
    target,
    given: cluster([...web, ingress()]),
    says: 'passed',
    detail: 'ingress/web → web:80 on class nginx',
  },
  'the name of the Service port': {
    target,
    given: cluster([...redmine, ingress({ port: { name: 'http-redmine' } })]),
    says: 'passed',
  },
  'an ExternalName takes any number': {
    target,
    given: cluster([
      service({
        name: 'web',
        selector: null,
        ports: [],
        spec: { type: 'ExternalName', externalName: 'shop.example.net' },
      }),
      ingress({ port: { number: 443 } }),
    ]),
    says: 'passed',
  },
  'a headless Service': {
    target,
    given: cluster([...workload({ name: 'web' }), service({ name: 'web', spec: { clusterIP: 'None' } }), ingress()]),
    says: 'passed',
  },
  'no Ingress': { target, given: cluster(web), says: 'not-applicable' },
});
