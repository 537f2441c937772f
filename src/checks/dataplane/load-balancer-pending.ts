import { eventsAbout, textOf, timesSeen } from '../../k8s/events.ts';
import type { Condition, CustomObject, Event, Pod, Service } from '../../k8s/objects.ts';
import { conditionOf } from '../../k8s/pods.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem, type Fix } from '../define.ts';

/** How long a cloud may take before silence means that nobody is working on it. */
const patienceMs = 5 * 60_000;

export default defineCheck({
  id: 'dataplane/load-balancer-pending',
  title: 'The load balancer has no external address',
  why: 'Kubernetes itself makes no load balancers: a cloud controller, MetalLB, kube-vip or ServiceLB must see the Service and write its address into the status. Until then EXTERNAL-IP stays <pending>, while the ClusterIP and the node ports work.',
  impact: 'degrades',
  needs: ['service', 'now'],
  uses: ['events', 'client', 'networkAgents', 'servicesEverywhere', 'addressPools'],
  evaluate({ service, now, events = [], client, networkAgents, servicesEverywhere = [], addressPools = [] }) {
    const { spec, status, metadata } = service;
    if (spec.type !== 'LoadBalancer') return notApplicable('the Service asks for no load balancer');
    const ingress = status?.loadBalancer?.ingress ?? [];
    if (ingress.length > 0)
      return passed(`it answers at ${ingress.map(({ ip, hostname }) => ip ?? hostname).join(', ')}`);
    if (client) return passed('its load balancer has no external address yet, which a client inside does not need');
    const said = eventsAbout(service, events);
    const failure = said.find(
      (event) => event.type === 'Warning' || /fail|error|no available|cannot/i.test(`${event.reason} ${textOf(event)}`),
    );
    const refusal = refusalOf(service);
    const age = now - Date.parse(metadata.creationTimestamp ?? '');
    const young = age < patienceMs;
    if (!failure && !refusal && young && said.some(({ reason }) => reason === 'EnsuringLoadBalancer'))
      return passed('its load balancer is being made: the Service is younger than five minutes');
    const stuck = (networkAgents?.pods ?? []).filter(
      (pod) => isServiceLbOf(pod, service) && pod.status?.phase === 'Pending',
    );
    const holders = sharingPorts(service, servicesEverywhere);
    const nodePorts = (spec.ports ?? []).flatMap(({ nodePort }) => (nodePort ? [nodePort] : []));
    return problem({
      certainty: failure || refusal || !young || said.length === 0 ? 'certain' : 'likely',
      summary: `${metadata.name} has no external address: ${refusal ? wordingOf(refusal) : reasonOf(service, failure, stuck, networkAgents?.pods, { pools: addressPools, holders })}`,
      evidence: allOf([
        evidence(service, 'status.loadBalancer', 'no ingress: EXTERNAL-IP is <pending>'),
        evidence(service, 'spec.type', 'LoadBalancer'),
        ...(refusal
          ? [
              evidence(
                service,
                `status.conditions[${refusal.type}]`,
                `${refusal.status}, ${refusal.reason ?? ''}: ${refusal.message ?? ''}`,
              ),
            ]
          : []),
        ...(spec.loadBalancerClass ? [evidence(service, 'spec.loadBalancerClass', spec.loadBalancerClass)] : []),
        ...(spec.loadBalancerIP ? [evidence(service, 'spec.loadBalancerIP', spec.loadBalancerIP)] : []),
        ...Object.entries(metadata.annotations ?? {})
          .filter(([key]) => /load-?balancer|metallb|kube-vip/i.test(key))
          .slice(0, 3)
          .map(([key, value]) => evidence(service, `metadata.annotations.${key}`, value)),
        ...(speaksMetalLb(service, failure)
          ? addressPools
              .slice(0, 3)
              .map((pool) => evidence(pool, 'spec.addresses', `${addressesOf(pool)}: a pool of MetalLB`))
          : []),
        ...said
          .slice(0, 3)
          .map((event) =>
            evidence(event, `reason ${event.reason ?? ''}`, `${textOf(event)} (seen ${timesSeen(event)}×)`),
          ),
        ...(said.length === 0 && !refusal
          ? [evidence(service, 'events', 'none: no controller has taken notice of it')]
          : []),
        ...stuck
          .slice(0, 2)
          .map((pod) =>
            evidence(pod, 'status.conditions[PodScheduled]', conditionOf(pod, 'PodScheduled')?.message ?? 'Pending'),
          ),
        ...(stuck.length > 0 ? holders.slice(0, 2) : []).map((other) =>
          evidence(
            other,
            'spec.ports',
            `${(other.spec.ports ?? []).map(({ port }) => port).join(', ')}: holds the same port on the nodes`,
          ),
        ),
        ...(nodePorts.length > 0
          ? [evidence(service, 'spec.ports.nodePort', `${nodePorts.join(', ')}: works meanwhile, on every node`)]
          : []),
      ]),
      confirm: [
        confirm(
          kubectl('describe', 'service', metadata.name, '-n', metadata.namespace ?? ''),
          failure
            ? `the event ${failure.reason}`
            : refusal
              ? `the condition ${refusal.type} False, ${refusal.reason ?? ''}`
              : 'no LoadBalancer Ingress, and no event of a load-balancer controller',
        ),
      ],
      fix: refusal ? fixOfRefusal(service, refusal) : fixOf(service, failure, stuck, addressPools),
    });
  },
});

