import type { Event, KubeObject } from './objects.ts';
import { oncePer } from './once-per.ts';

/** What an Event says, in either of its two wire forms (core/v1 `message`, events.k8s.io/v1 `note`). */
export const textOf = (event: Event): string => event.message ?? event.note ?? '';

const subjectOf = (event: Event) => event.involvedObject ?? event.regarding;

const timeOf = (event: Event): string =>
  event.lastTimestamp ?? event.eventTime ?? event.firstTimestamp ?? event.metadata.creationTimestamp ?? '';

/** The events about one object, the newest first. */
export const eventsAbout = (
  object: Pick<KubeObject, 'kind' | 'metadata'>,
  events: readonly Event[],
): readonly Event[] =>
  (eventsBySubject(events).get(`${object.kind} ${object.metadata.name}`) ?? [])
    .filter((event) => {
      const namespace = subjectOf(event)?.namespace ?? event.metadata.namespace;
      return namespace === undefined || namespace === object.metadata.namespace;
    })
    .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));

const eventsBySubject = oncePer((events: readonly Event[]): ReadonlyMap<string, readonly Event[]> =>
  Map.groupBy(events, (event) => {
    const subject = subjectOf(event);
    return `${subject?.kind} ${subject?.name}`;
  }),
);

/** The container an event of kubelet speaks of: `spec.containers{web}` → `web`. */
export const containerOf = (event: Event): string | undefined =>
  /\{(.+)\}/.exec(subjectOf(event)?.fieldPath ?? '')?.[1];

/** How often it was seen; an event without a count was seen once. */
export const timesSeen = (event: Event): number => event.count ?? 1;
