import check from '../../../src/checks/client/not-running.ts';
import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { change } from '../../kit/cluster.ts';
import { caller } from '../../kit/caller.ts';
import { examples } from '../../kit/examples.ts';

const waiting = (given: Snapshot, reason: string, message: string): Snapshot =>
  change(given, (draft) => {
    for (const object of draft.objects as {
      kind: string;
      metadata: { name: string };
      status?: { containerStatuses?: object[] };
    }[])
      if (object.kind === 'Pod' && object.metadata.name.startsWith('gateway') && object.status)
        object.status.containerStatuses = [{ name: 'gateway', ready: false, state: { waiting: { reason, message } } }];
  });

const config = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'app', namespace: 'demo' },
  data: { DB: 'x' },
} as never;
const reads = caller(
  [{ name: 'DB_HOST', valueFrom: { configMapKeyRef: { name: 'app', key: 'DB_HOST' } } }],
  [config, ...caller({}).given.objects.slice(0, 0)],
);

examples(check, {
  'a key that the ConfigMap lacks': {
    ...reads,
    given: waiting(reads.given, 'CreateContainerConfigError', "couldn't find key DB_HOST in ConfigMap demo/app"),
    says: {
      summary: ['CreateContainerConfigError', 'DB_HOST', 'demo/app'],
      certainty: 'certain',
      evidence: [
        'configmap/app data: keys: DB',
        'env[0].valueFrom.configMapKeyRef: ConfigMap app, key DB_HOST: does not exist',
      ],
    },
  },
  'an image that cannot be pulled': {
    ...caller({}),
    given: waiting(caller({}).given, 'ImagePullBackOff', 'Back-off pulling image "registry.example.com/gateway:1.4.3"'),
    says: { summary: ['ImagePullBackOff', 'gateway:1.4.3'], certainty: 'certain' },
  },
  'a crash, which the failed call may have caused': {
    ...caller({}),
    given: waiting(caller({}).given, 'CrashLoopBackOff', 'back-off 5m0s'),
    says: 'passed',
  },
  running: { ...caller({}), says: 'passed' },
  'the client is itself behind the Service': {
    ...caller({}),
    from: 'demo/deploy/billing',
    says: 'not-applicable',
  },
});
