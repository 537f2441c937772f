import { portOf } from '../../k8s/client-references.ts';
import { isExternalName, isHeadless } from '../../k8s/endpoints.ts';
import { aliasOf } from '../../k8s/external-name.ts';
import { targetPortOf } from '../../k8s/ports.ts';
import { namesUsed } from '../../snapshot/asked-servers.ts';
import { domainOf } from '../../snapshot/lookups.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'dns/external-name-ports',
  title: 'An ExternalName Service maps no ports',
  why: 'An ExternalName is nothing but a CNAME record. The client connects to the target with the port it was told; the ports of the Service, and their targetPort, are ignored.',
  impact: 'breaks',
  needs: ['service', 'servicesEverywhere'],
  uses: ['clusterDns', 'client', 'clientConfigMaps', 'resolvConfs'],
  evaluate({ service, servicesEverywhere, clusterDns, client, clientConfigMaps, resolvConfs }) {
    if (!isExternalName(service)) return notApplicable('the Service is no ExternalName');
    const domain = clusterDns ? domainOf(clusterDns, resolvConfs) : 'cluster.local';
    const alias = aliasOf(service, servicesEverywhere, domain);
    const { name, namespace = '' } = service.metadata;
    const target = service.spec.externalName ?? '';
    const used = client ? namesUsed(client, clientConfigMaps, service, domain) : [];
    const calls = used.flatMap(({ reference }) => {
      const port = portOf(reference);
      return port === undefined ? [] : [{ port, reference }];
    });
    const behind = alias.kind === 'service' && !isExternalName(alias.service) ? alias.service : undefined;
    const open = behind
      ? (behind.spec.ports ?? []).map((port) => {
          const reached = targetPortOf(port);
          return isHeadless(behind) && typeof reached === 'number' ? reached : port.port;
        })
      : undefined;
    if (behind && isHeadless(behind) && open?.length === 0) return passed(`${target} is headless and names no ports`);
    const call = calls.find(({ port }) => (open ? !open.includes(port) : mapped(port)));
    const declared =
      calls.length > 0
        ? undefined
        : (service.spec.ports ?? []).find(({ port }) => (open ? !open.includes(port) : mapped(port)));
    const port = call?.port ?? declared?.port;
    if (port === undefined) return passed('an alias maps no ports, and none needs mapping');
    const right =
      open?.[0] ?? (service.spec.ports ?? []).map(targetPortOf).find((candidate) => typeof candidate === 'number');
    const setting = call?.reference.portSetting ?? call?.reference.setting;
    return problem({
      certainty: call && open ? 'certain' : 'likely',
      summary: open
        ? `${name} is an alias of ${target} and maps no ports: ${call ? 'the client connects' : 'a client connects'} to ${port}, but ${behind?.metadata.name ?? ''} listens on ${open.join(', ')}`
        : `${name} is an alias of ${target} and maps no ports: port ${port} reaches port ${port} there, not targetPort ${right ?? ''}`,
      evidence: allOf([
        evidence(service, 'spec.externalName', target),
        evidence(
          service,
          'spec.ports',
          (service.spec.ports ?? []).map((one) => `${one.port} → targetPort ${targetPortOf(one)}`).join(', ') || 'none',
        ),
        ...(behind ? [evidence(behind, 'spec.ports', open?.join(', '))] : []),
        ...(setting
          ? [
              evidence(
                setting.object,
                setting.path,
                setting.source === 'file'
                  ? `${call?.reference.host}:${port}`
                  : setting.value.length < 120 && !setting.value.includes('@')
                    ? setting.value
                    : `${call?.reference.host}:${port}`,
              ),
            ]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'get',
            'service',
            name,
            '-n',
            namespace,
            '-o',
            'jsonpath={.spec.type} {.spec.externalName} {.spec.ports}',
          ),
          `ExternalName ${target}`,
        ),
      ],
      fix: {
        explain: behind
          ? `Let the client use port ${right} of ${name}${behind.metadata.namespace === namespace ? '' : `, or call ${target} directly`}; to map ports, a Service with a selector or an EndpointSlice is needed.`
          : `Let the client use port ${right}, or make ${name} a Service without a selector whose EndpointSlice holds the address of ${target} and port ${right}.`,
        commands: [kubectl('get', 'service', name, '-n', namespace, '-o', 'yaml')],
      },
    });

    /** Outside the cluster only a mapping that somebody wrote down shows what was meant. */
    function mapped(port: number): boolean {
      return (service.spec.ports ?? []).some(
        (one) => one.port === port && typeof targetPortOf(one) === 'number' && targetPortOf(one) !== port,
      );
    }
  },
});
