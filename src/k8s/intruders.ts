import { includesLabels, ownValue } from './labels.ts';
import type { Container, Labels, Service } from './objects.ts';
import type { PodGroup } from './pod-groups.ts';
import { programsIn } from './port-hints.ts';
import { declaredPortsOf, isNamedPort, targetPortOf } from './ports.ts';
import { revisionLabels } from './selector-miss.ts';
import { demandedLabelsOf, podTemplateOf } from './workloads.ts';

/** Pods behind a Service that it is not meant for, and what shows that. */
export interface Intruder {
  readonly group: PodGroup;
  /** `finite`: a Job. `release`: another installation. `component`: another part of the same. `program`: another program altogether. */
  readonly reason: 'finite' | 'release' | 'component' | 'program';
  /** Beyond the labels, ports, images or the Service's own name say so too. */
  readonly sure: boolean;
}

const releaseKeys = ['app.kubernetes.io/instance', 'release', 'helm.sh/release', 'app.kubernetes.io/part-of'] as const;
const componentKeys = [
  'app.kubernetes.io/component',
  'component',
  'app.kubernetes.io/name',
  'app',
  'k8s-app',
  'name',
  'run',
  'tier',
  'role',
  'service',
  'io.kompose.service',
] as const;

/** The group that a Service is meant for: by its name, its release, the ports it declares. The first of equals. */
export function ownGroupOf(service: Service, groups: readonly PodGroup[]): PodGroup | undefined {
  const score = (group: PodGroup): number =>
    (group.finite ? 0 : 8) +
    (plainName(group) === service.metadata.name ? 8 : 0) +
    (releaseOf(group.labels) !== undefined && speaksFor(service, releaseOf(group.labels) ?? '') ? 6 : 0) +
    componentKeys.filter(
      (key) =>
        ownValue(group.labels, key) !== undefined &&
        ownValue(service.metadata.labels, key) === ownValue(group.labels, key),
    ).length +
    (componentKeys.some((key) => ownValue(group.labels, key) === service.metadata.name) ? 3 : 0) +
    (declaresTargets(service, group) ? 4 : 0) +
    (service.metadata.name.startsWith(plainName(group)) || plainName(group).startsWith(service.metadata.name) ? 1 : 0);
  return [...groups].sort((a, b) => score(b) - score(a))[0];
}

/**
 * Who else is behind a Service. Several workloads behind one Service are often on purpose (canary, blue and green, node pools,
 * peers of one headless Service): only what those never differ in counts as a mistake. `elsewhere`: the other Pods of the namespace.
 */
export function intrudersAmong(
  service: Service,
  own: PodGroup,
  groups: readonly PodGroup[],
  services: readonly Service[],
  elsewhere: readonly PodGroup[] = [],
): readonly Intruder[] {
  return groups.flatMap((group): readonly Intruder[] => {
    if (group === own) return [];
    if (group.finite) return own.finite ? [] : [{ group, reason: 'finite', sure: true }];
    const releases = releasesOf(own, group);
    if (releases && !areVariants(...releases, onPurpose)) {
      const named = speaksFor(service, releases[0]) && !speaksFor(service, releases[1]);
      if (named || plainName(own) === service.metadata.name || isServedBy(group, releases[1], service, services))
        return [{ group, reason: 'release', sure: named }];
    }
    if (areVariants(plainName(own), plainName(group), onPurpose)) return [];
    if (haveServicesOfTheirOwn(service, own, group, services)) return [{ group, reason: 'program', sure: true }];
    if (areVariants(plainName(own), plainName(group), pools)) return [];
    if (service.spec.clusterIP === 'None') return [];
    if (isProgramOfAnother(service, own, group, services, elsewhere)) return [{ group, reason: 'program', sure: true }];
    return judgePrograms(service, own, group);
  });
}

function judgePrograms(service: Service, own: PodGroup, group: PodGroup): readonly Intruder[] {
  const otherPorts = declaresTargets(service, own) && !declaresTargets(service, group);
  const otherImage = !sharesImage(own, group);
  const otherPart = componentKeys.some((key) => ownValue(own.labels, key) !== ownValue(group.labels, key));
  const declaresOthers = declaredPortsOf(specOf(group) ?? { containers: [] }).length > 0;
  if (otherPart && otherPorts) return [{ group, reason: 'component', sure: true }];
  if (otherPart && otherImage && !declaresTargets(service, group)) return [{ group, reason: 'component', sure: false }];
  const named = plainName(own) === service.metadata.name && !sharesStem(own, group);
  if (otherPart && otherImage && named) return [{ group, reason: 'component', sure: false }];
  if (otherImage && otherPorts) return [{ group, reason: 'program', sure: declaresOthers }];
  if (otherPorts && !declaresOthers && commandOf(own) !== commandOf(group))
    return [{ group, reason: 'program', sure: false }];
  return [];
}

const plainName = ({ name }: PodGroup): string => name.slice(name.indexOf('/') + 1);

const releaseOf = (labels: Labels): string | undefined =>
  releaseKeys.map((key) => ownValue(labels, key)).find((value) => value !== undefined);

/** The releases of two groups, where both name one under the same key and they differ. */
const releasesOf = (own: PodGroup, group: PodGroup): readonly [string, string] | undefined => {
  for (const key of releaseKeys) {
    const [mine, theirs] = [ownValue(own.labels, key), ownValue(group.labels, key)];
    if (mine !== undefined && theirs !== undefined && mine !== theirs) return [mine, theirs];
  }
  return undefined;
};

