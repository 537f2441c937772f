import { callbacksOf } from '../../k8s/api-callbacks.ts';
import { formatServicePorts } from '../../k8s/backend-ports.ts';
import { isExternalName } from '../../k8s/endpoints.ts';
import { pointerTo } from '../../k8s/field-paths.ts';
import { refTo, refArgs } from '../../k8s/references.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/api-server-port',
  title: 'The API server calls a port that the Service does not have',
  why: 'Webhooks and aggregated APIs name a Service and one of its ports, 443 where they name none. The API server then asks the Service for that port, never the Pods: a container port, or a Service on another number, ends in “no service port found”.',
  impact: 'breaks',
  needs: ['service'],
  uses: ['apiCallbacks'],
  evaluate({ service, apiCallbacks = [] }) {
    const { name, namespace = '' } = service.metadata;
    const calls = apiCallbacks
      .flatMap(callbacksOf)
      .filter((call) => call.name === name && call.namespace === namespace);
    const [any] = calls;
    if (!any) return notApplicable('no webhook and no aggregated API is known to call it');
    if (isExternalName(service)) return notApplicable('an ExternalName Service has no ports of its own');
    const ports = service.spec.ports ?? [];
    const lost = calls.filter(({ port }) => !ports.some((own) => own.port === port));
    const [first] = lost.toSorted((a, b) => Number(b.blocks) - Number(a.blocks));
    if (!first) return passed(`the API server calls port ${any.port}, which it has`);
    const ref = refTo(first.object);
    const [only] = ports.length === 1 ? ports : [];
    const how = first.written ? '' : ', the default where none is written';
    return problem({
      certainty: 'certain',
      ...(first.blocks ? {} : { impact: 'degrades' as const }),
      summary: `${first.object.kind} ${first.object.metadata.name} (${first.what}) calls port ${first.port} of ${name}${how}; the Service has ${formatServicePorts(service)}`,
      evidence: allOf([
        ...lost
          .slice(0, 4)
          .map((each) =>
            evidence(each.object, `${each.field}.port`, each.written ? each.port : `absent, which means ${each.port}`),
          ),
        evidence(service, 'spec.ports', formatServicePorts(service)),
      ]),
      confirm: [
        confirm(kubectl('get', ...refArgs(ref), '-o', 'yaml'), `service: name: ${name}, port: ${first.port}`),
        confirm(kubectl('get', 'service', name, '-n', namespace), formatServicePorts(service)),
      ],
      fix: {
        explain: only
          ? `Let the ${first.what} call port ${only.port}, or give Service ${name} a port ${first.port} that leads to the same targetPort.`
          : `Let the ${first.what} call one of ${formatServicePorts(service)}, or give Service ${name} a port ${first.port}.`,
        ...(only
          ? {
              patch: {
                object: first.object,
                type: 'json' as const,
                body: lost
                  .filter(({ object }) => object === first.object)
                  .map(({ field }) => ({ op: 'add', path: `${pointerTo(field)}/port`, value: only.port })),
              },
            }
          : {}),
      },
    });
  },
});
