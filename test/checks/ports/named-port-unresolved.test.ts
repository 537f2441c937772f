import check from '../../../src/checks/ports/named-port-unresolved.ts';
import type { ContainerPort } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = (ports: readonly ContainerPort[] | undefined) => workload({ name: 'db', container: ports ? { ports } : {} });
const http = service({ name: 'db', ports: [{ port: 80, targetPort: 'http' }] });

examples(check, {
  'the container port has no name': {
    given: cluster([...db([{ containerPort: 80 }]), http]),
    says: {
      summary: ['named http', '80', 'has no name'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: [
        'service/db spec.ports[0].targetPort: "http"',
        'unnamed 80/TCP in container db',
        'ports: none (<unset>)',
      ],
    },
  },
  'the name is there': {
    given: cluster([...db([{ name: 'http', containerPort: 80 }]), http]),
    says: 'passed',
    detail: '80/TCP leads to 80 by the name http',
  },
  'a letter differs': {
    given: cluster([...db([{ name: 'htpp', containerPort: 8080 }]), http]),
    says: { summary: ['named http', 'htpp (8080)'], certainty: 'certain' },
  },
  capitals: {
    given: cluster([...db([{ name: 'HTTP', containerPort: 8080 }]), http]),
    says: { summary: ['HTTP (8080)'], certainty: 'certain' },
  },
  'other names, one of them for metrics': {
    given: cluster([
      ...db([
        { name: 'metrics', containerPort: 9090 },
        { name: 'web', containerPort: 8080 },
      ]),
      http,
    ]),
    says: { summary: ['web (8080)', 'metrics (9090)'], certainty: 'certain' },
  },
  'nothing declared, but probed': {
    given: cluster([
      ...workload({ name: 'db', container: { ports: [], readinessProbe: { httpGet: { port: 8080 } } } }),
      http,
    ]),
    says: { summary: ['no port at all'], certainty: 'certain' },
  },
  'nothing declared': {
    given: cluster([...db([]), http]),
    says: { summary: ['no port at all'], certainty: 'certain' },
  },
  'an init container declares it': {
    given: cluster([
      ...workload({
        name: 'db',
        container: { ports: [] },
        spec: { initContainers: [{ name: 'setup', ports: [{ name: 'http', containerPort: 80 }] }] },
      }),
      http,
    ]),
    says: { summary: ['init container setup'], certainty: 'certain' },
  },
  'one port of two': {
    given: cluster([
      ...db(undefined),
      service({
        name: 'db',
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'admin', port: 81, targetPort: 'admin' },
        ],
      }),
    ]),
    says: { summary: ['admin 81/TCP'], certainty: 'certain', impact: 'degrades' },
  },
  'headless: the addresses are published all the same': {
    given: cluster([
      ...db([]),
      service({ name: 'db', ports: [{ port: 80, targetPort: 'http' }], spec: { clusterIP: 'None' } }),
    ]),
    says: { summary: ['named http'], certainty: 'certain', impact: 'risks' },
  },
  'a number': {
    given: cluster([...db([]), service({ name: 'db', ports: [{ port: 80, targetPort: 8080 }] })]),
    says: 'passed',
  },
  'no Pods': { given: cluster([http]), says: 'not-applicable' },
  'no selector': { given: cluster([service({ name: 'db', selector: null })]), says: 'not-applicable' },
});
