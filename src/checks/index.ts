import type { AnyCheck } from './define.ts';
import dnsServiceMissing from './dns/service-missing.ts';
import dnsNoPods from './dns/no-pods.ts';
import dnsNotSelected from './dns/not-selected.ts';
import dnsForwardingLoop from './dns/forwarding-loop.ts';
import dnsCorefileInvalid from './dns/corefile-invalid.ts';
import dnsApiForbidden from './dns/api-forbidden.ts';
import dnsApiUnreachable from './dns/api-unreachable.ts';
import dnsPodsCrash from './dns/pods-crash.ts';
import dnsPodsPending from './dns/pods-pending.ts';
import dnsPodsCannotStart from './dns/pods-cannot-start.ts';
import dnsProbeWithoutPlugin from './dns/probe-without-plugin.ts';
import dnsPodsNotReady from './dns/pods-not-ready.ts';
import dnsServicePort from './dns/service-port.ts';
import dnsServiceTargetPort from './dns/service-target-port.ts';
import dnsLocalTrafficPolicy from './dns/local-traffic-policy.ts';
import dnsStrayEndpoint from './dns/stray-endpoint.ts';
import dnsClusterZoneNotServed from './dns/cluster-zone-not-served.ts';
import dnsClusterDomainMismatch from './dns/cluster-domain-mismatch.ts';
import dnsClusterZoneShadowed from './dns/cluster-zone-shadowed.ts';
import dnsNamespaceNotServed from './dns/namespace-not-served.ts';
import dnsForwardsToItself from './dns/forwards-to-itself.ts';
import dnsNodeLocalDown from './dns/node-local-down.ts';
import dnsWrongNameserver from './dns/wrong-nameserver.ts';
import dnsMissingClusterDns from './dns/missing-cluster-dns.ts';
import dnsNodeResolver from './dns/node-resolver.ts';
import dnsOwnResolver from './dns/own-resolver.ts';
import dnsRacedNameserver from './dns/raced-nameserver.ts';
import dnsHostAlias from './dns/host-alias.ts';
import dnsEgressPolicyBlocksDns from './dns/egress-policy-blocks-dns.ts';
import dnsEngineDeniesDns from './dns/engine-denies-dns.ts';
import dnsIngressPolicyBlocksDns from './dns/ingress-policy-blocks-dns.ts';
import dnsExternalNameIsAnAddress from './dns/external-name-is-an-address.ts';
import dnsExternalNameTargetMissing from './dns/external-name-target-missing.ts';
import dnsExternalNamePorts from './dns/external-name-ports.ts';
import dnsExternalNameKeepsHost from './dns/external-name-keeps-host.ts';
import dnsStatefulSetServiceName from './dns/stateful-set-service-name.ts';
import dnsPeerNotReady from './dns/peer-not-ready.ts';
import dnsPodNameUnpublished from './dns/pod-name-unpublished.ts';
import dnsNameNeedsMoreDots from './dns/name-needs-more-dots.ts';
import dnsSearchSuffix from './dns/search-suffix.ts';
import dnsEarlierAnswer from './dns/earlier-answer.ts';
import dnsSearchListCut from './dns/search-list-cut.ts';
import dnsReplicasDisagree from './dns/replicas-disagree.ts';
import dnsUpstreamUnreachable from './dns/upstream-unreachable.ts';
import dnsUdpBlocked from './dns/udp-blocked.ts';
import dnsWrongAnswer from './dns/wrong-answer.ts';
import dnsLookupsFail from './dns/lookups-fail.ts';
import dnsSlowLookups from './dns/slow-lookups.ts';
import noneReady from './endpoints/none-ready.ts';
import noMatchingPods from './selector/no-matching-pods.ts';
import labelNotOnTemplate from './selector/label-not-on-template.ts';
import changesWithReleases from './selector/changes-with-releases.ts';
import leaderLabelMissing from './selector/leader-label-missing.ts';
import podsInAnotherNamespace from './selector/pods-in-another-namespace.ts';
import podsOlderThanTemplate from './selector/pods-older-than-template.ts';
import noSelector from './selector/no-selector.ts';
import wrongWorkload from './selector/wrong-workload.ts';
import tooWide from './selector/too-wide.ts';
import templateLostLabel from './selector/template-lost-label.ts';
import namedPortUnresolved from './ports/named-port-unresolved.ts';
import digitsAsAName from './ports/digits-as-a-name.ts';
import protocolDiffers from './ports/wrong-protocol.ts';
import namedPortInSidecar from './ports/named-port-in-sidecar.ts';
import namedPortMissingInSomePods from './ports/named-port-missing-in-some-pods.ts';
import headlessPortRemap from './ports/headless-port-remap.ts';
import nobodyListens from './ports/nobody-listens.ts';
import boundToLoopback from './ports/bound-to-loopback.ts';
import boundToOneFamily from './ports/bound-to-one-family.ts';
import declaredElsewhere from './ports/declared-elsewhere.ts';
import toldToBindLoopback from './ports/told-to-bind-loopback.ts';
import ambiguousPortName from './ports/ambiguous-port-name.ts';
import pinnedToARollout from './selector/pinned-to-a-rollout.ts';
import egressBlocked from './policy/egress-blocked.ts';
import ingressBlocked from './policy/ingress-blocked.ts';
import engineDenies from './policy/engine-denies.ts';
import otherEngine from './policy/other-engine.ts';
import sourceRanges from './dataplane/source-ranges.ts';
import admitsNobody from './policy/admits-nobody.ts';
import edgeBlocked from './policy/edge-blocked.ts';
import outsideBlocked from './policy/outside-blocked.ts';
import ipBlockForPods from './policy/ip-block-for-pods.ts';
import internalTrafficPolicyLocal from './dataplane/internal-traffic-policy-local.ts';
import externalTrafficPolicyLocal from './dataplane/external-traffic-policy-local.ts';
import otherServiceProxy from './dataplane/other-service-proxy.ts';
import noCommonFamily from './dataplane/no-common-family.ts';
import kubeProxyDown from './dataplane/kube-proxy-down.ts';
import kubeProxyFailing from './dataplane/kube-proxy-failing.ts';
import staleConntrack from './dataplane/stale-conntrack.ts';
import kubeProxyRules from './dataplane/kube-proxy-rules.ts';
import hairpin from './dataplane/hairpin.ts';
import cniAgentDown from './dataplane/cni-agent-down.ts';
import overlayBetweenNodes from './dataplane/overlay-between-nodes.ts';
import packetsDropped from './dataplane/packets-dropped.ts';
import mtu from './dataplane/mtu.ts';
import conntrackTableFull from './dataplane/conntrack-table-full.ts';
import addressConflict from './dataplane/address-conflict.ts';
import nodeNotReady from './dataplane/node-not-ready.ts';
import nodesExcluded from './dataplane/nodes-excluded.ts';
import poolNotAnnounced from './dataplane/pool-not-announced.ts';
import loadBalancerPending from './dataplane/load-balancer-pending.ts';
import strictArp from './dataplane/strict-arp.ts';
import sessionAffinity from './dataplane/session-affinity.ts';
import containerPort from './client/container-port.ts';
import nodePort from './client/node-port.ts';
import wrongPort from './client/wrong-port.ts';
import localhost from './client/localhost.ts';
import hardCodedAddress from './client/hard-coded-address.ts';
import serviceLinkCollision from './client/service-link-collision.ts';
import serviceVariablesMissing from './client/service-variables-missing.ts';
import unexpandedVariable from './client/unexpanded-variable.ts';
import malformedValue from './client/malformed-value.ts';
import clientNotRunning from './client/not-running.ts';
import clientProxy from './client/proxy.ts';
import wrongProtocol from './client/wrong-protocol.ts';
import schemeMismatch from './client/scheme-mismatch.ts';
import tooManyServiceVariables from './client/too-many-service-variables.ts';
import advertisedAddress from './client/advertised-address.ts';
import knativeHost from './client/knative-host.ts';
import apiServerPort from './client/api-server-port.ts';
import apiServerNamesNoService from './client/api-server-names-no-service.ts';
import anotherServiceAnswers from './name/another-service-answers.ts';
import anotherServiceIsIdle from './name/another-service-is-idle.ts';
import malformedName from './name/malformed.ts';
import misspeltName from './name/misspelt.ts';
import noSuchService from './name/no-such-service.ts';
import notTheServiceName from './name/not-the-service-name.ts';
import srvPort from './name/srv-port.ts';
import shortNameFromAnotherNamespace from './name/short-name-from-another-namespace.ts';
import swappedWithNamespace from './name/swapped-with-namespace.ts';
import wrongClusterDomain from './name/wrong-cluster-domain.ts';
import wrongNamespace from './name/wrong-namespace.ts';
import ingressPort from './routes/ingress-port.ts';
import routePort from './routes/route-port.ts';
import vendorRoutePort from './routes/vendor-route-port.ts';
import vendorRouteRefused from './routes/vendor-route-refused.ts';
import vendorRouteBackendMissing from './routes/vendor-route-backend-missing.ts';
import traefikCrossNamespace from './routes/traefik-cross-namespace.ts';
import controllerWatchesElsewhere from './routes/controller-watches-elsewhere.ts';
import ingressClassMissing from './routes/ingress-class-missing.ts';
import ingressNoClass from './routes/ingress-no-class.ts';
import ingressBackendMissing from './routes/ingress-backend-missing.ts';
import ingressInOtherNamespace from './routes/ingress-in-other-namespace.ts';
import ingressConflict from './routes/ingress-conflict.ts';
import ingressNeedsNodePort from './routes/ingress-needs-node-port.ts';
import nginxBackendProtocol from './routes/nginx-backend-protocol.ts';
import nginxRewrite from './routes/nginx-rewrite.ts';
import nginxAuthUrl from './routes/nginx-auth-url.ts';
import ingressUnclaimed from './routes/ingress-unclaimed.ts';
import controllerComplains from './routes/controller-complains.ts';
import referenceNotGranted from './routes/reference-not-granted.ts';
import routeBackendMissing from './routes/route-backend-missing.ts';
import routeNotAccepted from './routes/route-not-accepted.ts';
import gatewayNotProgrammed from './routes/gateway-not-programmed.ts';
import routeWeightZero from './routes/route-weight-zero.ts';
import routeDemandsHeader from './routes/route-demands-header.ts';
import istioGateway from './routes/istio-gateway.ts';
import refsUnresolved from './routes/refs-unresolved.ts';
import scaledToZero from './endpoints/scaled-to-zero.ts';
import podsNotCreated from './endpoints/pods-not-created.ts';
import rolloutPaused from './endpoints/rollout-paused.ts';
import onlyAJob from './endpoints/only-a-job.ts';
import noNodeForDaemonset from './endpoints/no-node-for-daemonset.ts';
import earlierOrdinalNotReady from './endpoints/earlier-ordinal-not-ready.ts';
import controllerIdle from './endpoints/controller-idle.ts';
import allFinished from './endpoints/all-finished.ts';
import terminating from './endpoints/terminating.ts';
import nodeLost from './endpoints/node-lost.ts';
import pending from './endpoints/pending.ts';
import noPodNetwork from './endpoints/no-pod-network.ts';
import volumeNotMounted from './endpoints/volume-not-mounted.ts';
import imagePull from './endpoints/image-pull.ts';
import containerConfig from './endpoints/container-config.ts';
import initContainer from './endpoints/init-container.ts';
import outOfMemory from './endpoints/out-of-memory.ts';
import livenessProbe from './endpoints/liveness-probe.ts';
import crashLooping from './endpoints/crash-looping.ts';
import startupProbe from './endpoints/startup-probe.ts';
import readinessProbe from './endpoints/readiness-probe.ts';
import readinessGate from './endpoints/readiness-gate.ts';
import readyConditionFalse from './endpoints/ready-condition-false.ts';
import restartsOften from './endpoints/restarts-often.ts';
import starting from './endpoints/starting.ts';
import noPorts from './service/no-ports.ts';
import noSuchPort from './service/no-such-port.ts';
import beingDeleted from './service/being-deleted.ts';
import clusterIpConflict from './service/cluster-ip-conflict.ts';
import peersWaitForEachOther from './endpoints/peers-wait-for-each-other.ts';
import addressFamily from './endpoints/address-family.ts';
import slicesBehind from './endpoints/slices-behind.ts';
import sliceAddress from './endpoints/slice-address.ts';
import sliceFamily from './endpoints/slice-family.ts';
import slicePortName from './endpoints/slice-port-name.ts';
import sliceUnlabelled from './endpoints/slice-unlabelled.ts';
import sliceNotReady from './endpoints/slice-not-ready.ts';
import endpointsName from './endpoints/endpoints-name.ts';
import notMirrored from './endpoints/not-mirrored.ts';
import noSlice from './endpoints/no-slice.ts';
import staleSlice from './endpoints/stale-slice.ts';
import foreignSlice from './endpoints/foreign-slice.ts';
import strictMtlsPlainClient from './mesh/strict-mtls-plain-client.ts';
import destinationRuleTls from './mesh/destination-rule-tls.ts';
import authorizationRefuses from './mesh/authorization-refuses.ts';
import portProtocol from './mesh/port-protocol.ts';
import conflictingProtocols from './mesh/conflicting-protocols.ts';
import virtualServiceDestination from './mesh/virtual-service-destination.ts';
import subsetWithoutPods from './mesh/subset-without-pods.ts';
import faultInjection from './mesh/fault-injection.ts';
import noDefaultRoute from './mesh/no-default-route.ts';
import sidecarScope from './mesh/sidecar-scope.ts';
import initBeforeProxy from './mesh/init-before-proxy.ts';
import proxyNotReady from './mesh/proxy-not-ready.ts';
import linkerdRefuses from './mesh/linkerd-refuses.ts';
import linkerdOpaquePorts from './mesh/linkerd-opaque-ports.ts';
import serverFirstPermissive from './mesh/server-first-permissive.ts';
import selectorOverrulesEndpoints from './endpoints/selector-overrules-endpoints.ts';
import grpcProtocol from './routes/grpc-protocol.ts';

