import { endpointsIn, isReadyEndpoint, serviceNameLabel } from '../../k8s/endpoints.ts';
import { arrivesAt, kinCalled } from '../../k8s/leads.ts';
import type { Service } from '../../k8s/objects.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/another-service-is-idle',
  title: 'The client calls another Service, behind which nothing runs',
  why: 'A Service of the same name in another namespace, or one left over from an earlier version, is a name that resolves: nothing says that nobody is behind it but the calls that are refused.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls', 'slicesOfKin'],
  evaluate({ service, client, clientCalls, slicesOfKin }) {
    const { name, namespace = '' } = service.metadata;
    if (clientCalls.some((call) => arrivesAt(call, service))) return passed(`the client calls ${name} itself`);
    const slicesOf = ({ metadata }: Service) =>
      slicesOfKin.filter(
        (slice) =>
          slice.metadata.labels?.[serviceNameLabel] === metadata.name &&
          slice.metadata.namespace === metadata.namespace,
      );
    const idle = clientCalls.flatMap((call) => {
      const other = kinCalled(call, service, client.namespace);
      const slices = other ? slicesOf(other) : [];
      const [slice] = slices;
      return other && slice && !endpointsIn(slices).some(({ endpoint }) => isReadyEndpoint(endpoint))
        ? [{ reference: call.reference, other, slice }]
        : [];
    });
    const [first] = idle;
    if (!first) return passed(`the client calls no idle Service in place of ${name}`);
    const { reference, other, slice } = first;
    const right = client.namespace === namespace ? name : `${name}.${namespace}`;
    return problem({
      certainty: 'likely',
      summary: `${nameOfSetting(reference.setting)} says ${reference.host}, and Service ${other.metadata.name} of namespace ${other.metadata.namespace} has no ready endpoint; nothing in the client’s settings calls ${name} of ${namespace}`,
      evidence: allOf([
        ...idle.slice(0, 4).map(({ reference: { setting, host } }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(
          slice,
          'endpoints',
          endpointsIn([slice]).length > 0 ? `${endpointsIn([slice]).length} addresses, none ready` : 'none',
        ),
        evidence(service, 'metadata.namespace', namespace),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'endpointslices',
            '-n',
            other.metadata.namespace ?? '',
            '-l',
            `${serviceNameLabel}=${other.metadata.name}`,
          ),
          'no ready address',
        ),
      ],
      fix: {
        explain: `Write ${right} in ${nameOfSetting(reference.setting)} if that Service is meant; or start what is behind ${other.metadata.name} of ${other.metadata.namespace}.`,
        ...editsOf(
          idle.map((each) => each.reference),
          () => ({ host: right }),
          client.object,
        ),
      },
    });
  },
});
