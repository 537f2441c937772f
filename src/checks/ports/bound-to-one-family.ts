import { ownersOf } from '../../k8s/pod-groups.ts';
import { familyOf } from '../../k8s/pods.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { receptionsOf } from '../../k8s/reception.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/bound-to-one-family',
  title: 'The process listens on the other IP family only',
  why: 'A process bound to 0.0.0.0 takes IPv4 alone; one bound to :: takes both, unless it asks for IPv6 only. A Service of the other family, or of both, sends connections that are refused.',
  impact: 'breaks',
  needs: ['service', 'pods', 'slices'],
  uses: ['listeners', 'connects', 'execs', 'workloads'],
  evaluate({ service, pods, slices, listeners, connects, execs, workloads = [] }) {
    const known = receptionsOf(service, slices, pods, { listeners, connects, execs }).filter(
      ({ reception }) => reception !== undefined,
    );
    if (known.length === 0) return notApplicable('not probed: nobody looked at which addresses the Pods listen on');
    const deaf = known.flatMap((each) =>
      each.reception?.state === 'family' ? [{ ...each, socket: each.reception.socket }] : [],
    );
    const [first] = deaf;
    if (!first) return passed('the processes listen in the families of their endpoints');
    const family = familyOf(first.address);
    const of =
      ownersOf(
        deaf.flatMap(({ pod }) => (pod ? [pod] : [])),
        workloads,
      ) || first.address;
    const { ipFamilies = [], ipFamilyPolicy } = service.spec;
    return problem({
      certainty: 'certain',
      impact: deaf.length < known.length ? 'degrades' : 'breaks',
      summary: `The process in ${of} listens on ${first.socket.address}:${first.port}, which takes no ${family}: over ${family}, ${first.address} port ${first.port} refuses every connection`,
      evidence: allOf([
        ...deaf
          .slice(0, 4)
          .map((each) =>
            evidence(
              each.pod ?? each.listed.slice,
              'listening sockets',
              `${each.socket.address}:${each.port}/${each.protocol}, for ${each.address}`,
            ),
          ),
        evidence(service, 'spec.ipFamilies', `${ipFamilies.join(', ')}${ipFamilyPolicy ? ` (${ipFamilyPolicy})` : ''}`),
        evidence(first.listed.slice, 'addressType', `${first.listed.slice.addressType}: ${first.address}`),
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
            service.metadata.namespace ?? '',
            first.pod?.metadata.name ?? '',
            '--',
            'sh',
            '-c',
            'ss -lnt 2>/dev/null || netstat -lnt',
          ),
          `${first.socket.address}:${first.port}, and nothing for ${family}`,
        ),
      ],
      fix: {
        explain:
          family === 'IPv6'
            ? `Bind [::]:${first.port} in ${of}, which takes IPv4 too; or limit the Service to ipFamilies [IPv4], where the cluster has it.`
            : `Bind 0.0.0.0:${first.port} too, or [::]:${first.port} without the IPv6-only option, in ${of}; or limit the Service to ipFamilies [IPv6].`,
      },
    });
  },
});
