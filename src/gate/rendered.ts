import { diagnose } from '../diagnosis/diagnose.ts';
import { baselineOf } from '../diagnosis/baseline.ts';
import { decide } from '../diagnosis/gate.ts';
import { layerOf } from '../diagnosis/rank.ts';
import type { Finding, Report } from '../diagnosis/report.ts';
import { formatLabels } from '../k8s/labels.ts';
import { unlikeness } from '../k8s/nearest-name.ts';
import type { KubeObject, Service } from '../k8s/objects.ts';
import { hasSelector, podsSelectedBy } from '../k8s/pods.ts';
import { groupOf, resourceKey, resourceNamed, resourceOf, type ResourceKey } from '../k8s/resources.ts';
import { nearestMisses, selectsNothing } from '../k8s/selector-miss.ts';
import { controllerOf, topOwnerOf } from '../k8s/workloads.ts';
import { managedByLabel, sliceController } from '../k8s/endpoints.ts';
import { viewOf, type ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, type ClientName, type Scope, type TargetName } from '../snapshot/facts.ts';
import type { Manifest } from '../snapshot/manifests.ts';
import { redact } from '../snapshot/redact.ts';
import { snapshotVersion, type Coverage, type Snapshot } from '../snapshot/snapshot.ts';
import { foreseen, isWorkload } from './foreseen.ts';
import { decided } from './judge.ts';
import type { GatePolicy } from './policy.ts';
import { located } from './located.ts';

/** Kinds of which files hold all there is to know for their namespaces; of others, absence says nothing. */
const whole: readonly ResourceKey[] = [
  'pods',
  'endpoints',
  'discovery.k8s.io/endpointslices',
  'apps/deployments',
  'apps/statefulsets',
  'apps/daemonsets',
  'apps/replicasets',
  'replicationcontrollers',
  'batch/jobs',
  'batch/cronjobs',
  'argoproj.io/rollouts',
  'autoscaling/horizontalpodautoscalers',
  'keda.sh/scaledobjects',
  'http.keda.sh/httpscaledobjects',
  'events',
];

/** What sends to Services: which of these kinds the files do not use makes no difference to those that they do. */
const inward: readonly ResourceKey[] = [
  'networking.k8s.io/ingresses',
  'gateway.networking.k8s.io/httproutes',
  'gateway.networking.k8s.io/grpcroutes',
  'gateway.networking.k8s.io/tlsroutes',
  'gateway.networking.k8s.io/tcproutes',
  'gateway.networking.k8s.io/udproutes',
  'traefik.io/ingressroutes',
  'traefik.io/ingressroutetcps',
  'traefik.containo.us/ingressroutes',
  'route.openshift.io/routes',
  'projectcontour.io/httpproxies',
];

/**
 * What rendered manifests come to without a cluster: each Service with the Pods that the templates would make, and each client whose settings
 * name it. What an operator, another release or the cluster would add is `not in these files`, and no alarm.
 */
export function judgeRendered(
  manifests: readonly Manifest[],
  named: readonly TargetName[],
  policy: GatePolicy,
): readonly Report[] {
  const made = foreseen(manifests.map(({ object }) => object).filter(({ kind }) => kind !== 'Secret'));
  const view = viewOf(redact(snapshotOf(made.objects, coverageOf(made.objects))).snapshot);
  const targets = chosen(view, named);
  const reports = judgeDeclared(view, targets, policy, { alone: true });
  return reports.map((report) => located(withoutBlindness(report), manifests, made.makerOf));
}

/** The manifests put over what the cluster declares, beside that alone: only what they introduce fails. */
export function judgeAgainst(
  live: Snapshot,
  manifests: readonly Manifest[],
  named: readonly TargetName[],
  policy: GatePolicy,
): readonly Report[] {
  const declared = declaredIn(live.objects);
  const before = viewOf(redact({ ...live, objects: foreseen(declared).objects, observations: [] }).snapshot);
  const made = foreseen(
    overlaid(
      declared,
      manifests.map(({ object }) => object),
    ),
  );
  const after = viewOf(redact({ ...live, objects: made.objects, observations: [] }).snapshot);
  const known = judgeDeclared(before, chosen(before, []), policy, { alone: false });
  const baseline = baselineOf(known.map(withoutBlindness));
  return judgeDeclared(after, chosen(after, named), { ...policy, baseline }, { alone: false }).map((report) =>
    located(withoutBlindness(report), manifests, made.makerOf),
  );
}

