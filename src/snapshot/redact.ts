import { isPodSpec } from '../k8s/shapes.ts';
import type { ConfigMap, Container, EnvVar, KubeObject, Labels, Pod, PodSpec, Workload } from '../k8s/objects.ts';
import { oncePer } from '../k8s/once-per.ts';
import { groupOf } from '../k8s/resources.ts';
import type { ClusterView } from './cluster-view.ts';
import { configMapsOf, findClient, type ClientName } from './facts.ts';
import type { Snapshot } from './snapshot.ts';

/** Stands where a value was: as long as this, whatever it was. */
export const redacted = 'REDACTED';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const credentialWord =
  /pass(word|wd|phrase)?|pwd|secret|token|credential|private|api[-_]?key|access[-_]?key|(^|[-_])(key|auth|cert|salt|dsn)s?($|[-_])/i;
const isCredential = (name: string): boolean => credentialWord.test(name) && !placeName.test(name);
const placeName = /(port|host|file|path|dir|addr|address|enabled|timeout|ttl|name|user|username)s?$/i;
const urlWithPassword = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/:@]*):([^\s/"']+)@/gi;
const urlWithToken = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/:@]{20,})@/gi;
/** In a libpq or JDBC connection string, a query or a log: `password=…`, `PGPASSWORD=…`. */
const passwordSetting =
  /((?:password|passwd|pwd|secret|token|api_?key|access_?key|\bsig|\bsignature)=)(?!REDACTED)[^\s;&"',)]+/gi;
/** In JSON or YAML: `"password": "…"`, `db_password: …`. */
const passwordField = /((?:password|passwd|passphrase|client_?secret)["']?\s*:\s*["']?)(?!REDACTED)[^\s"',}]+/gi;
/** With a digit or a capital in it: `Basic authentication` is a word. */
const authorization = /\b((?:Bearer|Basic)\s+)(?!REDACTED)(?=[\w.~+/-]*[A-Z\d=])[\w.~+/=-]{8,}/g;
const jsonWebToken = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** Without any of these a text holds none of the above. */
const worthReading = /:\/\/|pass|pwd|secret=|token=|key=|sig|earer|asic|eyJ|PRIVATE KEY|client_?secret/i;

/** The cluster's own settings, which checks read: the Corefile and its kin, the configuration of kubelet, kube-proxy and the network. */
const neededConfigMap =
  /dns|^kubelet-config|^kubeadm-config|^kube-proxy|flannel|calico|canal|cilium|weave|antrea|kube-router|metallb|aws-vpc-cni|tigera/;

/** How many values were taken out, for telling the person. */
export interface Redaction {
  readonly snapshot: Snapshot;
  readonly environment: number;
  readonly configMapValues: number;
  /** In annotations, events, messages and wherever else people and programs write freely. */
  readonly texts: number;
}

/**
 * The snapshot without what must not leave the cluster: Secrets, values of the environment that look like credentials, passwords in URLs and
 * tokens wherever they stand, ConfigMaps that no check reads (their keys stay), who wrote which field. What a diagnosis says about it stays the same.
 */
export function redact(snapshot: Snapshot, keep: ReadonlySet<KubeObject> = new Set()): Redaction {
  const count = { environment: 0, configMapValues: 0, texts: 0 };
  const objects = snapshot.objects
    .filter(({ kind, apiVersion }) => !(kind === 'Secret' && groupOf(apiVersion) === ''))
    .map((object) => {
      const plain = withoutBookkeeping(object);
      if (isConfigMap(plain)) return freeTextsWithout(configMapWithout(plain, keep.has(object), count), count);
      return freeTextsWithout(
        podSpecsIn(plain, (spec) => specWithout(spec, count)),
        count,
      );
    });
  const observations = snapshot.observations.map((observation) => {
    if (observation.kind === 'Log') return { ...observation, text: withoutPasswords(observation.text) };
    if (observation.kind === 'Exec') return { ...observation, output: withoutPasswords(observation.output) };
    return observation;
  });
  return { snapshot: { ...snapshot, objects, observations }, ...count };
}

/** A ConfigMap that no check reads, without its values; everything else as it is. */
export function withoutUnneededData(object: KubeObject): KubeObject {
  if (!isConfigMap(object) || isNeeded(object)) return object;
  const { binaryData: _, ...map } = object as ConfigMap & { readonly binaryData?: unknown };
  return { ...map, data: emptied(object.data) } as KubeObject;
}

const isConfigMap = (object: KubeObject): object is ConfigMap =>
  object.kind === 'ConfigMap' && object.apiVersion === 'v1';

const isNeeded = ({ metadata, data }: ConfigMap): boolean =>
  neededConfigMap.test(metadata.name) || Object.hasOwn(data ?? {}, 'Corefile');

const emptied = (data: Labels | undefined): Labels =>
  Object.fromEntries(Object.keys(data ?? {}).map((key) => [key, redacted]));

function withoutBookkeeping(object: KubeObject): KubeObject {
  const { managedFields: _, annotations, ...metadata } = object.metadata;
  if (!object.metadata.managedFields && annotations?.[lastApplied] === undefined) return object;
  const { [lastApplied]: __, ...rest } = annotations ?? {};
  return { ...object, metadata: { ...metadata, ...(annotations ? { annotations: rest } : {}) } };
}

interface Count {
  environment: number;
  configMapValues: number;
  texts: number;
}

function configMapWithout(map: ConfigMap, whole: boolean, count: Count): KubeObject {
  const { data, binaryData: _, ...plain } = map as ConfigMap & { readonly binaryData?: unknown };
  if (!data) return plain;
  const keep = whole || isNeeded(map);
  const shown = Object.entries(data).map(([key, value]): [string, string] => {
    const safe = !keep || (whole && isCredential(key)) ? redacted : withoutPasswords(value);
    if (safe !== value || value === redacted) count.configMapValues += 1;
    return [key, safe];
  });
  return { ...plain, data: Object.fromEntries(shown) } as KubeObject;
}

/** The Pod specs of an object, wherever it keeps them, changed. */
function podSpecsIn(object: KubeObject, change: (spec: PodSpec) => PodSpec): KubeObject {
  if (object.kind === 'Pod') {
    const spec = change((object as Pod).spec);
    return spec === (object as Pod).spec ? object : ({ ...object, spec } as KubeObject);
  }
  const { spec } = object as Partial<Workload>;
  if (!spec || typeof spec !== 'object') return object;
  if (spec.template?.spec) {
    const inner = change(spec.template.spec);
    return inner === spec.template.spec
      ? object
      : ({ ...object, spec: { ...spec, template: { ...spec.template, spec: inner } } } as KubeObject);
  }
  const { jobTemplate } = spec;
  const template = jobTemplate?.spec?.template;
  if (!jobTemplate || !template) return object;
  return {
    ...object,
    spec: {
      ...spec,
      jobTemplate: {
        ...jobTemplate,
        spec: { ...jobTemplate.spec, template: { ...template, spec: change(template.spec) } },
      },
    },
  } as KubeObject;
}

/** Kinds of others may hold anything where a Pod's spec would be; then nobody knows where its credentials are. */
function specWithout(spec: PodSpec, count: Count): PodSpec {
  const { containers: held, initContainers: before = [] } = { ...spec } as Partial<PodSpec>;
  if (![held, before].every(areContainers) && !isPodSpec(spec)) return { containers: [] };
  const { containers, initContainers } = spec;
  const shown = (list: readonly Container[]): readonly Container[] => {
    const { safe, environment, texts } = containersWithout(list);
    count.environment += environment;
    count.texts += texts;
    return safe;
  };
  const safe = containers && shown(containers);
  const safeInit = initContainers && shown(initContainers);
  if (safe === containers && safeInit === initContainers) return spec;
  return { ...spec, ...(safe ? { containers: safe } : {}), ...(safeInit ? { initContainers: safeInit } : {}) };
}

const areContainers = (list: readonly Container[] | undefined): boolean => Array.isArray(list) && areWellFormed(list);
const areWellFormed = oncePer((containers: readonly Container[]): boolean => isPodSpec({ containers }));

/** The containers without credentials, and how many were taken out; the same list where there were none. Pods of one template share theirs. */
const containersWithout = oncePer((containers: readonly Container[]) => {
  const count: Count = { environment: 0, configMapValues: 0, texts: 0 };
  const shown = containers.map((container): Container => {
    const env = container.env && unchangedOr(container.env, (each) => variableWithout(each, count));
    const args = container.args && same(container.args, argumentsWithout(container.args, count));
    const command = container.command && same(container.command, argumentsWithout(container.command, count));
    if (env === container.env && args === container.args && command === container.command) return container;
    return { ...container, ...(env ? { env } : {}), ...(args ? { args } : {}), ...(command ? { command } : {}) };
  });
  // Probes and hooks have commands and headers of their own.
  const safe = textsWithout(same(containers, shown), count);
  return { ...count, safe };
});

const unchangedOr = <T>(list: readonly T[], change: (each: T) => T): readonly T[] => same(list, list.map(change));

/** The list that was there, where the other holds the same. */
const same = <T>(before: readonly T[], after: readonly T[]): readonly T[] =>
  after.every((each, index) => each === before[index]) ? before : after;

function variableWithout(variable: EnvVar, count: Count): EnvVar {
  const { name, value } = variable;
  if (value === undefined || value === '') return variable;
  const safe = isCredential(name) && !isAddress(value) ? redacted : withoutPasswords(value);
  if (value === redacted) count.environment += 1;
  if (safe === value) return variable;
  count.environment += 1;
  return { ...variable, value: safe };
}

/** `--password=x`, `--token x`: the name of an option says what its value is. */
function argumentsWithout(args: readonly string[], count: Count): readonly string[] {
  return args.map((argument, index) => {
    const before = args[index - 1] ?? '';
    const [, option = '', value] = /^(--?[\w.-]+)=([\s\S]*)$/.exec(argument) ?? [];
    const named = value !== undefined && isCredential(option) && !isAddress(value);
    const follows =
      /^--?[\w.-]+$/.test(before) && isCredential(before) && !argument.startsWith('-') && !isAddress(argument);
    const safe = named ? `${option}=${redacted}` : follows ? redacted : withoutPasswords(argument);
    if (safe !== argument) count.environment += 1;
    return safe;
  });
}

/** AUTH_URL=http://auth:8080, `host=db port=5432` without a password, a $(REFERENCE): where something is, not what it says. */
const isAddress = (value: string): boolean =>
  (/^\s*(host|server|data source)\s*=/i.test(value) && !/@|pass|pwd|secret|token|key/i.test(value)) ||
  /^[a-z][a-z0-9+.-]*:\/\/[^\s@]+$/i.test(value) ||
  /^[\w.-]+:\d+$/.test(value) ||
  /^(true|false)$/i.test(value) ||
  /^\$\([\w.-]+\)$/.test(value);

const withoutPasswords = (text: string): string => (worthReading.test(text) ? redactedText(text) : text);

const redactedText = (text: string): string =>
  text
    .replace(privateKey, redacted)
    .replace(jsonWebToken, redacted)
    .replace(authorization, (_all, before: string) => `${before}${redacted}`)
    .replace(urlWithPassword, (_all, scheme: string, user: string) => `${scheme}${user}:${redacted}@`)
    .replace(urlWithToken, (_all, scheme: string) => `${scheme}${redacted}@`)
    .replace(passwordSetting, (_all, before: string) => `${before}${redacted}`)
    .replace(passwordField, (_all, before: string) => `${before}${redacted}`);

/** Annotations and fields whose value is a credential whatever it looks like. Those that name a Secret are not among them. */
const credentialField =
  /(^|[-_./])(password|passwd|token|api[-_]?key|authorization|cookie|bearer[-_]?token|access[-_]?token)$/i;

/** The value with every text in it without credentials; the same value where there were none. */
function textsWithout<T>(value: T, count: Count): T {
  if (typeof value === 'string') {
    const safe = withoutPasswords(value);
    if (safe === value) return value;
    count.texts += 1;
    return safe as T;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return same(
      value,
      value.map((each: unknown) => textsWithout(each, count)),
    ) as T;
  const { name } = value as { readonly name?: unknown };
  let changed = false;
  const entries = Object.entries(value).map(([key, inner]: [string, unknown]): [string, unknown] => {
    // `{name: Authorization, value: …}` of a probe, `{authorization: …}` of a route.
    const called = key === 'value' && typeof name === 'string' ? name : key;
    const isSecret = typeof inner === 'string' && inner !== redacted && inner !== '' && credentialField.test(called);
    const safe = isSecret ? redacted : textsWithout(inner, count);
    if (isSecret) count.texts += 1;
    changed ||= safe !== inner;
    return [key, safe];
  });
  return changed ? (Object.fromEntries(entries) as T) : value;
}

/** Of these a cluster has so many that only the fields are read in which people and programs write freely. */
const plentiful: ReadonlySet<string> = new Set([
  'Pod',
  'ReplicaSet',
  'EndpointSlice',
  'Endpoints',
  'Node',
  'ConfigMap',
]);

function freeTextsWithout(object: KubeObject, count: Count): KubeObject {
  if (!plentiful.has(object.kind)) return textsWithout(object, count);
  const annotations = object.metadata.annotations && textsWithout(object.metadata.annotations, count);
  const noted =
    !annotations || annotations === object.metadata.annotations
      ? object
      : { ...object, metadata: { ...object.metadata, annotations } };
  if (noted.kind === 'Pod') return lastWordsWithout(noted as Pod, count);
  return noted.kind === 'ReplicaSet' ? templateNotesWithout(noted as Workload, count) : noted;
}

function templateNotesWithout(set: Workload, count: Count): Workload {
  // One of another API group may have no spec.
  const { template } = { ...set.spec };
  const metadata = template?.metadata && textsWithout(template.metadata, count);
  return !metadata || metadata === template.metadata
    ? set
    : { ...set, spec: { ...set.spec, template: { ...template, metadata } } };
}

/** What a container wrote as it ended stands in the status of its Pod. */
function lastWordsWithout(pod: Pod, count: Count): Pod {
  const { status } = pod;
  const { containerStatuses, initContainerStatuses } = status ?? {};
  const safe = containerStatuses && textsWithout(containerStatuses, count);
  const safeInit = initContainerStatuses && textsWithout(initContainerStatuses, count);
  if (safe === containerStatuses && safeInit === initContainerStatuses) return pod;
  return {
    ...pod,
    status: {
      ...status,
      ...(safe ? { containerStatuses: safe } : {}),
      ...(safeInit ? { initContainerStatuses: safeInit } : {}),
    },
  };
}

/** The ConfigMaps that the client's Pods take their settings from: checks read them, so their values stay. */
export function clientConfigMapsIn(view: ClusterView, client: ClientName | undefined): ReadonlySet<KubeObject> {
  const found = client && findClient(view, client);
  return new Set(
    found ? configMapsOf(found.spec).flatMap((name) => view.object('configmaps', found.namespace, name) ?? []) : [],
  );
}
