import { addressesIn, announcesHost } from '../../k8s/client-references.ts';
import { unexpandedIn, type Setting } from '../../k8s/client-settings.ts';
import { speaksOf } from '../../k8s/leads.ts';
import { linkPrefixOf } from '../../k8s/service-links.ts';
import { nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import type { Service } from '../../k8s/objects.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/unexpanded-variable',
  title: 'A variable in the client’s address is not filled in',
  why: 'Kubernetes replaces $(NAME) by a variable that is defined before it in the same container. Where there is none, the text stays as it is, dollar sign and all, and no host is called so.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientSettings'],
  evaluate({ service, client, clientSettings }) {
    const secret = (client.spec.containers ?? []).some(({ envFrom }) => envFrom?.some(({ secretRef }) => secretRef));
    const left = clientSettings
      .filter(({ source }) => source === 'env' || source === 'argument')
      .flatMap((setting) =>
        unexpandedIn(setting.value)
          .filter(
            (variable) => !variable.startsWith(`${linkPrefixOf(service)}_`) && concerns(setting, variable, service),
          )
          .map((variable) => ({ setting, variable })),
      );
    const [first] = left;
    if (!first) return passed('every $(NAME) in the client’s addresses is filled in');
    const { setting, variable } = first;
    const later = clientSettings.find(
      ({ key, container, source }) => key === variable && container === setting.container && source === 'env',
    );
    const why = later
      ? `${variable} is defined only after it`
      : `no variable ${variable} is defined in container ${setting.container}`;
    return problem({
      certainty: secret && !later ? 'possible' : 'certain',
      summary: `${nameOfSetting(setting)} keeps $(${variable}) as it stands, for ${why}: no such host exists`,
      evidence: allOf([
        ...left.map(({ setting: each }) => {
          const { path, saw } = shownSetting(each);
          return evidence(each.object, path, saw);
        }),
        ...(later ? [evidence(later.object, later.path, `${variable}, defined after ${setting.key}`)] : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            client.namespace,
            `${client.object.kind.toLowerCase()}/${client.object.metadata.name}`,
            '-c',
            setting.container,
            '--',
            'env',
          ),
          `${setting.key} with $(${variable}) in it`,
        ),
      ],
      fix: {
        explain: later
          ? `Move ${variable} above ${nameOfSetting(setting)} in the env list of container ${setting.container}.`
          : `Define ${variable} before ${nameOfSetting(setting)}, or write ${service.metadata.name} there.`,
        commands: [
          kubectl('edit', client.object.kind.toLowerCase(), client.object.metadata.name, '-n', client.namespace),
        ],
      },
    });
  },
});

/** Whether the setting holds an address, and one that this Service is meant by. */
function concerns(setting: Setting, variable: string, service: Service): boolean {
  if (!announcesHost(setting.key) && !setting.value.includes('://')) return false;
  const named = { ...setting, key: `${setting.key}_${variable}` };
  const filled = addressesIn(setting.value.replaceAll(/\$\([^)]*\)/g, 'x'), setting.key);
  return (
    setting.value.includes(service.metadata.name) ||
    [{ host: '' }, ...filled].some((address) => speaksOf({ ...address, setting: named }, service))
  );
}
