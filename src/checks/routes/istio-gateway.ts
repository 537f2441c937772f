import {
  gatewayRulesTo,
  isIstioGatewayPod,
  namedGateways,
  takesHost,
  type NamedGateway,
} from '../../k8s/istio-gateways.ts';
import { gatewaySelector, hostsOf, serversOf } from '../../k8s/istio.ts';
import { formatLabels, includesLabels } from '../../k8s/labels.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import type { CustomObject, Pod } from '../../k8s/objects.ts';
import { isFinished } from '../../k8s/pods.ts';
import {
  allOf,
  confirm,
  defineCheck,
  evidence,
  kubectl,
  notApplicable,
  passed,
  problem,
  type Evidence,
  type Fix,
} from '../define.ts';

export default defineCheck({
  id: 'routes/istio-gateway',
  title: 'The Istio Gateway of the VirtualService does not take its requests',
  why: 'A VirtualService takes requests from outside only on a Gateway that exists under the namespace and name it gives (a bare name means its own namespace), that lists a host of it, and whose selector picks the Pods of an ingress gateway. Otherwise Envoy answers 404, or nothing listens.',
  impact: 'degrades',
  needs: ['service', 'virtualServices', 'istioGateways'],
  uses: ['gatewayPods'],
  evaluate({ service, virtualServices, istioGateways, gatewayPods }) {
    const rules = gatewayRulesTo(service.metadata, virtualServices);
    if (rules.length === 0) return notApplicable('no VirtualService brings requests from an Istio Gateway to it');
    for (const rule of rules) {
      const judged = namedGateways(rule).map((named) => troubleOf(named, istioGateways, gatewayPods));
      const trouble = judged.find((each) => each !== undefined);
      if (!trouble) continue;
      const { name, namespace = '' } = rule.metadata;
      return problem({
        certainty: 'certain',
        // One that works beside it takes the requests, as where hosts are spread over two Gateways.
        ...(judged.includes(undefined) ? { impact: 'risks' as const } : {}),
        summary: `VirtualService ${name} ${trouble.because}`,
        evidence: allOf(trouble.seen),
        confirm: [
          confirm(kubectl('get', 'gateways.networking.istio.io', '-A'), trouble.listed),
          confirm(['istioctl', 'analyze', '-n', namespace], trouble.code),
        ],
        fix: trouble.fix,
      });
    }
    return passed(
      `${rules.map(({ metadata }) => `VirtualService ${metadata.name}`).join(', ')} hangs on an Istio Gateway that takes its hosts`,
    );
  },
});

interface Trouble {
  readonly because: string;
  readonly seen: readonly Evidence[];
  readonly listed: string;
  readonly code: string;
  readonly fix: Fix;
}

const troubleOf = (
  named: NamedGateway,
  gateways: readonly CustomObject[],
  pods: readonly Pod[] | undefined,
): Trouble | undefined => {
  const gateway = gateways.find(
    ({ metadata }) => metadata.name === named.name && metadata.namespace === named.namespace,
  );
  if (!gateway) return missing(named, gateways);
  return (
    (pods && unserved(named, gateway, pods)) ?? (takesHost(gateway, named.rule) ? undefined : foreign(named, gateway))
  );
};

const fullName = ({ metadata }: CustomObject): string => `${metadata.namespace}/${metadata.name}`;

function missing({ rule, written, index, namespace, name }: NamedGateway, gateways: readonly CustomObject[]): Trouble {
  const likely = nearestName(
    name,
    gateways.map(({ metadata }) => metadata.name),
  );
  const right = gateways.find(({ metadata }) => metadata.name === likely);
  const there = gateways.map(fullName).slice(0, 4).join(', ') || 'none';
  return {
    because: `hangs on Gateway ${written}, which means ${namespace}/${name} and does not exist${right ? `: there is ${fullName(right)}` : ''}`,
    seen: [
      evidence(rule, `spec.gateways[${index}]`, `${written}: ${namespace}/${name}`),
      ...(right
        ? [evidence(right, 'metadata', fullName(right))]
        : [evidence(rule, 'spec.gateways', `Gateways of Istio in the cluster: ${there}`)]),
    ],
    listed: right ? fullName(right) : there,
    code: 'IST0101: referenced gateway not found',
    fix: right
      ? {
          explain: `Name the Gateway with its namespace: ${fullName(right)}.`,
          patch: {
            object: rule,
            type: 'json',
            body: [{ op: 'replace', path: `/spec/gateways/${index}`, value: fullName(right) }],
          },
        }
      : { explain: `Create Gateway ${namespace}/${name}, or name one that exists (${there}).` },
  };
}

