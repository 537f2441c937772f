import { underNamespace } from '../../k8s/leads.ts';
import { isNamespaceMissing } from '../../k8s/namespaces.ts';
import { fqdnOf } from '../../k8s/names.ts';
import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/wrong-namespace',
  title: 'The client looks for the Service in the wrong namespace',
  why: 'The second part of a cluster name is the namespace of the Service. A namespace that does not hold the Service, or does not exist, makes the whole name unknown.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  uses: ['namespaces', 'clusterDomain'],
  evaluate({ service, client, clientCalls, namespaces, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const wrong = clientCalls.flatMap(({ reference, miss }) =>
      miss?.kind === 'wrong-namespace' ? [{ reference, asked: miss.namespace }] : [],
    );
    const [first] = wrong;
    if (!first) return passed(`the client names no other namespace for ${name} than ${namespace}`);
    const fault = isNamespaceMissing(first.asked, namespaces)
      ? `there is no namespace ${first.asked}`
      : `namespace ${first.asked} has no Service ${name}`;
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.reference.setting)} looks for ${name} in ${first.asked}, but ${fault}; the Service is in namespace ${namespace}`,
      evidence: allOf([
        ...wrong.map(({ reference: { setting, host } }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(
          service,
          'metadata.namespace',
          `${namespace}, so its full name is ${fqdnOf(service.metadata, clusterDomain?.searched)}`,
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', first.asked),
          `Error from server (NotFound): services "${name}" not found`,
        ),
      ],
      fix: {
        explain: `Name the namespace ${namespace} in ${nameOfSetting(first.reference.setting)}: ${name}.${namespace}.`,
        ...editsOf(
          wrong.map(({ reference }) => reference),
          ({ host }) => ({ host: underNamespace(host, service) }),
          client.object,
        ),
      },
    });
  },
});
