import check from '../../../src/checks/name/short-name-from-another-namespace.ts';
import type { EnvVar, KubeObject } from '../../../src/k8s/objects.ts';
import { change, cluster, service, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const registry = [
  ...workload({ name: 'registry' }),
  service({ name: 'registry', ports: [{ name: 'http', port: 8000, targetPort: 8080 }] }),
];
const agent = (env: readonly EnvVar[]) => workload({ namespace: 'agents', name: 'agent', container: { env } });
const settings = (data: Record<string, string>): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'agents' }, data }) as KubeObject;
const target = 'demo/registry';
const from = 'agents/deploy/agent';

examples(check, {
  'the bare name from another namespace': {
    given: cluster([...registry, ...agent([{ name: 'REGISTRY_URL', value: 'http://registry:8000' }])]),
    target,
    from,
    says: {
      summary: ['REGISTRY_URL', 'agents', 'demo', 'registry.demo'],
      certainty: 'certain',
      evidence: ['deployment/agent spec.template.spec.containers[0].env[0].value: REGISTRY_URL=http://registry:8000'],
    },
  },
  'host and port in two variables, the host out of a ConfigMap': {
    given: cluster([
      ...registry,
      settings({ host: 'registry' }),
      ...agent([
        { name: 'REGISTRY_HOST', valueFrom: { configMapKeyRef: { name: 'settings', key: 'host' } } },
        { name: 'REGISTRY_PORT', value: '8000' },
      ]),
    ]),
    target,
    from,
    says: {
      summary: ['REGISTRY_HOST', 'registry.demo'],
      certainty: 'certain',
      evidence: ['configmap/settings data.host: REGISTRY_HOST=registry'],
    },
  },
  'two variables at once': {
    given: cluster([
      ...registry,
      ...agent([
        { name: 'REGISTRY_URL', value: 'http://registry:8000' },
        { name: 'FALLBACK_URL', value: 'http://registry:8000/v1' },
      ]),
    ]),
    target,
    from,
    says: { summary: ['REGISTRY_URL'], certainty: 'certain' },
  },
  'a $(VAR) that is expanded': {
    given: cluster([
      ...registry,
      ...agent([
        { name: 'HOST_NAME', value: 'registry' },
        { name: 'REGISTRY_URL', value: 'http://$(HOST_NAME):8000' },
      ]),
    ]),
    target,
    from,
    says: {
      summary: ['registry.demo'],
      certainty: 'certain',
      patchCannotShow: 'HOST_NAME itself announces no service',
    },
  },
  'an init container that waits for the bare name': {
    given: cluster([
      ...registry,
      ...workload({
        namespace: 'agents',
        name: 'agent',
        spec: {
          initContainers: [{ name: 'wait', command: ['sh', '-c', 'until nslookup registry; do sleep 2; done'] }],
        },
      }),
    ]),
    target,
    from,
    says: { summary: ['registry.demo'], certainty: 'certain', evidence: ['initContainers[0].command[2]'] },
  },
  'one of its Pods by name': {
    given: cluster([
      ...workload({ kind: 'StatefulSet', name: 'registry' }),
      service({ name: 'registry', spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
      ...agent([{ name: 'REGISTRY_URL', value: 'http://registry-0.registry:8080' }]),
    ]),
    target,
    from,
    says: { summary: ['registry-0.registry.demo'], certainty: 'certain' },
  },
  'credentials stay out of the report': {
    given: cluster([...registry, ...agent([{ name: 'REGISTRY_URL', value: 'http://admin:hunter2@registry:8000' }])]),
    target,
    from,
    says: { summary: ['registry.demo'], certainty: 'certain', evidence: ['http://***@registry:8000'] },
  },
  'the name with its namespace': {
    given: cluster([...registry, ...agent([{ name: 'REGISTRY_URL', value: 'http://registry.demo:8000' }])]),
    target,
    from,
    says: 'passed',
    detail: 'registry.demo',
  },
  'an ExternalName alias in the client’s namespace': {
    given: cluster([
      ...registry,
      change(
        service({
          namespace: 'agents',
          name: 'registry',
          selector: null,
          spec: { type: 'ExternalName', externalName: 'registry.demo.svc.cluster.local' },
        }),
        (draft) => void delete draft.spec.clusterIP,
      ),
      ...agent([{ name: 'REGISTRY_URL', value: 'http://registry:8000' }]),
    ]),
    target,
    from,
    says: 'passed',
  },
  'a search domain of the Pod that covers the other namespace': {
    given: cluster([
      ...registry,
      ...workload({
        namespace: 'agents',
        name: 'agent',
        container: { env: [{ name: 'REGISTRY_URL', value: 'http://registry:8000' }] },
        spec: { dnsConfig: { searches: ['demo.svc.cluster.local'] } },
      }),
    ]),
    target,
    from,
    says: 'passed',
  },
  'settings that do not mention it': { given: cluster([...registry, ...agent([])]), target, from, says: 'passed' },
  'the same namespace': {
    given: cluster([
      ...registry,
      ...workload({ name: 'agent', container: { env: [{ name: 'REGISTRY_URL', value: 'http://registry:8000' }] } }),
    ]),
    target,
    from: 'demo/deploy/agent',
    says: 'not-applicable',
  },
});
