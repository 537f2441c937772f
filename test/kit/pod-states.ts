import type { ContainerState, Event, KubeObject, Pod } from '../../src/k8s/objects.ts';
import { change, unready } from './cluster.ts';

/** Pods in the states of which kubelet, the scheduler and the controllers complain, as they write them. */

/** An event about an object, as kubelet or a controller records it. */
export const event = (about: KubeObject, reason: string, message: string, container?: string): Event => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `${about.metadata.name}.${reason.toLowerCase()}`, namespace: about.metadata.namespace ?? 'demo' },
  involvedObject: {
    kind: about.kind,
    name: about.metadata.name,
    namespace: about.metadata.namespace ?? 'demo',
    ...(container ? { fieldPath: `spec.containers{${container}}` } : {}),
  },
  reason,
  message,
  type: 'Warning',
  count: 12,
  lastTimestamp: '2026-03-02T09:59:30Z',
});

/** Its first container waits: `ImagePullBackOff`, `ContainerCreating`, … */
export const waiting = (pod: Pod, reason: string, message = ''): Pod =>
  change(unready(pod), (draft) => {
    if (!draft.status) return;
    draft.status.phase = 'Pending';
    delete draft.status.podIP;
    delete draft.status.podIPs;
    for (const status of draft.status.containerStatuses ?? [])
      Object.assign(status, { started: false, state: { waiting: { reason, ...(message ? { message } : {}) } } });
  });

export type Terminated = NonNullable<ContainerState['terminated']>;

/** Its first container has ended again and again, and kubelet waits before the next start. */
export const crashing = (pod: Pod, last: Terminated, restarts = 7): Pod =>
  change(unready(pod), (draft) => {
    for (const status of draft.status?.containerStatuses ?? [])
      Object.assign(status, {
        started: false,
        restartCount: restarts,
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' } },
        lastState: { terminated: last },
      });
  });

/** No node takes it. */
export const unscheduled = (pod: Pod, message: string, reason = 'Unschedulable'): Pod =>
  change(pod, (draft) => {
    delete draft.spec.nodeName;
    draft.status = {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason, ...(message ? { message } : {}) }],
    };
  });

/** The first Pod among objects that a builder made, changed; the other objects as they were. */
export const withPods = (objects: readonly KubeObject[], edit: (pod: Pod) => Pod): readonly KubeObject[] =>
  objects.map((object) => (object.kind === 'Pod' ? edit(object as Pod) : object));

export const podOf = (objects: readonly KubeObject[]): Pod => {
  const found = objects.find(({ kind }) => kind === 'Pod');
  if (!found) throw new Error('no Pod among the objects');
  return found as Pod;
};