/** What a controller writes into the Service itself, when it has seen it and gives it nothing. */
const refusalOf = ({ status }: Service): Condition | undefined =>
  (status?.conditions ?? []).find(
    ({ type, status: state, reason = '' }) =>
      state === 'False' && reason !== '' && /satisfied|ready|provisioned|programmed|allocated/i.test(type),
  );

const wordingOf = ({ type, reason = '', message = '' }: Condition): string =>
  `${type} is False, ${reason}${message ? `: ${message.replaceAll(/\s+/g, ' ').slice(0, 130)}` : ''}`;

/** Cilium's LB IPAM: pools serve the Services that their serviceSelector picks, all where there is none. */
function fixOfRefusal({ metadata }: Service, { type, reason = '' }: Condition): Fix {
  const commands = [kubectl('describe', 'service', metadata.name, '-n', metadata.namespace ?? '')];
  if (!type.startsWith('cilium.io/')) return { explain: `Remove what the condition ${type} complains of.`, commands };
  const pools = [kubectl('get', 'ciliumloadbalancerippools', '-o', 'yaml')];
  if (reason === 'no_pool')
    return {
      explain:
        'Create a CiliumLoadBalancerIPPool with spec.blocks, or let the serviceSelector of one that is not disabled pick this Service.',
      commands: pools,
    };
  if (reason === 'out_of_ips')
    return {
      explain: 'Add a block to the CiliumLoadBalancerIPPool, or release an address that another Service holds.',
      commands: pools,
    };
  return {
    explain: `Remove what ${reason} complains of: an address asked for must lie in a CiliumLoadBalancerIPPool and be free.`,
    commands: pools,
  };
}

function reasonOf(
  service: Service,
  failure: Event | undefined,
  stuck: readonly Pod[],
  agents: readonly Pod[] | undefined,
  { pools, holders }: { readonly pools: readonly CustomObject[]; readonly holders: readonly Service[] },
): string {
  const unknown = unknownPoolOf(service, pools);
  if (unknown)
    return `its annotation ${unknown.key} asks MetalLB for the pool ${unknown.pool}, which does not exist: there is ${pools
      .map(({ metadata }) => metadata.name)
      .slice(0, 3)
      .join(', ')}`;
  if (failure) return `${failure.reason}: ${textOf(failure).replaceAll(/\s+/g, ' ').slice(0, 130)}`;
  const { loadBalancerClass } = service.spec;
  const [pod] = stuck;
  if (pod) {
    const ports = (service.spec.ports ?? []).map(({ port }) => port);
    const [holder] = holders;
    const shared = ports.find((port) => (holder?.spec.ports ?? []).some((other) => other.port === port));
    return `the ServiceLB Pod ${pod.metadata.name} is Pending: ${
      holder && shared !== undefined
        ? `host port ${shared} is taken by LoadBalancer ${holder.metadata.namespace}/${holder.metadata.name}`
        : `it needs host port ${ports.join(', ')} on a node`
    }`;
  }
  if (loadBalancerClass) return `no controller serves loadBalancerClass ${loadBalancerClass}`;
  const metalLb = (agents ?? []).find(
    ({ metadata }) => metadata.namespace === 'metallb-system' && /controller/.test(metadata.name),
  );
  return metalLb
    ? pools.length > 0
      ? `MetalLB runs and has given it none of its pools (IPAddressPool ${pools
          .map(({ metadata }) => metadata.name)
          .slice(0, 3)
          .join(', ')})`
      : 'MetalLB runs but has given it none, as it does without an IPAddressPool'
    : 'no load-balancer controller (cloud provider, MetalLB) takes care of it';
}

/** k3s makes one Pod per node and Service: `svclb-web-1a2b3c4d-xyz12`. */
const isServiceLbOf = (pod: Pod, { metadata }: Service): boolean =>
  pod.metadata.labels?.['svccontroller.k3s.cattle.io/svcname'] === metadata.name ||
  pod.metadata.name.startsWith(`svclb-${metadata.name}-`);

