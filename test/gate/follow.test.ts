import { expect, test } from 'vitest';
import { follow } from '../../src/gate/follow.ts';
import type { Listed, Topic, WatchEnd, Watcher, WatchEvent } from '../../src/gate/watcher.ts';
import type { KubeObject } from '../../src/k8s/objects.ts';
import { resourceNamed } from '../../src/k8s/resources.ts';

const topic: Topic = { resource: resourceNamed('services'), version: 'v1', namespace: 'demo' };
const object = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, resourceVersion },
});

/** A server that answers as told, one answer after the other, and then ends the following. */
async function followed(lists: readonly Listed[], watches: readonly (readonly [readonly WatchEvent[], WatchEnd])[]) {
  const over = new AbortController();
  const heard: string[] = [];
  const from: string[] = [];
  const [listing, watching] = [lists.values(), watches.values()];
  const watcher: Watcher = {
    list: async () => listing.next().value ?? { state: 'forbidden', detail: 'no more' },
    watch: async (_topic, resourceVersion, _seconds, listener) => {
      from.push(resourceVersion);
      const next = watching.next().value;
      if (!next) {
        over.abort();
        return { end: 'over' };
      }
      listener.opened();
      for (const event of next[0]) listener.event(event);
      return next[1];
    },
  };
  const follower = {
    listed: (objects: readonly KubeObject[]) =>
      heard.push(`all ${objects.map(({ metadata }) => metadata.name).join()}`),
    changed: (type: string, { metadata }: KubeObject) => heard.push(`${type} ${metadata.name}`),
    trouble: () => {},
  };
  await follow(watcher, topic, 10, follower, over.signal);
  return { heard, from };
}

const listed = (resourceVersion: string, ...names: readonly string[]): Listed => ({
  state: 'read',
  objects: names.map((name) => object(name, '1')),
  resourceVersion,
});

test('each watch goes on where the last one ended, bookmarks too', async () => {
  const added: WatchEvent = { type: 'ADDED', object: object('b', '12') };
  const bookmark: WatchEvent = { type: 'BOOKMARK', object: object('', '20') };
  const { heard, from } = await followed(
    [listed('10', 'a')],
    [
      [[added], { end: 'cut', detail: 'reset' }],
      [[bookmark], { end: 'cut', detail: 'reset' }],
      [[{ type: 'DELETED', object: object('a', '21') }], { end: 'busy', milliseconds: 1 }],
    ],
  );
  expect(from).toEqual(['10', '12', '20', '21']);
  expect(heard).toEqual(['all a', 'put b', 'gone a']);
});

test('what the server has forgotten is listed anew', async () => {
  const { heard, from } = await followed([listed('10', 'a'), listed('90', 'c')], [[[], { end: 'expired' }]]);
  expect(from).toEqual(['10', '90']);
  expect(heard).toEqual(['all a', 'all c']);
});

test('who may not look is told at once', async () => {
  await expect(followed([{ state: 'forbidden', detail: 'services is forbidden' }], [])).rejects.toThrow(
    'services is forbidden',
  );
});
