import type { Reference } from '../../k8s/client-references.ts';
import { arrivesAt } from '../../k8s/leads.ts';
import type { Service } from '../../k8s/objects.ts';
import { exceptionsIn, isExcepted, proxyFor, proxySettingsIn, type ProxySettings } from '../../k8s/proxies.ts';
import { editOf, formatAddress, shownSetting } from '../../k8s/setting-edits.ts';
import type { Setting } from '../../k8s/client-settings.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/proxy',
  title: 'The client sends its requests to a proxy instead of the Service',
  why: 'HTTP clients that find HTTP_PROXY or HTTPS_PROXY in their environment send every request there unless NO_PROXY names the host. A proxy outside the cluster knows no cluster names.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientSettings', 'clientCalls', 'clusterDomain'],
  evaluate({ service, client, clientSettings, clientCalls, clusterDomain }) {
    const { name, namespace = '' } = service.metadata;
    const proxied = proxySettingsIn(clientSettings);
    if (proxied.length === 0) return notApplicable('the client’s environment names no proxy');
    const arriving = clientCalls.filter((call) => arrivesAt(call, service)).map(({ reference }) => reference);
    if (arriving.some(({ setting }) => /^(https?|all)_proxy$/i.test(setting.key)))
      return notApplicable('the Service is the proxy');
    const forms = [
      ...(client.namespace === namespace ? [name] : []),
      `${name}.${namespace}`,
      `${name}.${namespace}.svc`,
      `${name}.${namespace}.svc.${clusterDomain.searched}`,
    ];
    const called = proxied.flatMap((settings) => divertedBy(settings, service, arriving, forms));
    const [first] = called;
    if (!first) return passed(`NO_PROXY excepts ${name}`);
    const { settings, proxy, reference, host } = first;
    const exceptions = exceptionsIn(settings);
    const [noProxy] = settings.exceptions;
    const told = reference ? ` for ${formatAddress(reference)}` : '';
    return problem({
      certainty: reference ? 'likely' : 'possible',
      // Without an address in its settings nobody knows whether the client speaks HTTP to the Service at all.
      ...(reference ? {} : { impact: 'risks' as const }),
      summary: `${proxy.key} sends the client’s requests${told} to a proxy, and ${noProxy ? `${noProxy.key} does not except ${host}` : `no NO_PROXY excepts ${host}`}`,
      evidence: allOf([
        shownAs(proxy),
        ...(reference ? [shownAs(reference.setting)] : []),
        noProxy ? shownAs(noProxy) : evidence(client.object, `env of ${settings.container}`, 'NO_PROXY is not set'),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            client.namespace,
            `${client.object.kind.toLowerCase()}/${client.object.metadata.name}`,
            '-c',
            settings.container,
            '--',
            'env',
          ),
          `${proxy.key} set, and ${noProxy ? `${noProxy.key} without ${host}` : 'no NO_PROXY'}`,
        ),
      ],
      fix: {
        explain: `Except cluster names in NO_PROXY: ${name} and .svc,.${clusterDomain.searched}; bare names are not covered by .svc, and CIDRs only count for addresses.`,
        ...excepting(
          [
            ...exceptions,
            ...(host.includes('.') ? [] : [host]),
            `${name}.${namespace}`,
            '.svc',
            `.${clusterDomain.searched}`,
          ],
          noProxy,
          first.settings.container,
          client.object,
        ),
      },
    });
  },
});

const shownAs = (setting: Setting) => {
  const { path, saw } = shownSetting(setting);
  return evidence(setting.object, path, saw);
};

interface Diverted {
  readonly settings: ProxySettings;
  readonly proxy: Setting;
  readonly host: string;
  readonly reference?: Reference;
}

const speaksHttp = ({ spec }: Service): boolean =>
  (spec.ports ?? []).some(
    ({ name = '', port, appProtocol = '' }) =>
      /^(http|web|api|rest)/.test(`${name}${appProtocol}`) || [80, 443, 8080, 8000].includes(port),
  );

/** Ports of protocols that no HTTP proxy takes. */
const otherProtocols = new Set([53, 1433, 1521, 2181, 3306, 4222, 5432, 5672, 6379, 9092, 11211, 27017]);

const maySpeakHttp = (service: Service): boolean =>
  speaksHttp(service) || !(service.spec.ports ?? []).some(({ port }) => otherProtocols.has(port));

/** Requests that a proxy takes: those the settings name, or, where they name none, every form of the Service's name. */
function divertedBy(
  settings: ProxySettings,
  service: Service,
  arriving: readonly Reference[],
  forms: readonly string[],
): readonly Diverted[] {
  const entries = exceptionsIn(settings);
  const own = arriving.filter(
    ({ setting, scheme }) =>
      setting.container === settings.container && (scheme === undefined || /^https?$/.test(scheme)),
  );
  const known = own.flatMap((reference): readonly Diverted[] => {
    const proxy =
      reference.scheme === undefined && !speaksHttp(service) ? undefined : proxyFor(settings, reference.scheme);
    return proxy && !isExcepted(reference.host, entries) ? [{ settings, proxy, reference, host: reference.host }] : [];
  });
  if (own.length > 0) return known;
  const proxy = proxyFor(settings, undefined);
  const [host = ''] = forms;
  return proxy && arriving.length === 0 && maySpeakHttp(service) && !forms.some((form) => isExcepted(form, entries))
    ? [{ settings, proxy, host }]
    : [];
}

/** NO_PROXY with more entries; where there is none, the variable is added. */
function excepting(
  entries: readonly string[],
  noProxy: Setting | undefined,
  container: string,
  client: Setting['object'],
) {
  const value = [...new Set(entries)].join(',');
  if (noProxy) return editOf(noProxy, value, client);
  if (!client.apiVersion.startsWith('apps/')) return {};
  return editOf(
    {
      key: 'NO_PROXY',
      value: '',
      written: '',
      container,
      source: 'env',
      object: client,
      path: 'spec.template.spec.containers[0].env',
    },
    value,
    client,
  );
}
