import { named } from '../../k8s/named.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'service/being-deleted',
  title: 'The Service is being deleted',
  why: 'A Service with a deletionTimestamp waits only for its finalizers. It may still work, but it is gone the moment the last one is removed, and it cannot be kept.',
  impact: 'degrades',
  explains: ['dataplane/load-balancer-pending'],
  needs: ['service'],
  uses: ['namespaces'],
  evaluate({ service, namespaces = [] }) {
    const { name, namespace = '', deletionTimestamp, finalizers = [] } = service.metadata;
    const home = named(namespaces, namespace);
    const goes = home?.metadata.deletionTimestamp !== undefined || home?.status?.phase === 'Terminating';
    if (!deletionTimestamp && !goes) return passed('it is not being deleted');
    const list = finalizers.join(', ');
    return problem({
      certainty: 'certain',
      summary: deletionTimestamp
        ? `${name} is being deleted since ${deletionTimestamp}${list ? ` and waits for the finalizer ${list}` : ''}`
        : `Namespace ${namespace} is being terminated, and ${name} goes with it`,
      evidence: allOf([
        ...(deletionTimestamp
          ? [
              evidence(service, 'metadata.deletionTimestamp', deletionTimestamp),
              evidence(service, 'metadata.finalizers', list || 'none'),
            ]
          : []),
        ...(goes && home ? [evidence(home, 'status.phase', home.status?.phase ?? 'Terminating')] : []),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.metadata.deletionTimestamp}'),
          deletionTimestamp ?? 'a time, soon',
        ),
      ],
      fix: {
        explain: goes
          ? 'Deploy into a namespace that stays; nothing can be created in one that is being terminated.'
          : list.includes('load-balancer-cleanup')
            ? 'The cloud controller removes the load balancer first: see its events if it does not. Then create the Service anew.'
            : 'Let the owner of the finalizer finish, then create the Service anew.',
      },
    });
  },
});
