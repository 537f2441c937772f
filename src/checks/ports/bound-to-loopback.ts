import { ownersOf } from '../../k8s/pod-groups.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/bound-to-loopback',
  title: 'The process listens on localhost only',
  why: 'A process bound to 127.0.0.1 or ::1 takes connections from its own Pod alone. From elsewhere the Pod refuses them. A kubectl port-forward dials that very address, so it works and proves nothing.',
  impact: 'breaks',
  needs: ['service', 'pods', 'slices'],
  uses: ['listeners', 'connects', 'execs', 'workloads'],
  evaluate({ service, pods, slices, listeners, connects, execs, workloads = [] }) {
    const known = receptionsOf(service, slices, pods, { listeners, connects, execs }).filter(
      ({ reception }) => reception !== undefined,
    );
    if (known.length === 0) return notApplicable('not probed: nobody looked at which addresses the Pods listen on');
    const bound = known.flatMap((each) =>
      each.reception?.state === 'loopback' ? [{ ...each, socket: each.reception.socket }] : [],
    );
    const [first] = bound;
    if (!first) return passed('no process is bound to localhost alone');
    const { namespace = '' } = service.metadata;
    const at = `${first.socket.address}:${first.port}`;
    const of =
      ownersOf(
        bound.flatMap(({ pod }) => (pod ? [pod] : [])),
        workloads,
      ) || first.address;
    return problem({
      certainty: 'certain',
      impact: bound.length < known.length ? 'degrades' : 'breaks',
      summary: `The process in ${bound.length < known.length && first.pod ? `Pod ${first.pod.metadata.name}${bound.length > 1 ? ` and ${bound.length - 1} more` : ''}` : of} listens on ${at} only: from outside its Pod, ${first.address}:${first.port} refuses every connection`,
      evidence: allOf([
        ...bound
          .slice(0, 4)
          .map((each) =>
            evidence(
              each.pod ?? each.listed.slice,
              'listening sockets',
              `${each.socket.address}:${each.port}/${each.protocol}, not 0.0.0.0 and not ${each.address}`,
            ),
          ),
        evidence(
          service,
          `spec.ports[${(service.spec.ports ?? []).indexOf(first.servicePort)}]`,
          `${formatServicePort(first.servicePort)} → ${first.port}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            namespace,
            first.pod?.metadata.name ?? '',
            '--',
            'sh',
            '-c',
            'ss -lnt 2>/dev/null || netstat -lnt',
          ),
          `${at}, where 0.0.0.0:${first.port} or *:${first.port} should stand`,
        ),
      ],
      fix: {
        explain: `Bind 0.0.0.0:${first.port} (or [::]:${first.port}, for IPv6 too) instead of ${first.socket.address}: by the application's setting for its host or bind address, often HOST, BIND, LISTEN_ADDRESS or --host=0.0.0.0. Then roll out ${of}.`,
      },
    });
  },
});
