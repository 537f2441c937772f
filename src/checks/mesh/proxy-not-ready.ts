import { containerStatusesOf, isReady, isTerminating, unfinishedPodsOf } from '../../k8s/pods.ts';
import { eventsAbout, textOf } from '../../k8s/events.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const proxies = ['istio-proxy', 'linkerd-proxy'] as const;

export default defineCheck({
  id: 'mesh/proxy-not-ready',
  title: 'The mesh proxy in the Pods does not become ready',
  why: 'A Pod is ready only when all its containers are, the injected proxy among them. A proxy that cannot reach its control plane, or is refused a certificate, keeps a healthy application out of the Service.',
  impact: 'breaks',
  explains: [
    'endpoints/none-ready',
    'endpoints/ready-condition-false',
    'endpoints/readiness-probe',
    'endpoints/startup-probe',
    'endpoints/liveness-probe',
    'endpoints/crash-looping',
    'endpoints/restarts-often',
    'endpoints/starting',
  ],
  needs: ['service', 'pods'],
  uses: ['events'],
  evaluate({ service, pods, events = [] }) {
    const members = unfinishedPodsOf(service, pods).filter((pod) => !isTerminating(pod));
    const meshed = members.flatMap((pod) => {
      const proxy = containerStatusesOf(pod).find(({ name }) => proxies.some((each) => each === name));
      return proxy ? [{ pod, proxy }] : [];
    });
    if (meshed.length === 0) return notApplicable('its Pods have no proxy of a mesh');
    // Only where the proxy alone is at fault: a Pod whose application fails too has another cause.
    const held = meshed.filter(
      ({ pod, proxy }) =>
        !isReady(pod) &&
        proxy.ready === false &&
        !/Image/.test(proxy.state?.waiting?.reason ?? '') &&
        (pod.status?.containerStatuses ?? []).every((each) => each === proxy || each.ready),
    );
    const [first] = held;
    if (!first || held.length < members.filter((pod) => !isReady(pod)).length)
      return passed('the proxy is ready in every Pod whose application is');
    const { pod, proxy } = first;
    const { waiting, terminated } = proxy.state ?? {};
    const last = proxy.lastState?.terminated;
    const state = waiting?.reason ?? (terminated ? `exit code ${terminated.exitCode}` : 'running, not ready');
    const [event] = eventsAbout(pod, events).filter(({ type }) => type === 'Warning');
    const isIstio = proxy.name === 'istio-proxy';
    const { name, namespace = '' } = pod.metadata;
    return problem({
      certainty: 'certain',
      impact: members.some(isReady) ? 'degrades' : 'breaks',
      summary: `${proxy.name} is ${state} in ${held.length} of ${members.length} Pods of ${service.metadata.name}, while the application beside it is ready`,
      evidence: allOf([
        ...held
          .slice(0, 3)
          .map((each) =>
            evidence(
              each.pod,
              `status.containerStatuses[${each.proxy.name}]`,
              `ready false, ${state}, ${each.proxy.restartCount ?? 0} restarts`,
            ),
          ),
        ...(last
          ? [
              evidence(
                pod,
                `status.containerStatuses[${proxy.name}].lastState`,
                `exit code ${last.exitCode}${last.message ? `: ${last.message}` : ''}`,
              ),
            ]
          : []),
        ...(waiting?.message
          ? [evidence(pod, `status.containerStatuses[${proxy.name}].state.waiting`, waiting.message)]
          : []),
        ...(event ? [evidence(pod, `event ${event.reason ?? ''}`, textOf(event))] : []),
      ]),
      confirm: [
        confirm(
          kubectl('logs', name, '-n', namespace, '-c', proxy.name, '--tail=20'),
          isIstio
            ? 'Envoy proxy is NOT ready, or an error from istiod'
            : 'an error from the identity or destination service',
        ),
      ],
      fix: {
        explain: isIstio
          ? 'See that istiod runs and answers on istiod.istio-system:15012; then restart the Pods.'
          : 'See that the control plane of Linkerd runs (linkerd check); then restart the Pods.',
        commands: [isIstio ? kubectl('get', 'pods', '-n', 'istio-system') : kubectl('get', 'pods', '-n', 'linkerd')],
      },
    });
  },
});