const sharingPorts = (service: Service, all: readonly Service[]): readonly Service[] =>
  all.filter(
    (other) =>
      other.spec.type === 'LoadBalancer' &&
      !(other.metadata.name === service.metadata.name && other.metadata.namespace === service.metadata.namespace) &&
      (other.spec.ports ?? []).some(({ port }) => (service.spec.ports ?? []).some((own) => own.port === port)),
  );

/** Pools by name and automatic assignment: an annotation may name one that nobody made. */
const poolAnnotations = ['metallb.io/address-pool', 'metallb.universe.tf/address-pool'] as const;

function unknownPoolOf({ metadata }: Service, pools: readonly CustomObject[]) {
  const key = poolAnnotations.find((each) => metadata.annotations?.[each] !== undefined);
  const pool = key && metadata.annotations?.[key];
  return key && pool && pools.length > 0 && !pools.some((each) => each.metadata.name === pool)
    ? { key, pool }
    : undefined;
}

const speaksMetalLb = ({ metadata }: Service, failure: Event | undefined): boolean =>
  poolAnnotations.some((key) => metadata.annotations?.[key] !== undefined) ||
  /allowed in config|AllocationFailed|no available IPs/i.test(`${failure?.reason} ${failure ? textOf(failure) : ''}`);

const addressesOf = ({ spec }: CustomObject): string => {
  const addresses = spec?.['addresses'];
  return Array.isArray(addresses) ? addresses.join(', ') : 'none';
};

/** Where an address may be asked for: in the spec, or in an annotation of MetalLB. */
const addressFields = ['metallb.io/loadBalancerIPs', 'metallb.universe.tf/loadBalancerIPs'] as const;

function fixOf(
  service: Service,
  failure: Event | undefined,
  stuck: readonly Pod[],
  pools: readonly CustomObject[],
): Fix {
  const { spec, metadata } = service;
  const commands = [
    kubectl(
      'get',
      'events',
      '-n',
      metadata.namespace ?? '',
      '--field-selector',
      `involvedObject.name=${metadata.name}`,
    ),
  ];
  if (stuck.length > 0)
    return {
      explain:
        'Free the port on the nodes: ServiceLB binds each port of the Service there, so two Services cannot share one.',
      commands,
    };
  const text = failure ? textOf(failure) : '';
  const unknown = unknownPoolOf(service, pools);
  const [pool] = pools;
  if (unknown && pool)
    return {
      explain: `Name a pool that exists (${pools
        .map((each) => each.metadata.name)
        .slice(0, 3)
        .join(', ')}) in ${unknown.key}, or make an IPAddressPool ${unknown.pool}.`,
      patch: {
        object: service,
        type: 'merge',
        body: { metadata: { annotations: { [unknown.key]: pool.metadata.name } } },
      },
    };
  if (/not allowed in config/i.test(text)) {
    const field = addressFields.find((key) => metadata.annotations?.[key] !== undefined);
    return {
      explain: `Ask for an address of a pool${
        pools.length > 0
          ? ` (${pools
              .map((each) => `${each.metadata.name}: ${addressesOf(each)}`)
              .slice(0, 3)
              .join('; ')})`
          : ''
      }, or for none at all: MetalLB then picks one. ${field ? `The annotation ${field}` : 'spec.loadBalancerIP'} asks for one that no pool holds.`,
      patch: {
        object: service,
        type: 'merge',
        body: field ? { metadata: { annotations: { [field]: null } } } : { spec: { loadBalancerIP: null } },
      },
    };
  }
  const [, holder] = /address also in use by (\S+)/.exec(text) ?? [];
  if (holder)
    return {
      explain: `Ask for another address, or for none: ${holder} holds this one. To share it, give both Services the same annotation metallb.io/allow-shared-ip, and ports that differ.`,
      commands,
    };
  if (/no available IPs|AllocationFailed|exhaust|pool/i.test(`${failure?.reason} ${text}`))
    return {
      explain:
        'Give the pool more addresses (kubectl get ipaddresspools -A), or release one that another Service holds.',
      commands,
    };
  if (/subnet/i.test(text))
    return {
      explain:
        'Tag the subnets so that the cloud controller finds them (kubernetes.io/role/elb=1, kubernetes.io/cluster/NAME=shared).',
      commands,
    };
  if (failure)
    return { explain: `Remove what ${failure.reason} complains of; the controller tries again by itself.`, commands };
  if (spec.loadBalancerClass)
    return {
      explain: `Install the controller that serves loadBalancerClass ${spec.loadBalancerClass}, or make the Service anew without the class: the field is immutable.`,
      commands,
    };
  return {
    explain:
      'Install a load-balancer controller (the cloud controller manager, or MetalLB with an IPAddressPool and an L2Advertisement); on minikube run "minikube tunnel". Until then use a node port, kubectl port-forward or an Ingress.',
    commands,
  };
}
