import { isPlainlyHost } from '../../k8s/client-references.ts';
import { fqdnOf } from '../../k8s/names.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/misspelt',
  title: 'The client misspells the name of the Service',
  why: 'Names in the cluster are matched letter by letter. One that no Service has does not resolve, however near it is.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['clusterDomain'],
  evaluate({ service, client, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const misspelt = clientCalls
      .filter(({ miss, reference }) => miss?.kind === 'misspelt' && isPlainlyHost(reference))
      .map(({ reference }) => reference);
    const [first] = misspelt;
    if (!first) return passed(`no name in the client's settings is a near miss of ${name}`);
    const [written = ''] = first.host.split('.');
    const right = first.host.includes('.') || client.namespace === namespace ? name : `${name}.${namespace}`;
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.setting)} says ${first.host}; no Service is called ${written} there, and the nearest is ${name} in namespace ${namespace}`,
      evidence: allOf([
        ...misspelt.map(({ setting, host }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(
          service,
          'metadata.name',
          `${name}, so its full name is ${fqdnOf(service.metadata, clusterDomain?.searched)}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            written.toLowerCase().replaceAll('_', '-') === name ? name : written,
            '-n',
            namespace,
          ),
          written.toLowerCase().replaceAll('_', '-') === name
            ? `${name}: the name has no underscore`
            : `Error from server (NotFound): services "${written}" not found`,
        ),
      ],
      fix: {
        explain: `Write ${right} in ${nameOfSetting(first.setting)}.`,
        ...editsOf(misspelt, ({ host }) => ({ host: [right, ...host.split('.').slice(1)].join('.') }), client.object),
      },
    });
  },
});
