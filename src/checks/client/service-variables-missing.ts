import { literally } from '../../k8s/literally.ts';
import { unexpandedIn, type Setting } from '../../k8s/client-settings.ts';
import type { Pod, Service } from '../../k8s/objects.ts';
import { isHeadless } from '../../k8s/endpoints.ts';
import { containerStatusesOf } from '../../k8s/pods.ts';
import { hasServiceLinks, linkPrefixOf } from '../../k8s/service-links.ts';
import { nameOfSetting, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/service-variables-missing',
  title: 'The client relies on Service variables that it was never given',
  why: 'Variables such as DB_SERVICE_HOST are written into a container when it starts: only for Services of its own namespace that have an address and exist already, and only while enableServiceLinks is not false.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientSettings'],
  evaluate({ service, client, clientSettings }) {
    const { name, namespace = '' } = service.metadata;
    const prefix = linkPrefixOf(service);
    const injected = new RegExp(
      `(?<!\\w)${literally(prefix)}_(SERVICE_HOST|SERVICE_PORT\\w*|PORT_\\d+_(TCP|UDP)\\w*|PORT)(?!\\w)`,
    );
    const defined = new Set(clientSettings.map(({ key }) => key));
    const relying = clientSettings.flatMap((setting) => {
      const variable = injected.exec(setting.written)?.[0];
      const refers = variable !== undefined && new RegExp(`\\$[({]?${literally(variable)}`).test(setting.written);
      return variable !== undefined && refers && !defined.has(variable) ? [{ setting, variable }] : [];
    });
    const [first] = relying;
    if (!first) return passed(`no setting of the client refers to ${prefix}_SERVICE_HOST and its like`);
    const missing = reasonMissing(service, client.namespace, client.spec.enableServiceLinks, client.pods);
    if (missing === undefined) return passed(`${first.variable} is injected into the client`);
    const right = client.namespace === namespace ? name : `${name}.${namespace}`;
    return problem({
      certainty: 'certain',
      summary: `${nameOfSetting(first.setting)} uses ${first.variable}, which the client does not have: ${missing.says}`,
      evidence: allOf([
        ...relying.map(({ setting }) => {
          const { path } = shownSetting(setting);
          return evidence(setting.object, path, written(setting));
        }),
        evidence(
          missing.pod ?? (missing.path.startsWith('spec.template') ? client.object : service),
          missing.path,
          missing.saw,
        ),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            client.namespace,
            `${client.object.kind.toLowerCase()}/${client.object.metadata.name}`,
            '--',
            'env',
          ),
          `no ${first.variable} in the list`,
        ),
      ],
      fix: missing.late
        ? {
            explain: `Restart the client, so that it starts after Service ${name}; better, use the name ${right}, which needs no order.`,
            commands: [
              kubectl(
                'rollout',
                'restart',
                `${client.object.kind.toLowerCase()}/${client.object.metadata.name}`,
                '-n',
                client.namespace,
              ),
            ],
          }
        : {
            explain: `Use the name ${right} in ${nameOfSetting(first.setting)} instead of ${first.variable}.`,
            commands: [
              kubectl('edit', client.object.kind.toLowerCase(), client.object.metadata.name, '-n', client.namespace),
            ],
          },
    });
  },
});

const written = (setting: Setting): string =>
  `${setting.key === '' ? '' : `${setting.key}=`}${setting.written.slice(0, 160)}${unexpandedIn(setting.value).length > 0 ? ', which stays as it is' : ''}`;

interface Missing {
  readonly says: string;
  readonly path: string;
  readonly saw: string;
  readonly pod?: Pod;
  readonly late?: boolean;
}

function reasonMissing(
  service: Service,
  namespace: string,
  enableServiceLinks: boolean | undefined,
  pods: readonly Pod[],
): Missing | undefined {
  const { metadata, spec } = service;
  if (metadata.namespace !== namespace)
    return {
      says: `the Service is in namespace ${metadata.namespace}, the client in ${namespace}`,
      path: 'metadata.namespace',
      saw: metadata.namespace ?? '',
    };
  if (isHeadless(service) || spec.type === 'ExternalName')
    return {
      says: `Service ${metadata.name} has no address of its own to inject`,
      path: 'spec.clusterIP',
      saw: spec.clusterIP ?? 'none',
    };
  if (!hasServiceLinks({ containers: [], ...(enableServiceLinks === undefined ? {} : { enableServiceLinks }) }))
    return { says: 'enableServiceLinks is false', path: 'spec.template.spec.enableServiceLinks', saw: 'false' };
  const created = Date.parse(metadata.creationTimestamp ?? '');
  const early = pods.filter((pod) => Date.parse(lastStartOf(pod) ?? '') < created);
  const [pod] = early;
  if (!pod || early.length < pods.length) return undefined;
  return {
    says: `it started at ${lastStartOf(pod)}, before Service ${metadata.name} was created at ${metadata.creationTimestamp}`,
    path: 'status.containerStatuses.state.running.startedAt',
    saw: lastStartOf(pod) ?? '',
    pod,
    late: true,
  };
}

/** When its youngest container started: variables are written anew at each start. */
const lastStartOf = (pod: Pod): string | undefined =>
  containerStatusesOf(pod)
    .flatMap(({ state }) => state?.running?.startedAt ?? [])
    .sort()
    .at(-1) ??
  pod.status?.startTime ??
  pod.metadata.creationTimestamp;
