import check from '../../../src/checks/routes/traefik-cross-namespace.ts';
import type { CustomObject } from '../../../src/k8s/objects.ts';
import { cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const db = [...workload({ name: 'db' }), service({ name: 'db' })];
const route = (home: string, name = 'dash'): CustomObject => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name, namespace: home },
  spec: { routes: [{ match: 'Host(`x`)', services: [{ name: 'db', namespace: 'demo', port: 80 }] }] },
});
const traefik = (...args: readonly string[]) =>
  workload({ namespace: 'traefik', name: 'traefik', container: { image: 'docker.io/traefik:v3.5.1', args } });
const crd = '--providers.kubernetescrd';

examples(check, {
  'an IngressRoute of another namespace': {
    given: cluster([...db, route('edge'), ...traefik(crd, '--entryPoints.web.address=:8000/tcp')]),
    says: {
      summary: ['IngressRoute edge/dash names Service db of namespace demo', 'does not allow'],
      certainty: 'likely',
      impact: 'breaks',
      evidence: [
        'providers.kubernetescrd.allowCrossNamespace is not true',
        'spec.routes[0].services[0].namespace: demo',
      ],
    },
  },
  'another IngressRoute stands in its own namespace': {
    given: cluster([...db, route('edge'), route('demo', 'own'), ...traefik(crd)]),
    says: { summary: ['edge/dash'], certainty: 'likely', impact: 'degrades' },
  },
  'a Traefik whose arguments do not tell': {
    given: cluster([...db, route('edge'), ...traefik('--configfile=/etc/traefik.yaml')]),
    says: { summary: ['unless told to'], certainty: 'possible', impact: 'risks' },
  },
  'a Traefik that allows it': {
    given: cluster([...db, route('edge'), ...traefik(crd, `${crd}.allowCrossNamespace=true`)]),
    says: 'passed',
  },
  'an IngressRoute of its own namespace': {
    given: cluster([...db, route('demo'), ...traefik(crd)]),
    says: 'not-applicable',
  },
});