function chosen(view: ClusterView, named: readonly TargetName[]): readonly TargetName[] {
  if (named.length > 0) return named;
  return view
    .objects<Service>('services')
    .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name }))
    .sort((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
}

function judgeDeclared(
  view: ClusterView,
  targets: readonly TargetName[],
  policy: GatePolicy,
  { alone }: { readonly alone: boolean },
): readonly Report[] {
  const clients = clientsIn(view);
  return targets.flatMap((target) => {
    const report = diagnose(view, { target });
    const elsewhere = alone ? madeElsewhere(view, target) : undefined;
    const own =
      elsewhere === undefined
        ? report
        : { ...report, findings: report.findings.filter(({ id }) => !aboutPods.includes(layerOf(id))) };
    const said = new Set(own.findings.map(({ id }) => id));
    return [
      foretold(decided(view, { target }, policy, own, elsewhere)),
      ...clients
        .filter(({ hosts, name }) => hosts.some((host) => isMeant(view, host, target, name.namespace)))
        .flatMap(({ name }) => ofClient(view, { target, client: name }, said, policy)),
    ];
  });
}

const aboutPods: readonly string[] = ['selector', 'endpoints', 'ports'];

/** Why the Pods of a Service are none of these files' business: it selects nothing here, and nothing here is like what it selects. */
function madeElsewhere(view: ClusterView, target: TargetName): string | undefined {
  const service = view.object<Service>('services', target.namespace, target.name);
  if (!service || !hasSelector(service)) return undefined;
  const scope = { target };
  const [pods, workloads] = [factSources.pods.from(view, scope), factSources.workloads.from(view, scope)];
  if (podsSelectedBy(service, pods).length > 0 || !selectsNothing(service, pods, workloads)) return undefined;
  const services = factSources.services.from(view, scope);
  if (nearestMisses(service, pods, workloads, services).some(({ close }) => close)) return undefined;
  return `what makes Pods with ${formatLabels(service.spec.selector)} is not in these files`;
}

interface DeclaredClient {
  readonly name: ClientName;
  /** What its settings call, as they spell it. */
  readonly hosts: readonly string[];
}

/** Every workload that is told an address. */
function clientsIn(view: ClusterView): readonly DeclaredClient[] {
  const workloads = view.snapshot.objects.filter(isWorkload).filter((workload) => !controllerOf(workload));
  return workloads.flatMap(({ kind, metadata: { name, namespace = '' } }) => {
    const client = { namespace, kind, name };
    const references = factSources.clientReferences.from(view, { target: { namespace, name: '' }, client });
    const hosts = [...new Set(references.map(({ host }) => host.toLowerCase()))];
    return hosts.length > 0 ? [{ name: client, hosts }] : [];
  });
}

/** Whether an address names this Service, or one that is not there and sounds like it. */
function isMeant(view: ClusterView, host: string, target: TargetName, home: string): boolean {
  const [name = '', namespace = home] = host.split('.');
  if (name === target.name && namespace === target.namespace) return true;
  if (view.object('services', namespace, name) !== undefined) return false;
  return namespace === target.namespace && unlikeness(name, target.name) !== undefined;
}

/** What is wrong on the way of one client, and not for everybody; nothing where all is well. */
function ofClient(view: ClusterView, scope: Scope, said: ReadonlySet<string>, policy: GatePolicy): readonly Report[] {
  const report = diagnose(view, scope);
  const own = report.findings.filter(({ id }) => !said.has(id));
  if (own.length === 0) return [];
  const { failOn, baseline } = policy;
  return [
    decide(
      { ...report, findings: own },
      { counts: [], ...(failOn ? { failOn } : {}), ...(baseline ? { baseline } : {}) },
    ),
  ];
}

/** Nothing has run yet: what is counted is what would be ready if all went well. */
const foretold = (report: Report): Report =>
  report.gate && report.gate.endpoints.length > 0
    ? { ...report, gate: { ...report.gate, why: report.gate.why.replaceAll(/\bready on\b/g, 'would be ready on') } }
    : report;

/** What files do not hold, nobody could have looked at: it bears on no verdict. */
function withoutBlindness(report: Report): Report {
  const checks = report.checks.map((check) =>
    check.because === 'blind' || check.because === 'not-asked'
      ? { id: check.id, outcome: 'not-applicable' as const, detail: 'what it looks at is not in these files' }
      : check,
  );
  return { ...report, checks, verdict: report.verdict === 'unknown' ? verdictOn(report.findings) : report.verdict };
}

const verdictOn = (findings: readonly Finding[]): Report['verdict'] =>
  findings.some(({ impact }) => impact === 'degrades') ? 'degraded' : findings.length > 0 ? 'at-risk' : 'healthy';

const snapshotOf = (objects: readonly KubeObject[], coverage: readonly Coverage[]): Snapshot => ({
  apiVersion: snapshotVersion,
  kind: 'Snapshot',
  takenAt: new Date().toISOString(),
  coverage,
  objects,
  observations: [],
});

/** Services are whole everywhere, so that what a client calls can be told; Pods and the like only where the files have something. */
function coverageOf(objects: readonly KubeObject[]): readonly Coverage[] {
  const namespaces = [...new Set(objects.flatMap(({ metadata }) => metadata.namespace ?? []))];
  const present = objects.flatMap((object) => {
    const resource = resourceOf(object);
    return resource ? [resourceKey(resource.group, resource.resource)] : [];
  });
  const entry = (key: ResourceKey, places: Coverage['namespaces']): Coverage => {
    const { group, resource } = resourceNamed(key);
    return { group, resource, namespaces: places, state: 'read' };
  };
  return [
    entry('services', 'all'),
    entry('namespaces', 'all'),
    ...[...new Set([...whole, ...inward, ...present])]
      .filter((key) => key !== 'services' && key !== 'namespaces')
      .map((key) => entry(key, whole.includes(key) ? namespaces : 'all')),
  ];
}

/** What people and tools declared, without what controllers made of it: Pods and slices come anew from the templates. */
function declaredIn(objects: readonly KubeObject[]): readonly KubeObject[] {
  const workloads = objects.filter(isWorkload);
  return objects.filter((object) => {
    if (object.kind === 'Event') return false;
    if (object.kind === 'EndpointSlice') return object.metadata.labels?.[managedByLabel] !== sliceController;
    if (object.kind === 'Pod') return topOwnerOf(object, workloads) === undefined;
    return !(isWorkload(object) && topOwnerOf(object, workloads));
  });
}

/** The manifests in place of what the cluster has under the same names, which lends them what the API server has filled in. */
function overlaid(live: readonly KubeObject[], declared: readonly KubeObject[]): readonly KubeObject[] {
  const keyOf = ({ apiVersion, kind, metadata }: KubeObject) =>
    [groupOf(apiVersion), kind, metadata.namespace ?? '', metadata.name].join('/');
  const before = new Map(live.map((object) => [keyOf(object), object]));
  const after = declared
    .filter(({ kind }) => kind !== 'Secret')
    .map((object) => inheriting(object, before.get(keyOf(object))));
  const replaced = new Set(after.map(keyOf));
  return [...live.filter((object) => !replaced.has(keyOf(object))), ...after];
}

const inherited = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'replicas'] as const;

type Declared = KubeObject & { readonly spec?: Readonly<Record<string, unknown>>; readonly status?: unknown };

function inheriting(object: Declared, live: Declared | undefined): KubeObject {
  if (!live?.spec || !object.spec || object.kind === 'Pod') return object;
  const { spec, status } = live;
  const lent = Object.fromEntries(
    inherited.filter((field) => spec[field] !== undefined).map((field) => [field, spec[field]]),
  );
  return { ...object, spec: { ...lent, ...object.spec }, ...(status === undefined ? {} : { status }) } as KubeObject;
}
