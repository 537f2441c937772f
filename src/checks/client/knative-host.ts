import { portOf, type Reference } from '../../k8s/client-references.ts';
import type { Setting } from '../../k8s/client-settings.ts';
import { aliasOf } from '../../k8s/external-name.ts';
import { isKnativeGateway, knativeNameOf, knativeRoleOf } from '../../k8s/knative.ts';
import { arrivesAt, type Call } from '../../k8s/leads.ts';
import type { Service } from '../../k8s/objects.ts';
import { editsOf, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/knative-host',
  title: 'Knative does not answer under the name or port that the client calls',
  why: 'A Knative Service is an alias of a shared gateway, which listens on port 80 and routes by the Host header alone. It knows the names service.namespace, service.namespace.svc and the full one; a bare name, an alias of one’s own or the gateway’s name gets 404, and the port of the container is not open there. The private Service of a revision passes the activator by and has no Pods while it is scaled to zero.',
  impact: 'breaks',
  explains: ['dns/external-name-ports', 'dns/external-name-keeps-host'],
  needs: ['service', 'client', 'clientCalls', 'servicesEverywhere'],
  uses: ['clientSettings', 'clusterDomain'],
  evaluate({ service, client, clientCalls, servicesEverywhere, clientSettings = [], clusterDomain }) {
    const domain = clusterDomain?.searched ?? 'cluster.local';
    const behind = aliasOf(service, servicesEverywhere, domain);
    const role = knativeRoleOf(service);
    // An alias that somebody made for a Knative Service is judged as that Service.
    const route = role
      ? service
      : behind.kind === 'service' && knativeRoleOf(behind.service)
        ? behind.service
        : undefined;
    if (!route) return notApplicable('it is no Service of Knative');
    const name = knativeNameOf(route);
    const { namespace = '' } = route.metadata;
    const right = `${name}.${namespace}.svc.${domain}`;
    const misses = clientCalls.flatMap((call): readonly Miss[] => {
      const flaw = flawOf(call, route, service, clientSettings, servicesEverywhere, domain);
      return flaw ? [{ reference: call.reference, flaw }] : [];
    });
    const [first] = misses;
    if (!first) return passed(`the gateway knows ${name}.${namespace}`);
    const { reference, flaw } = first;
    return problem({
      certainty: flaw === 'port' || flaw === 'bare' ? 'certain' : 'likely',
      ...(flaw === 'private' ? { impact: 'degrades' as const } : {}),
      summary: `${sayingsOf(reference)}${sayingOf(first, name, right)}`,
      evidence: allOf([
        ...misses.flatMap(({ reference: { setting, portSetting, host } }) =>
          [setting, ...(portSetting ? [portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        ...[...new Set([service, route])].map((each) =>
          each.spec.externalName
            ? evidence(each, 'spec.externalName', each.spec.externalName)
            : evidence(each, 'metadata.labels', each.metadata.labels ?? {}),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'services.serving.knative.dev', name, '-n', namespace),
          `URL with the host ${right} or a public one`,
        ),
      ],
      fix: {
        explain: `Call http://${right} on port 80, so that this name is the Host header.`,
        ...editsOf(
          misses.map((miss) => miss.reference),
          ({ port }) => ({ host: right, ...(port === undefined || port === 80 ? {} : { port: 80 }) }),
          client.object,
        ),
      },
    });
  },
});

interface Miss {
  readonly reference: Reference;
  /** `port`: not the gateway's. `bare`, `alias`, `gateway`: a Host it does not know. `private`: past the activator. */
  readonly flaw: 'port' | 'bare' | 'alias' | 'gateway' | 'private';
}

function sayingOf({ reference, flaw }: Miss, name: string, right: string): string {
  const { host } = reference;
  switch (flaw) {
    case 'port':
      return `: Knative answers for ${name} on port 80 only (443 with TLS), whatever port its container listens on`;
    case 'bare':
      return `: Knative’s gateway does not know the Host ${host}, only ${right} and its forms with a namespace`;
    case 'alias':
      return `: the Host header stays ${host}, and Knative’s gateway answers 404 to all but ${right}`;
    case 'gateway':
      return `, Knative’s gateway itself: it routes by the Host header, and that must be ${right}`;
    case 'private':
      return ', a revision’s private Service: it passes the activator by and is empty while scaled to zero';
  }
}

function flawOf(
  call: Call,
  route: Service,
  target: Service,
  settings: readonly Setting[],
  services: readonly Service[],
  domain: string,
): Miss['flaw'] | undefined {
  const { reference, lead } = call;
  if (lead.kind !== 'service') return undefined;
  const first = lead.alias ?? lead.service;
  const itself = arrivesAt(call, route) || isSame(first, route);
  if (itself && knativeRoleOf(route) === 'private') return 'private';
  if (itself) {
    const port = portOf(reference);
    if (port !== undefined && port !== 80 && port !== 443) return 'port';
    return reference.host.includes('.') ? undefined : 'bare';
  }
  if (speaksOfHost(settings, route)) return undefined;
  if (lead.alias) {
    const next = aliasOf(lead.alias, services, domain);
    return next.kind === 'service' && isSame(next.service, route) ? 'alias' : undefined;
  }
  return isSame(target, route) && isKnativeGateway(lead.service) ? 'gateway' : undefined;
}

const isSame = (a: Service, b: Service): boolean =>
  a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;

/** A client that is told the right name somewhere sets it as Host by itself. */
const speaksOfHost = (settings: readonly Setting[], route: Service): boolean =>
  settings.some(({ value }) => value.includes(`${knativeNameOf(route)}.${route.metadata.namespace}`));
