import { fqdnOf } from '../../k8s/names.ts';
import { underNamespace } from '../../k8s/leads.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/short-name-from-another-namespace',
  title: 'The client uses the bare Service name from another namespace',
  why: 'A name without a dot is completed with the namespace of the Pod that asks. From another namespace the Service must be called with its own namespace: service.namespace.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['clusterDomain'],
  evaluate({ service, client, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    if (client.namespace === namespace) return notApplicable('the client runs in the namespace of the Service');
    const bare = clientCalls.filter(({ miss }) => miss?.kind === 'short-name').map(({ reference }) => reference);
    const [first] = bare;
    if (!first)
      return passed(
        `the client names ${name} nowhere without its namespace; from ${client.namespace} it is ${name}.${namespace}`,
      );
    const right = underNamespace(first.host, service);
    const asked = `${first.host}.${client.namespace}.svc.${clusterDomain?.searched ?? 'cluster.local'}`;
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.setting)} in namespace ${client.namespace} says ${first.host}, but the Service is in namespace ${namespace}: from there it is ${right}`,
      evidence: allOf([
        ...bare.map(({ setting, host }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, `${saw}, which means ${asked}`);
        }),
        evidence(
          service,
          'metadata.namespace',
          `${namespace}, so its full name is ${fqdnOf(service.metadata, clusterDomain?.searched)}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', client.namespace),
          `Error from server (NotFound): services "${name}" not found, since it is in ${namespace}`,
        ),
      ],
      fix: {
        explain: `Call ${right} in ${nameOfSetting(first.setting)}; that name works from every namespace.`,
        ...editsOf(bare, ({ host }) => ({ host: underNamespace(host, service) }), client.object),
      },
    });
  },
});
