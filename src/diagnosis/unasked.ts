import { isExternalName } from '../k8s/endpoints.ts';
import type { Pod, Service } from '../k8s/objects.ts';
import { isProbedOn, receptionsOf, type Received } from '../k8s/reception.ts';
import { findClusterDns } from '../snapshot/cluster-dns.ts';
import type { ClusterView } from '../snapshot/cluster-view.ts';
import { factSources, findClient, type Scope } from '../snapshot/facts.ts';
import type { PodName } from '../snapshot/snapshot.ts';
import type { Unasked } from './report.ts';

/** What no object shows and no probe has answered, each with the least of `--probe` that answers it. */
export function unaskedOf(view: ClusterView, scope: Scope): readonly Unasked[] {
  const service = view.object<Service>('services', scope.target.namespace, scope.target.name);
  if (!service) return [];
  return [...ofListeners(view, scope, service), ...ofDns(view), ...ofClient(view, scope)];
}

function ofListeners(view: ClusterView, scope: Scope, service: Service): readonly Unasked[] {
  if (isExternalName(service)) return [];
  const pods = view.objects<Pod>('pods', scope.target.namespace);
  // Where kubelet's own probe succeeds on the port, it has answered already: it dials the Pod's address, as clients do.
  const open = receptionsOf(service, factSources.slices.from(view, scope), pods, {
    listeners: view.observations('Listeners'),
    connects: view.observations('Connect'),
    execs: view.observations('Exec'),
  }).filter(({ pod, port }) => pod !== undefined && !isProbedOn(pod, port));
  return [
    ...(open.some((each) => isForwardable(each) && each.reception === undefined && each.forwarded === undefined)
      ? [{ question: 'whether its Pods take connections on these ports', probe: 'forward' as const }]
      : []),
    // A port-forward dials 127.0.0.1 by TCP.
    ...(open.length > 0 &&
    open.every(({ sockets, refused, reception }) => !sockets && !refused && reception?.state !== 'open')
      ? [{ question: 'on which addresses, by TCP or UDP, its Pods listen', probe: 'exec' as const }]
      : []),
  ];
}

const isForwardable = ({ pod, protocol }: Received): boolean => protocol === 'TCP' && pod?.spec.hostNetwork !== true;

function ofDns(view: ClusterView): readonly Unasked[] {
  return view.observations('Lookup').length === 0 && findClusterDns(view).pods.length > 0
    ? [{ question: 'what each DNS Pod answers', probe: 'forward' }]
    : [];
}

function ofClient(view: ClusterView, { client: name }: Scope): readonly Unasked[] {
  const client = name && findClient(view, name);
  if (!client) return [];
  const isIts = ({ namespace, name: pod }: PodName) =>
    client.pods.some(({ metadata }) => metadata.name === pod && metadata.namespace === namespace);
  const tried = [...view.observations('Connect'), ...view.observations('Lookup')].some(
    ({ from }) => 'pod' in from && isIts(from.pod),
  );
  if (tried) return [];
  // Its image had something to read its resolv.conf with and nothing to connect with, or nothing at all while others were entered.
  const entered = view.observations('ResolvConf').length > 0 || view.observations('Listeners').length > 0;
  return [{ question: `what ${name.kind}/${name.name} itself gets`, probe: entered ? 'debug' : 'exec' }];
}
