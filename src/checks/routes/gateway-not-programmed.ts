import {
  certificatesNotGranted,
  formatRoute,
  gatewayGroup,
  gatewayOf,
  namesGateway,
  routesTo,
  statusUnder,
} from '../../k8s/gateway.ts';
import type { Condition, Gateway, GatewayClass, ParentRef } from '../../k8s/objects.ts';
import { nearestName } from '../../k8s/nearest-name.ts';
import { conditionOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'routes/gateway-not-programmed',
  title: 'The Gateway of the route is not served',
  why: 'A Gateway is served by the controller of its GatewayClass. Where the class does not exist, is not accepted, or the controller cannot set the Gateway up, none of its listeners answers.',
  impact: 'breaks',
  needs: ['target', 'routes', 'gateways', 'gatewayClasses'],
  uses: ['referenceGrantsEverywhere'],
  evaluate({ target, routes, gateways, gatewayClasses, referenceGrantsEverywhere: grants = [] }) {
    const own = routesTo(target, routes);
    if (own.length === 0) return notApplicable('no route of the Gateway API names it');
    const attached = own.flatMap((route) =>
      (route.spec.parentRefs ?? []).filter(namesGateway).flatMap((parent) => {
        const gateway = gatewayOf(route, parent, gateways);
        return gateway ? [{ route, parent, gateway }] : [];
      }),
    );
    for (const { route, parent, gateway } of attached) {
      const { name, namespace = '' } = gateway.metadata;
      const className = gateway.spec.gatewayClassName;
      const gatewayClass = gatewayClasses.find(({ metadata }) => metadata.name === className);
      const names = gatewayClasses.map(({ metadata }) => metadata.name);
      const trouble = troubleOf(gateway, gatewayClass, parent, statusUnder(route, parent).length > 0);
      if (!trouble) continue;
      const listener = trouble.notPermitted;
      const [secret] = listener === undefined ? [] : certificatesNotGranted(gateway, listener, grants);
      const right = gatewayClass
        ? undefined
        : (nearestName(className, names) ?? (names.length === 1 ? names[0] : undefined));
      return problem({
        certainty: trouble.certainty,
        ...(trouble.certainty === 'possible' ? { impact: 'risks' as const } : {}),
        summary: `Gateway ${namespace}/${name}, on which ${formatRoute(route)} hangs, is not served: ${secret ? `listener ${listener} names Secret ${secret.namespace}/${secret.name} without a ReferenceGrant (RefNotPermitted)` : trouble.because}`,
        evidence: allOf([
          ...(secret
            ? [
                evidence(
                  gateway,
                  secret.field,
                  `Secret ${secret.namespace}/${secret.name}: no ReferenceGrant in ${secret.namespace} allows Gateway of ${namespace}`,
                ),
              ]
            : []),
          evidence(gateway, 'spec.gatewayClassName', className),
          ...(gatewayClass
            ? [evidence(gatewayClass, 'spec.controllerName', gatewayClass.spec?.controllerName)]
            : [
                evidence(
                  gateway,
                  'spec.gatewayClassName',
                  `GatewayClass ${className} not found; available: ${names.join(', ') || 'none'}`,
                ),
              ]),
          ...trouble.conditions.map((condition) =>
            evidence(
              trouble.ofClass && gatewayClass ? gatewayClass : gateway,
              'status.conditions',
              conditionText(condition),
            ),
          ),
          evidence(
            gateway,
            'status.addresses',
            (gateway.status?.addresses ?? []).map(({ value }) => value).join(', ') || 'no address',
          ),
        ]),
        confirm: [
          trouble.listenersOnly
            ? confirm(
                kubectl('describe', 'gateway', name, '-n', namespace),
                `Listeners: ${trouble.conditions.map(({ reason = '' }) => reason).join(', ')}`,
              )
            : confirm(kubectl('get', 'gateway', name, '-n', namespace), 'PROGRAMMED False or Unknown, no ADDRESS'),
          confirm(kubectl('get', 'gatewayclass'), names.join(', ') || 'No resources found'),
        ],
        fix: secret
          ? {
              explain: `Create a ReferenceGrant in ${secret.namespace}, the namespace of the Secret, that allows Gateway from namespace ${namespace} to Secret ${secret.name}.`,
              commands: [['sh', '-c', `echo '${JSON.stringify(grantFor(namespace, secret))}' | kubectl apply -f -`]],
            }
          : right
            ? {
                explain: `Name an existing class in spec.gatewayClassName: ${right}.`,
                patch: { object: gateway, type: 'merge', body: { spec: { gatewayClassName: right } } },
              }
            : {
                explain: gatewayClass
                  ? (trouble.conditions.flatMap(({ reason = '' }) => remedies[reason] ?? [])[0] ??
                    'Mend what the condition names. Where there is none, see whether the controller of the class runs.')
                  : `Install the controller that brings GatewayClass ${className}.`,
                commands: [kubectl('describe', 'gateway', name, '-n', namespace)],
              },
      });
    }
    return passed(
      attached.length === 0
        ? 'its routes hang on no known Gateway'
        : `${[...new Set(attached.map(({ gateway }) => `gateway/${gateway.metadata.name}`))].join(', ')} is served`,
    );
  },
});

