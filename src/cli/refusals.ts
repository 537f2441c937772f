import { nearestName } from '../k8s/nearest-name.ts';
import type { KubeObject } from '../k8s/objects.ts';
import { resourceKey, resources } from '../k8s/resources.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { findClient, type ClientName } from '../snapshot/facts.ts';
import type { Selection } from '../snapshot/selection.ts';
import { UserError } from '../snapshot/user-error.ts';

/** A client that is not there is the person's slip, not a finding. Where nobody may look for it, the checks say so. */
export function demandClient(view: ClusterView, client: ClientName): void {
  if (findClient(view, client)) return;
  const { namespace, kind, name } = client;
  const resource = resources.find((known) => known.kind === kind && known.group !== 'serving.knative.dev');
  if (!resource) return;
  const key = resourceKey(resource.group, resource.resource);
  const { state } = view.sight({ resource: key, namespaces: [namespace] });
  if (state !== 'read' && state !== 'partial') return;
  const inNamespace = view.objects(key, namespace).map(({ metadata }) => metadata.name);
  const nearest = nearestName(name, inNamespace);
  const sameName = ['Deployment', 'StatefulSet', 'DaemonSet', 'Pod', 'ReplicaSet', 'Job', 'CronJob']
    .flatMap((kind) => view.snapshot.objects.filter((object) => object.kind === kind))
    .find(({ metadata }) => metadata.name === name);
  const known = inNamespace.slice(0, 5).join(', ');
  throw new UserError('no-such-client', `there is no ${kind} ${name} in namespace ${namespace}`, {
    hint: nearest
      ? `did you mean --from ${namespace}/${kind}/${nearest}?`
      : sameName
        ? `did you mean --from ${clientText(sameName)}?`
        : known !== ''
          ? `${kind}s there: ${known}${inNamespace.length > 5 ? ` and ${inNamespace.length - 5} more` : ''}`
          : `namespace ${namespace} has no ${kind} at all`,
  });
}

const clientText = ({ kind, metadata }: KubeObject): string => `${metadata.namespace}/${kind}/${metadata.name}`;

/** Why there is no Service to judge: the wrong namespace, an empty one, a missing permission, a file without any. */
export function nothingToJudge(view: ClusterView, selection: Selection, file: string | undefined): UserError {
  if (file !== undefined) {
    const where =
      selection.kind === 'namespace'
        ? `${file} holds no Service of namespace ${selection.namespace}`
        : `${file} holds no Service`;
    const namespaces = [...new Set(view.objects('services').map(({ metadata }) => metadata.namespace ?? ''))].sort(
      (a, b) => (a < b ? -1 : 1),
    );
    return new UserError('no-services', where, {
      hint:
        namespaces.length > 0
          ? `it holds Services of ${namespaces.slice(0, 5).join(', ')}`
          : 'name one to hear what keeps it from existing: NAMESPACE/NAME',
    });
  }
  const namespaces = selection.kind === 'namespace' ? [selection.namespace] : 'all';
  const sight = view.sight({ resource: 'services', namespaces });
  const where = selection.kind === 'namespace' ? `in namespace ${selection.namespace}` : 'in all namespaces';
  if (sight.state === 'forbidden')
    return new UserError('forbidden', `you may not list services ${where}`, {
      hint:
        selection.kind === 'namespace'
          ? `name the Service: ${selection.namespace}/NAME; or ask for list on services`
          : 'look at one namespace: -n NAMESPACE',
    });
  if (sight.state !== 'read')
    return new UserError('failed', `the Services ${where} could not be read`, {
      hint: 'detail' in sight ? sight.detail : '',
    });
  if (selection.kind !== 'namespace')
    return new UserError('no-services', 'the cluster has no Service', {
      hint: 'is this the right one? --context names another',
    });
  const { namespace } = selection;
  const exists = view.object('namespaces', undefined, namespace) !== undefined;
  const others = view.objects('namespaces').map(({ metadata }) => metadata.name);
  const missing =
    !exists && view.sight({ resource: 'namespaces', namespaces: 'all', names: [namespace] }).state === 'read';
  if (!missing)
    return new UserError('no-services', `namespace ${namespace} has no Service`, {
      hint: 'look everywhere with -A, or name one: NAMESPACE/NAME',
    });
  const nearest = nearestName(namespace, others);
  return new UserError('no-such-namespace', `there is no namespace ${namespace}`, {
    hint: nearest ? `did you mean -n ${nearest}?` : `namespaces: ${others.slice(0, 8).join(', ')}`,
  });
}
