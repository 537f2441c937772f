import { addressesIn, portOf } from '../k8s/client-references.ts';
import { isAddress } from '../k8s/leads.ts';
import type { ClientName, TargetName } from '../snapshot/facts.ts';
import { UserError } from '../snapshot/user-error.ts';

const targetHint =
  'write NAMESPACE/NAME, or NAME, svc/NAME or service/NAME with -n NAMESPACE, or what the client is told: http://db.demo:5432';
const clientHint = 'write NAMESPACE/KIND/NAME, or KIND/NAME with -n NAMESPACE, as in --from demo/deploy/api';

/** A name as DNS takes it: RFC 1123 label for Services and namespaces, subdomain for everything else. */
const isName = (text: string): boolean => /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(text) && text.length <= 253;

/**
 * `ns/name`, `svc/name`, `service/name`, `ns/svc/name` or `name`, each with `:port` where one is meant; or what a client is told, a URL or `host:port`,
 * read as in the client's namespace. Throws a UserError for anything else.
 */
export function parseTarget(text: string, namespace: string, clientNamespace: string = namespace): TargetName {
  if (text.includes('://') || /^[^/]+:\d+$/.test(text)) return targetIn(text, clientNamespace);
  const [, before, digits] = /^(.*\/.*):(\d+)$/.exec(text) ?? [];
  if (before !== undefined) return { ...parseTarget(before, namespace), port: Number(digits) };
  const parts = text.split('/');
  const isKind = (part: string | undefined) => /^(svc|services?)$/i.test(part ?? '');
  const [first = '', second = '', third = ''] = parts;
  const target =
    parts.length === 1
      ? { namespace, name: first }
      : parts.length === 2
        ? isKind(first)
          ? { namespace, name: second }
          : { namespace: first, name: second }
        : parts.length === 3 && isKind(second)
          ? { namespace: first, name: third }
          : undefined;
  if (!target || !isName(target.name) || !isName(target.namespace)) {
    throw new UserError(
      'bad-target',
      `"${text}" is not a Service: ${parts.length > 3 ? 'too many slashes' : 'not a valid name'}`,
      { hint: targetHint },
    );
  }
  return target;
}

/** The Service that an address names: `db`, `db.demo`, `db.demo.svc.cluster.local`, or one of its Pods before it. */
function targetIn(text: string, namespace: string): TargetName {
  const [address, ...others] = addressesIn(text);
  if (!address || others.length > 0)
    throw new UserError('bad-target', `"${text}" is not one address`, { hint: targetHint });
  const host = address.host.toLowerCase().replace(/\.$/, '');
  if (isAddress(host) || host === 'localhost')
    throw new UserError('bad-target', `${host} is no name of a Service`, {
      hint: 'kubectl get services -A -o wide shows which Service has that address',
    });
  const labels = host.split('.');
  const before = labels.indexOf('svc') < 0 ? labels : labels.slice(0, labels.indexOf('svc'));
  const [name = '', home = namespace] = before.slice(labels.includes('svc') ? -2 : 0);
  const port = portOf(address);
  const target = { namespace: home, name, ...(port === undefined ? {} : { port }) };
  if (before.length > (labels.includes('svc') ? 3 : 2) || !isName(name) || !isName(home))
    throw new UserError('bad-target', `${host} is no name of a Service`, {
      hint: 'Services are called NAME.NAMESPACE or NAME.NAMESPACE.svc.cluster.local',
    });
  return target;
}

const kinds: Readonly<Record<string, string>> = {
  po: 'Pod',
  pod: 'Pod',
  pods: 'Pod',
  deploy: 'Deployment',
  deployment: 'Deployment',
  deployments: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  statefulsets: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
  daemonsets: 'DaemonSet',
  rs: 'ReplicaSet',
  replicaset: 'ReplicaSet',
  replicasets: 'ReplicaSet',
  rc: 'ReplicationController',
  replicationcontroller: 'ReplicationController',
  job: 'Job',
  jobs: 'Job',
  cj: 'CronJob',
  cronjob: 'CronJob',
  cronjobs: 'CronJob',
  rollout: 'Rollout',
  rollouts: 'Rollout',
};

/** `ns/kind/name`, `kind/name`, `ns/pod-name` or a Pod's `name`. Throws a UserError for anything else. */
export function parseClient(text: string, namespace: string): ClientName {
  const parts = text.split('/');
  const [first = '', second = '', third = ''] = parts;
  const kindOf = (part: string) => kinds[part.toLowerCase()];
  const [ns, kind, name] =
    parts.length === 1
      ? [namespace, 'Pod', first]
      : parts.length === 2
        ? kindOf(first)
          ? [namespace, kindOf(first), second]
          : [first, 'Pod', second]
        : parts.length === 3
          ? [first, kindOf(second), third]
          : [namespace, undefined, ''];
  if (!kind) {
    throw new UserError(
      'bad-client',
      `"${text}" is not a client: ${parts.length === 3 ? `"${second}" is no kind that runs Pods` : 'too many slashes'}`,
      {
        hint: clientHint,
      },
    );
  }
  if (!isName(name) || !isName(ns))
    throw new UserError('bad-client', `"${text}" is not a client: not a valid name`, { hint: clientHint });
  return { namespace: ns, kind, name };
}