/** Whether the Service belongs to a release: by its labels, by Helm's annotation, or by its name. */
const speaksFor = ({ metadata }: Service, release: string): boolean =>
  releaseOf(metadata.labels ?? {}) === release ||
  metadata.annotations?.['meta.helm.sh/release-name'] === release ||
  metadata.name === release ||
  metadata.name.startsWith(`${release}-`);

/** Words that tell versions of one program apart: what people put behind one Service on purpose. */
const onPurpose =
  /(^|-)(canary|stable|baseline|primary|secondary|blue|green|preview|active|next|prev|previous|old|new|experiment|shadow|v\d+([.-]\d+)*|\d{5})$/;
/** And those that number or letter the pools of one program. */
const pools = /(^|-)(\d+|[a-z])$/;

/** `web` and `web-canary`, `rates-v1` and `rates-v2`, `pool-a` and `pool-b`: alike but for the words given. */
function areVariants(a: string, b: string, words: RegExp): boolean {
  const stem = (name: string) => name.replace(words, '');
  return stem(a) !== '' && stem(a) === stem(b);
}

/** A Service for each of two workloads, called as they are: then neither is meant for both. */
const haveServicesOfTheirOwn = (
  service: Service,
  own: PodGroup,
  group: PodGroup,
  services: readonly Service[],
): boolean =>
  plainName(own) === service.metadata.name &&
  services.some(
    ({ metadata, spec }) =>
      metadata.name === plainName(group) &&
      metadata.namespace === service.metadata.namespace &&
      Object.keys(spec.selector ?? {}).length > 0 &&
      includesLabels(group.labels, spec.selector ?? {}),
  );

/** Whether other Pods run the same image behind a Service of their own: the group is one of theirs that strayed. */
const isProgramOfAnother = (
  service: Service,
  own: PodGroup,
  group: PodGroup,
  services: readonly Service[],
  elsewhere: readonly PodGroup[],
): boolean =>
  plainName(own) === service.metadata.name &&
  imagesOf(group).length > 0 &&
  !sharesImage(own, group) &&
  elsewhere.some(
    (other) =>
      imagesOf(other).length > 0 &&
      sharesImage(group, other) &&
      services.some(
        ({ metadata, spec }) =>
          metadata.namespace === service.metadata.namespace &&
          Object.keys(spec.selector ?? {}).length > 0 &&
          includesLabels(other.labels, spec.selector ?? {}) &&
          !includesLabels(own.labels, spec.selector ?? {}),
      ),
  );

/** `api` and `api-v2`, `legacy-api` and `api`: names of one program in two shapes. */
const sharesStem = (own: PodGroup, group: PodGroup): boolean => {
  const [mine, theirs] = [plainName(own).split('-'), plainName(group).split('-')];
  return mine.every((word) => theirs.includes(word)) || theirs.every((word) => mine.includes(word));
};

const isServedBy = (group: PodGroup, release: string, service: Service, services: readonly Service[]): boolean =>
  services.some(
    (other) =>
      other.metadata.name !== service.metadata.name &&
      speaksFor(other, release) &&
      Object.keys(other.spec.selector ?? {}).length > 0 &&
      includesLabels(group.labels, other.spec.selector ?? {}),
  );

const specOf = ({ pods, workload }: PodGroup) => pods[0]?.spec ?? (workload && podTemplateOf(workload)?.spec);

/** Whether a group declares any port that the Service forwards to. */
export function declaresTargets(service: Service, group: PodGroup): boolean {
  const spec = specOf(group);
  const declared = spec ? declaredPortsOf(spec) : [];
  return (service.spec.ports ?? []).some((port) => {
    const target = targetPortOf(port);
    return declared.some((found) => (isNamedPort(target) ? found.port.name : found.port.containerPort) === target);
  });
}

const ownContainersOf = (group: PodGroup): readonly Container[] => programsIn(specOf(group) ?? { containers: [] });

/** `registry.example.com/shop/api` of an image with tag or digest. */
const repositoryOf = (image: string): string => image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');

/** Whether the main containers run the same image in any version; unknown images count as the same. */
function sharesImage(a: PodGroup, b: PodGroup): boolean {
  const theirs = imagesOf(b);
  return imagesOf(a).length === 0 || theirs.length === 0 || imagesOf(a).some((image) => theirs.includes(image));
}

const imagesOf = (group: PodGroup): readonly string[] =>
  ownContainersOf(group).map(({ image = '' }) => repositoryOf(image));

const commandOf = (group: PodGroup): string =>
  JSON.stringify(ownContainersOf(group).map(({ command, args }) => [command, args]));

/** A label that only the group itself carries: what the selector lacks. Stable ones first, and those the owner relies on. */
export function tellingLabelOf(
  service: Service,
  own: PodGroup,
  others: readonly PodGroup[],
): readonly [string, string] | undefined {
  const demanded = own.workload ? demandedLabelsOf(own.workload) : {};
  const rank = (key: string): number => {
    const place = ([...releaseKeys, ...componentKeys] as readonly string[]).indexOf(key);
    return (
      (place < 0 ? 50 : place) -
      (ownValue(demanded, key) === undefined ? 0 : 20) +
      (/version|chart|track|revision/.test(key) ? 100 : 0)
    );
  };
  return Object.entries(own.labels)
    .filter(
      ([key, value]) =>
        !revisionLabels.includes(key) &&
        ownValue(service.spec.selector ?? {}, key) === undefined &&
        others.every(({ labels }) => ownValue(labels, key) !== value),
    )
    .sort(([a], [b]) => rank(a) - rank(b))[0];
}
