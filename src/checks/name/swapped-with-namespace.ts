import { fqdnOf } from '../../k8s/names.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/swapped-with-namespace',
  title: 'Service and namespace are swapped in the name',
  why: 'A cluster name is service.namespace, in this order. The other way round it asks for a Service named like the namespace, in a namespace named like the Service.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['clusterDomain'],
  evaluate({ service, client, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const swapped = clientCalls.filter(({ miss }) => miss?.kind === 'swapped').map(({ reference }) => reference);
    const [first] = swapped;
    if (!first) return passed(`the client never says ${namespace}.${name}`);
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.setting)} says ${first.host}, which is Service ${namespace} in namespace ${name}; it must be ${name}.${namespace}`,
      evidence: allOf([
        ...swapped.map(({ setting, host }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(
          service,
          'metadata.name',
          `${name}, so its full name is ${fqdnOf(service.metadata, clusterDomain?.searched)}`,
        ),
        evidence(service, 'metadata.namespace', namespace),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', namespace, '-n', name),
          `Error from server (NotFound): services "${namespace}" not found`,
        ),
      ],
      fix: {
        explain: `Put the Service first in ${nameOfSetting(first.setting)}: ${name}.${namespace}.`,
        ...editsOf(
          swapped,
          ({ host }) => ({ host: [name, namespace, ...host.split('.').slice(2)].join('.') }),
          client.object,
        ),
      },
    });
  },
});
