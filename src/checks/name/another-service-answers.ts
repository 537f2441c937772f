import { arrivesAt } from '../../k8s/leads.ts';
import { fqdnOf } from '../../k8s/names.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/another-service-answers',
  title: 'A Service of the same name in the client’s namespace answers instead',
  why: 'A bare name is completed with the namespace of the Pod that asks, and that comes first. Where a Service of that name exists there, the client talks to it and never to the one of the other namespace.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['clusterDomain'],
  evaluate({ service, client, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;

    const diverted = clientCalls.flatMap(({ reference, lead }) => {
      const host = reference.host.toLowerCase();
      const aliased =
        'alias' in lead && lead.alias?.metadata.namespace === namespace && lead.alias.metadata.name === name;
      const bare =
        lead.kind === 'service' && host === name && lead.service.metadata.namespace !== namespace && !aliased;
      const pod =
        lead.kind === 'endpoint' && host === `${name}.${namespace}` && lead.service.metadata.name === namespace;
      return (bare || pod) && 'service' in lead ? [{ reference, other: lead.service, pod }] : [];
    });
    const [first] = diverted;
    if (!first) return passed(`no Service ${name} of ${client.namespace} takes its place`);
    if (clientCalls.some((call) => arrivesAt(call, service)))
      return passed(`the client calls both ${name} of ${client.namespace} and ${name}.${namespace}`);
    const { externalName } = first.other.spec;
    const right = first.pod ? fqdnOf(service.metadata, clusterDomain?.searched) : `${name}.${namespace}`;
    const instead = first.pod
      ? `Service ${namespace} of ${first.other.metadata.namespace} has a Pod called ${name}, which comes first`
      : `${first.other.metadata.namespace} has a Service ${name} of its own${externalName ? ` (an alias of ${externalName})` : ''}`;
    return problem({
      certainty: 'likely',
      summary: `${nameOfSetting(first.reference.setting)} says ${first.reference.host}, and ${instead}: the client never reaches Service ${name} in namespace ${namespace}`,
      evidence: allOf([
        ...diverted.map(({ reference: { setting, host } }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(
          first.other,
          externalName ? 'spec.externalName' : 'metadata.namespace',
          externalName ?? first.other.metadata.namespace,
        ),
        evidence(service, 'metadata.namespace', namespace),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', first.other.metadata.name, '-n', first.other.metadata.namespace ?? ''),
          `${first.other.metadata.name}: this one answers first`,
        ),
      ],
      fix: {
        explain: `Call ${right} if that Service is meant.`,
        ...editsOf(
          diverted.map(({ reference }) => reference),
          () => ({ host: right }),
          client.object,
        ),
      },
    });
  },
});