/** Pods of any namespace count, unless istiod is told otherwise. */
function unserved({ rule }: NamedGateway, gateway: CustomObject, pods: readonly Pod[]): Trouble | undefined {
  const selector = gatewaySelector(gateway);
  if (pods.some((pod) => !isFinished(pod) && includesLabels(pod.metadata.labels, selector))) return undefined;
  const keys = Object.keys(selector);
  const proxies = pods.filter((pod) => isIstioGatewayPod(pod) && !isFinished(pod));
  const near = proxies.find(({ metadata }) => keys.every((key) => metadata.labels?.[key] !== undefined)) ?? proxies[0];
  const labels = near?.metadata.labels ?? {};
  const shown = keys.every((key) => labels[key] !== undefined) ? keys : ['istio', 'app'];
  const right = Object.fromEntries(
    shown.flatMap((key) => (labels[key] === undefined ? [] : [[key, labels[key]] as const])),
  );
  const known = near && Object.keys(right).length > 0;
  return {
    because: `hangs on Gateway ${fullName(gateway)}, whose selector ${formatLabels(selector)} picks no Pod${known ? `: the gateway’s carry ${formatLabels(right)}` : ''}`,
    seen: [
      evidence(gateway, 'spec.selector', formatLabels(selector)),
      evidence(rule, 'spec.gateways', fullName(gateway)),
      ...(near ? [evidence(near, 'metadata.labels', formatLabels(labels))] : []),
    ],
    listed: fullName(gateway),
    code: 'IST0101: referenced selector not found',
    fix: known
      ? {
          explain: `Select the labels that the gateway Pods of ${near.metadata.namespace} carry: ${formatLabels(right)}.`,
          patch: {
            object: gateway,
            type: 'merge',
            body: { spec: { selector: { ...Object.fromEntries(keys.map((key) => [key, null])), ...right } } },
          },
        }
      : { explain: `Install an ingress gateway whose Pods carry ${formatLabels(selector)}.` },
  };
}

function foreign({ rule }: NamedGateway, gateway: CustomObject): Trouble {
  const hosts = hostsOf(rule).join(', ') || 'none';
  const taken = serversOf(gateway).flatMap((server) => server.hosts ?? []);
  const [host] = hostsOf(rule);
  return {
    because: `is for host ${hosts}, which Gateway ${fullName(gateway)} does not take: it has ${taken.slice(0, 4).join(', ') || 'none'}`,
    seen: [
      evidence(rule, 'spec.hosts', hosts),
      ...serversOf(gateway)
        .slice(0, 3)
        .map((server, index) =>
          evidence(
            gateway,
            `spec.servers[${index}].hosts`,
            `${(server.hosts ?? []).join(', ')}, port ${server.port?.number ?? '?'}`,
          ),
        ),
      evidence(rule, 'metadata.namespace', rule.metadata.namespace ?? ''),
    ],
    listed: fullName(gateway),
    code: 'IST0132: virtual service host not found in gateway',
    fix: {
      explain: `Add ${hosts} to the hosts of a server of Gateway ${fullName(gateway)}, or let the VirtualService have a host that it takes.`,
      ...(host !== undefined && host.includes('.') && serversOf(gateway).length > 0
        ? {
            patch: {
              object: gateway,
              type: 'json' as const,
              body: [{ op: 'add', path: '/spec/servers/0/hosts/-', value: host }],
            },
          }
        : {}),
    },
  };
}
