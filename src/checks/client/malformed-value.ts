import { addressesIn, announcesHost, normalKey } from '../../k8s/client-references.ts';
import type { Setting } from '../../k8s/client-settings.ts';
import { arrivesAt, type Call } from '../../k8s/leads.ts';
import type { Service } from '../../k8s/objects.ts';
import { editOf, nameOfSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/malformed-value',
  title: 'The client’s address carries something that is no part of it',
  why: 'A variable reaches the app letter by letter: a line break at the end of a ConfigMap value, quotes copied from a shell, or http:// before the host of a database become part of the host name. The variables that Kubernetes injects for Services, such as DB_PORT=tcp://10.96.0.7:5432, are URLs where many apps expect a number.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const { name } = service.metadata;
    const flawed = clientCalls.flatMap((call) => {
      if (!arrivesAt(call, service)) return [];
      const { setting, noPortSetting } = call.reference;
      const flaw = flawIn(call, service);
      const portFlaw = noPortSetting && portFlawIn(noPortSetting);
      return [...(flaw ? [{ setting, ...flaw }] : []), ...(portFlaw ? [{ setting: noPortSetting, ...portFlaw }] : [])];
    });
    const [first] = flawed;
    if (!first) return passed(`nothing stands around the address of ${name} in the client’s settings`);
    return problem({
      certainty: 'likely',
      summary: `The value of ${nameOfSetting(first.setting)} ${first.says}: ${JSON.stringify(first.setting.value)} where ${first.clean} is meant`,
      evidence: allOf(
        flawed.map(({ setting, says }) =>
          evidence(setting.object, setting.path, `${setting.key}=${JSON.stringify(setting.value)} ${says}`),
        ),
      ),
      confirm: [
        confirm(
          kubectl(
            'get',
            first.setting.object.kind.toLowerCase(),
            first.setting.object.metadata.name,
            '-n',
            client.namespace,
            '-o',
            'yaml',
          ),
          `${first.setting.key} with ${JSON.stringify(first.setting.value)}`,
        ),
      ],
      fix: {
        explain: `Make the value of ${nameOfSetting(first.setting)} ${first.clean}, and nothing else.`,
        ...editOf(first.setting, first.clean, client.object),
      },
    });
  },
});

interface Flaw {
  readonly says: string;
  /** The value without it. */
  readonly clean: string;
}

/** What stands in the setting for a port where a number should be: a URL as in the variables of Services, quotes, the host once more. */
function portFlawIn({ value }: Setting): Flaw | undefined {
  const [, before = '', port = ''] = /^(.*?)(\d{1,5})["'`/]*$/.exec(value.trim()) ?? [];
  if (/^[a-z][a-z0-9+.-]*:\/\/\S*:$/i.test(before)) return { says: 'is a URL', clean: port };
  if (/^["'`]$/.test(before)) return { says: 'is in quotes', clean: port };
  return /^[\w.-]*:$/.test(before) ? { says: 'holds more than a port', clean: port } : undefined;
}

/** What stands in a variable beside the address. */
function flawIn({ reference }: Call, { spec }: Service): Flaw | undefined {
  const { setting, scheme, host, port } = reference;
  const { value } = setting;
  if (setting.source === 'file' || setting.source === 'commandLine' || value.length > 200) return undefined;
  const trimmed = value.trim();
  if (!isOneAddress(setting, trimmed)) return undefined;
  const unquoted = /^(["'`])(.*)\1$/.exec(trimmed)?.[2];
  if (unquoted !== undefined) return { says: 'is in quotes', clean: unquoted };
  if (/\n\s*$/.test(value)) return { says: 'ends in a line break', clean: trimmed };
  if (trimmed !== value) return { says: /^\s/.test(value) ? 'begins with a space' : 'ends in a space', clean: trimmed };
  const hostOnly = /(^|_|[A-Z])HOST(_?NAME)?$/.test(normalKey(setting.key));
  if (!hostOnly || !scheme || !/^https?$/.test(scheme)) return undefined;
  return (spec.ports ?? []).some((own) => databasePorts.has(own.port))
    ? { says: `has ${scheme}:// before the host`, clean: port === undefined ? host : `${host}:${port}` }
    : undefined;
}

/** Ports of protocols that are not HTTP. */
const databasePorts = new Set([5432, 3306, 6379, 27017, 5672, 9092, 1433, 1521, 11211, 4222, 2181]);

const isOneAddress = ({ key }: Setting, trimmed: string): boolean =>
  (announcesHost(key) || trimmed.includes('://')) && !/\s/.test(trimmed) && addressesIn(trimmed, key).length === 1;