/** The catalogue, in the order in which a packet travels. The first check of a layer that passes speaks for the layer. */
export const catalogue: readonly AnyCheck[] = [
  // client
  containerPort,
  nodePort,
  wrongPort,
  localhost,
  hardCodedAddress,
  serviceLinkCollision,
  tooManyServiceVariables,
  serviceVariablesMissing,
  unexpandedVariable,
  malformedValue,
  clientNotRunning,
  clientProxy,
  wrongProtocol,
  schemeMismatch,
  knativeHost,
  advertisedAddress,
  apiServerPort,
  apiServerNamesNoService,
  // name
  noSuchService,
  shortNameFromAnotherNamespace,
  wrongNamespace,
  swappedWithNamespace,
  wrongClusterDomain,
  malformedName,
  misspeltName,
  notTheServiceName,
  srvPort,
  anotherServiceAnswers,
  anotherServiceIsIdle,
  // dns
  dnsServiceMissing,
  dnsNoPods,
  dnsNotSelected,
  dnsForwardingLoop,
  dnsCorefileInvalid,
  dnsApiForbidden,
  dnsApiUnreachable,
  dnsPodsCrash,
  dnsPodsPending,
  dnsPodsCannotStart,
  dnsProbeWithoutPlugin,
  dnsPodsNotReady,
  dnsServicePort,
  dnsServiceTargetPort,
  dnsLocalTrafficPolicy,
  dnsStrayEndpoint,
  dnsClusterZoneNotServed,
  dnsClusterDomainMismatch,
  dnsClusterZoneShadowed,
  dnsNamespaceNotServed,
  dnsForwardsToItself,
  dnsNodeLocalDown,
  dnsWrongNameserver,
  dnsMissingClusterDns,
  dnsNodeResolver,
  dnsOwnResolver,
  dnsRacedNameserver,
  dnsHostAlias,
  dnsEgressPolicyBlocksDns,
  dnsIngressPolicyBlocksDns,
  dnsEngineDeniesDns,
  dnsExternalNameIsAnAddress,
  dnsExternalNameTargetMissing,
  dnsExternalNamePorts,
  dnsExternalNameKeepsHost,
  dnsStatefulSetServiceName,
  dnsPeerNotReady,
  dnsPodNameUnpublished,
  dnsNameNeedsMoreDots,
  dnsSearchSuffix,
  dnsEarlierAnswer,
  dnsSearchListCut,
  dnsReplicasDisagree,
  dnsUpstreamUnreachable,
  dnsUdpBlocked,
  dnsWrongAnswer,
  dnsLookupsFail,
  dnsSlowLookups,
  // service
  noPorts,
  noSuchPort,
  beingDeleted,
  clusterIpConflict,
  // selector
  noMatchingPods,
  pinnedToARollout,
  changesWithReleases,
  labelNotOnTemplate,
  leaderLabelMissing,
  podsInAnotherNamespace,
  podsOlderThanTemplate,
  noSelector,
  wrongWorkload,
  tooWide,
  templateLostLabel,
  // endpoints
  noneReady,
  scaledToZero,
  podsNotCreated,
  rolloutPaused,
  onlyAJob,
  noNodeForDaemonset,
  earlierOrdinalNotReady,
  controllerIdle,
  allFinished,
  terminating,
  nodeLost,
  pending,
  noPodNetwork,
  volumeNotMounted,
  imagePull,
  containerConfig,
  initContainer,
  outOfMemory,
  livenessProbe,
  crashLooping,
  startupProbe,
  readinessProbe,
  readinessGate,
  readyConditionFalse,
  restartsOften,
  starting,
  peersWaitForEachOther,
  addressFamily,
  slicesBehind,
  sliceAddress,
  sliceFamily,
  slicePortName,
  sliceUnlabelled,
  sliceNotReady,
  endpointsName,
  notMirrored,
  noSlice,
  staleSlice,
  foreignSlice,
  selectorOverrulesEndpoints,
  // ports
  namedPortUnresolved,
  digitsAsAName,
  protocolDiffers,
  namedPortInSidecar,
  namedPortMissingInSomePods,
  headlessPortRemap,
  nobodyListens,
  boundToLoopback,
  boundToOneFamily,
  declaredElsewhere,
  toldToBindLoopback,
  ambiguousPortName,
  // policy
  ingressBlocked,
  egressBlocked,
  admitsNobody,
  edgeBlocked,
  outsideBlocked,
  engineDenies,
  ipBlockForPods,
  otherEngine,
  // dataplane
  internalTrafficPolicyLocal,
  externalTrafficPolicyLocal,
  otherServiceProxy,
  noCommonFamily,
  kubeProxyDown,
  kubeProxyFailing,
  staleConntrack,
  kubeProxyRules,
  hairpin,
  cniAgentDown,
  overlayBetweenNodes,
  packetsDropped,
  mtu,
  conntrackTableFull,
  addressConflict,
  nodeNotReady,
  loadBalancerPending,
  poolNotAnnounced,
  nodesExcluded,
  sourceRanges,
  strictArp,
  sessionAffinity,
  // mesh
  strictMtlsPlainClient,
  destinationRuleTls,
  authorizationRefuses,
  portProtocol,
  serverFirstPermissive,
  conflictingProtocols,
  virtualServiceDestination,
  subsetWithoutPods,
  faultInjection,
  noDefaultRoute,
  sidecarScope,
  initBeforeProxy,
  proxyNotReady,
  linkerdRefuses,
  linkerdOpaquePorts,
  // routes
  ingressPort,
  routePort,
  vendorRoutePort,
  vendorRouteRefused,
  vendorRouteBackendMissing,
  traefikCrossNamespace,
  ingressClassMissing,
  ingressNoClass,
  ingressBackendMissing,
  ingressInOtherNamespace,
  ingressConflict,
  ingressNeedsNodePort,
  nginxBackendProtocol,
  nginxRewrite,
  nginxAuthUrl,
  controllerWatchesElsewhere,
  ingressUnclaimed,
  controllerComplains,
  referenceNotGranted,
  routeBackendMissing,
  routeNotAccepted,
  gatewayNotProgrammed,
  routeWeightZero,
  routeDemandsHeader,
  istioGateway,
  grpcProtocol,
  refsUnresolved,
];
