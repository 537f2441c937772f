import { factsOf, type AnyCheck } from '../checks/define.ts';
import type { ClusterView, ReadNeed } from '../snapshot/cluster-view.ts';
import { factSources, isOfClient, type Scope } from '../snapshot/facts.ts';
import { findClusterDns } from '../snapshot/cluster-dns.ts';
import type { Unread } from './report.ts';
import { missingOf } from './missing.ts';

/**
 * Everything that was to be read for a target and was not given, whether a check had to be skipped for it or only knows less. What a plain file
 * lacks is not in it: nobody asked for that.
 */
export function unreadOf(view: ClusterView, scope: Scope, checks: readonly AnyCheck[]): readonly Unread[] {
  if (!wasRefused(view)) return [];
  const all = factsOf(checks)
    .filter((name) => scope.client || !isOfClient(name))
    .flatMap((name) => [...factSources[name].needs(view, scope), ...(factSources[name].also?.(scope, view) ?? [])])
    .flatMap((need) => refusalOf(view, need));
  const logs = logsRefused(view, scope);
  return [...new Map([...all, ...logs].map((each) => [keyOf(each), each])).values()];
}

const wasRefused = (view: ClusterView): boolean =>
  view.once('refused', () => coverageIn(view).some(({ state }) => state === 'forbidden' || state === 'failed'));

const coverageIn = ({ snapshot: { coverage } }: ClusterView) => (typeof coverage === 'object' ? coverage : []);

function refusalOf(view: ClusterView, need: ReadNeed): readonly Unread[] {
  const sight = view.sight(need);
  if (sight.state !== 'forbidden' && sight.state !== 'failed') return [];
  const { state, detail } = sight;
  return missingOf(sight).map((missing) => ({ ...missing, because: state, detail }));
}

/** Logs are read of the Pods behind the Service and of the DNS: those of others do not matter to it. */
const logsRefused = (view: ClusterView, { target }: Scope): readonly Unread[] =>
  coverageIn(view).flatMap(({ resource, state, namespaces, detail = '' }): readonly Unread[] =>
    resource === 'pods/log' && (state === 'forbidden' || state === 'failed') && namespaces !== 'all'
      ? namespaces
          .filter((namespace) => namespace === target.namespace || namespace === findClusterDns(view).namespace)
          .map((namespace) => ({ verb: 'get', group: '', resource, namespace, because: state, detail }))
      : [],
  );

const keyOf = ({ verb, group, resource, namespace }: Unread): string =>
  JSON.stringify([verb, group, resource, namespace]);
