import { editsOf, nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'name/malformed',
  title: 'The name of the Service is incomplete or in the wrong order',
  why: 'A full cluster name is service.namespace.svc.domain. Without svc, without the namespace, or in another order it is nobody’s name.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls', 'clusterDomain'],
  evaluate({ service, client, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const right = `${name}.${namespace}.svc.${clusterDomain.searched}`;
    const malformed = clientCalls.filter(({ miss }) => miss?.kind === 'malformed').map(({ reference }) => reference);
    const [first] = malformed;
    if (!first) return passed(`every name the client has for it has the form ${right}, or a short form of it`);
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.setting)} says ${first.host}, which is no cluster name: ${flawOf(first.host, name, namespace)} It is ${right}`,
      evidence: allOf([
        ...malformed.map(({ setting, host }) => {
          const { path, saw } = shownSetting(setting, host);
          return evidence(setting.object, path, saw);
        }),
        evidence(service, 'metadata.name', name),
        evidence(service, 'metadata.namespace', namespace),
      ]),
      confirm: [confirm(kubectl('get', 'service', name, '-n', namespace), `${name}: in full ${right}`)],
      fix: {
        explain: `Write ${name}.${namespace}.svc or ${right} in ${nameOfSetting(first.setting)}.`,
        ...editsOf(
          malformed,
          ({ host }) => ({ host: host.split('.').length > 3 ? right : `${name}.${namespace}.svc` }),
          client.object,
        ),
      },
    });
  },
});

function flawOf(host: string, name: string, namespace: string): string {
  const labels = host.toLowerCase().split('.');
  if (!labels.includes('svc')) return 'svc is missing.';
  if (!labels.includes(namespace)) return `the namespace ${namespace} is missing.`;
  if (labels.indexOf('svc') < labels.indexOf(namespace)) return 'svc stands before the namespace.';
  return labels.indexOf(name) > 0 ? `it must begin with ${name}.` : 'its parts are in the wrong order.';
}
