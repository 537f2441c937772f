import check from '../../../src/checks/mesh/proxy-not-ready.ts';
import type { Event, KubeObject, Pod } from '../../../src/k8s/objects.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { meshed } from '../../kit/mesh.ts';

const target = 'demo/web';
const of = service({ name: 'web' });
const without = (objects: readonly KubeObject[], ...names: readonly string[]) =>
  objects.map((object) =>
    object.kind === 'Pod'
      ? change(unready(object as Pod), (draft) => {
          for (const status of draft.status?.containerStatuses ?? []) status.ready = !names.includes(status.name);
        })
      : object,
  );
const crashed = (objects: readonly KubeObject[]) =>
  without(objects, 'linkerd-proxy').map((object) =>
    object.kind === 'Pod'
      ? change(object as Pod, (draft) => {
          for (const status of draft.status?.containerStatuses ?? [])
            if (status.name === 'linkerd-proxy')
              Object.assign(status, {
                state: {
                  waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' },
                },
                lastState: { terminated: { exitCode: 1, message: 'identity service unreachable' } },
              });
        })
      : object,
  );
const web = meshed({ name: 'web', replicas: 2 });
const probed = web.flatMap((object): readonly Event[] =>
  object.kind === 'Pod'
    ? [
        {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: `${object.metadata.name}.1`, namespace: 'demo' },
          involvedObject: { kind: 'Pod', name: object.metadata.name, namespace: 'demo' },
          type: 'Warning',
          reason: 'Unhealthy',
          message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
        },
      ]
    : [],
);

examples(check, {
  'istio-proxy is not ready in any Pod': {
    target,
    given: cluster([...without(web, 'istio-proxy'), of, ...probed]),
    says: { summary: ['istio-proxy', '2 of 2'], certainty: 'certain', impact: 'breaks', evidence: ['statuscode: 503'] },
  },
  'linkerd-proxy crashes': {
    target,
    given: cluster([...crashed(meshed({ name: 'web' }, 'linkerd-proxy')), of]),
    says: {
      summary: ['linkerd-proxy', 'CrashLoopBackOff'],
      certainty: 'certain',
      evidence: ['identity service unreachable'],
    },
  },
  'the application is not ready either': {
    target,
    given: cluster([...without(web, 'istio-proxy', 'web'), of]),
    says: 'passed',
  },
  'only the application is not ready': { target, given: cluster([...without(web, 'web'), of]), says: 'passed' },
  'all is ready': { target, given: cluster([...web, of]), says: 'passed' },
  'no mesh': { target, given: cluster([...workload({ name: 'web' }), of]), says: 'not-applicable' },
});
