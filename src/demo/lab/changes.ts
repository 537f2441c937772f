import type { Manifest } from '../cluster.ts';
import { owner, ownerLabel } from '../manifests.ts';

/** Fields of a manifest whose names we know from our own files. */
export type Fields = Readonly<Record<string, unknown>>;

const fieldsIn = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listIn = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsIn) : []);

export const withSpec = (manifest: Manifest, change: (spec: Fields) => Fields): Manifest => ({
  ...manifest,
  spec: change(fieldsIn(manifest['spec'])),
});

export const withPodSpec = (manifest: Manifest, change: (spec: Fields) => Fields): Manifest =>
  withSpec(manifest, (spec) => {
    const template = fieldsIn(spec['template']);
    return { ...spec, template: { ...template, spec: change(fieldsIn(template['spec'])) } };
  });

export const withContainer = (manifest: Manifest, change: (container: Fields) => Fields): Manifest =>
  withPodSpec(manifest, (spec) => ({ ...spec, containers: listIn(spec['containers']).map(change) }));

/** Sets one variable of the container, wherever it came from before. */
export const withVariable = (manifest: Manifest, name: string, source: Fields): Manifest =>
  withContainer(manifest, (container) => ({
    ...container,
    env: [...listIn(container['env']).filter((each) => each['name'] !== name), { name, ...source }],
  }));

export const withServicePort = (manifest: Manifest, change: Fields): Manifest =>
  withSpec(manifest, (spec) => ({ ...spec, ports: listIn(spec['ports']).map((port) => ({ ...port, ...change })) }));

/** All Pods at once: where the new ones never become ready, the old ones would go on answering. */
export const allAtOnce = (manifest: Manifest): Manifest =>
  withSpec(manifest, (spec) => ({
    ...spec,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%', maxSurge: 0 } },
  }));

/** By this label `repair` knows what the lab has added. */
export const labLabel = 'svcdoctor.dev/lab';

export const networkPolicy = (namespace: string, name: string, spec: Fields): Manifest => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace, labels: { [ownerLabel]: owner, [labLabel]: 'added' } },
  spec,
});