const grantFor = (from: string, { name, namespace }: { readonly name: string; readonly namespace: string }) => ({
  apiVersion: `${gatewayGroup}/v1beta1`,
  kind: 'ReferenceGrant',
  metadata: { name: `${from}-to-${name}`, namespace },
  spec: {
    from: [{ group: gatewayGroup, kind: 'Gateway', namespace: from }],
    to: [{ group: '', kind: 'Secret', name }],
  },
});

/** By the reason of the condition. Source: sigs.k8s.io/gateway-api apis/v1/gateway_types.go, ListenerConditionReason. */
const remedies: Readonly<Record<string, string>> = {
  InvalidCertificateRef:
    'Create the Secret that certificateRefs names, of type kubernetes.io/tls and in the namespace of the Gateway, or name one that exists there.',
  PortUnavailable: 'Give the listener a port that nobody else holds.',
  UnsupportedProtocol: 'Give the listener a protocol that the controller of the class supports.',
  ProtocolConflict: 'Give listeners on the same port the same protocol.',
  HostnameConflict: 'Give listeners on the same port different hostnames.',
  InvalidRouteKinds: 'Let allowedRoutes.kinds name kinds of routes that fit the protocol of the listener.',
};

const conditionText = ({ type, status, reason = '', message = '' }: Condition): string =>
  `${type} ${status}, ${reason}${message ? `: ${message}` : ''}`;

const listenerConditions: readonly string[] = ['Accepted', 'Programmed', 'ResolvedRefs'];

interface Trouble {
  readonly certainty: 'certain' | 'likely' | 'possible';
  readonly because: string;
  readonly conditions: readonly Condition[];
  readonly ofClass?: boolean;
  /** The Gateway itself is programmed, and the listeners that count are not. */
  readonly listenersOnly?: boolean;
  /** The listener whose certificate stands in a namespace that does not allow it. */
  readonly notPermitted?: string;
}

/** What keeps a Gateway from serving; `answered`: some controller has written about the route under it. */
function troubleOf(
  gateway: Gateway,
  gatewayClass: GatewayClass | undefined,
  parent: ParentRef,
  answered: boolean,
): Trouble | undefined {
  const programmed = conditionOf(gateway, 'Programmed');
  if (!gatewayClass) {
    // Status under the route or the Gateway shows a controller at work; its class may since have been deleted.
    const served = programmed?.status === 'True';
    return {
      certainty: served ? 'possible' : 'certain',
      because: `GatewayClass ${gateway.spec.gatewayClassName} does not exist`,
      conditions: programmed ? [programmed] : [],
    };
  }
  const classRefused = gatewayClass.status?.conditions?.find(
    ({ type, status }) => type === 'Accepted' && status !== 'True',
  );
  if (classRefused && programmed?.status !== 'True')
    return {
      certainty: classRefused.status === 'False' ? 'certain' : 'likely',
      because: `its GatewayClass ${gatewayClass.metadata.name} is not accepted by ${gatewayClass.spec?.controllerName} (${classRefused.reason ?? 'no reason'})`,
      conditions: [classRefused],
      ofClass: true,
    };
  const failing = [conditionOf(gateway, 'Accepted'), programmed].filter(
    (condition): condition is Condition => condition !== undefined && condition.status !== 'True',
  );
  const listeners = (gateway.status?.listeners ?? []).filter(
    ({ name }) => parent.sectionName === undefined || name === parent.sectionName,
  );
  const broken = listeners.map(({ name, conditions = [] }) =>
    conditions
      .filter(({ type, status }) => status === 'False' && listenerConditions.includes(type))
      .map((condition) => ({
        ...condition,
        message: `listener ${name}${condition.message ? `: ${condition.message}` : ''}`,
      })),
  );
  // A reference that does not resolve is why the listener is not programmed.
  const ofListeners = broken
    .flat()
    .toSorted((a, b) => Number(b.type === 'ResolvedRefs') - Number(a.type === 'ResolvedRefs'));
  const refused = listeners.find(({ conditions = [] }) =>
    conditions.some(({ status, reason }) => status === 'False' && reason === 'RefNotPermitted'),
  );
  const [worst] = [...ofListeners, ...failing];
  // A Gateway may be served while the one listener that counts is not.
  const allBroken = broken.length > 0 && broken.every((conditions) => conditions.length > 0);
  if ((failing.length > 0 || allBroken) && worst)
    return {
      certainty: allBroken || failing.some(({ status }) => status === 'False') ? 'certain' : 'likely',
      because: `${worst.reason ?? worst.type}${worst.message ? `, ${worst.message}` : ''}`.slice(0, 120),
      conditions: failing.length > 0 ? [...failing, ...ofListeners] : ofListeners,
      ...(failing.length === 0 ? { listenersOnly: true } : {}),
      ...(refused ? { notPermitted: refused.name } : {}),
    };
  if (programmed === undefined && !answered && (gateway.status?.addresses ?? []).length === 0)
    return {
      certainty: 'likely',
      because: `no controller has written a status; does ${gatewayClass.spec?.controllerName} run`,
      conditions: [],
    };
  return undefined;
}
