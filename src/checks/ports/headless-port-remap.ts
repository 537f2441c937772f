import { portOf } from '../../k8s/client-references.ts';
import { isHeadless } from '../../k8s/endpoints.ts';
import { arrivesAt, type Call } from '../../k8s/leads.ts';
import type { Pod, PodSpec, Service } from '../../k8s/objects.ts';
import { hasSelector } from '../../k8s/pods.ts';
import { declaredPortsOf } from '../../k8s/ports.ts';
import { resolvePorts, type ResolvedPort } from '../../k8s/port-resolution.ts';
import { receptionAt } from '../../k8s/listening.ts';
import { editsOf, nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'ports/headless-port-remap',
  title: 'A headless Service does not translate its port',
  why: 'The name of a headless Service, and the name of a single Pod, resolve to Pod addresses. Nothing stands between that could turn port into targetPort: the client reaches the very port it asks for, in the Pod.',
  impact: 'breaks',
  needs: ['service', 'pods'],
  uses: ['slices', 'serverVersion', 'client', 'clientCalls', 'listeners'],
  evaluate({ service, pods, slices, serverVersion, client, clientCalls = [], listeners = [] }) {
    if (!hasSelector(service)) return notApplicable('the Service has no selector');
    const headless = isHeadless(service);
    const direct = clientCalls.filter((call) => (headless && arrivesAt(call, service)) || reachesPodOf(call, service));
    if (!headless && direct.length === 0) return notApplicable('the Service has a cluster IP, which translates ports');
    const listens = (pod: Pod, port: number) =>
      listeners.some(
        ({ pod: { name, namespace }, sockets }) =>
          name === pod.metadata.name &&
          namespace === pod.metadata.namespace &&
          receptionAt(sockets, pod.status?.podIP ?? '', port, 'TCP').state === 'open',
      );
    const remapped = resolvePorts(service, pods, slices, serverVersion).filter(
      ({ port, inPods }) =>
        inPods.length > 0 &&
        inPods.every(
          ({ number, pod }) =>
            number !== undefined && number !== port.port && !serves(pod.spec, port.port) && !listens(pod, port.port),
        ),
    );
    const [first] = remapped;
    if (!first) return passed('port and targetPort are the same number, so there is nothing to translate');
    const number = numberOf(first);
    const wrong = direct.flatMap(({ reference }) => {
      const match = remapped.find(({ port }) => port.port === portOf(reference));
      return match ? [{ reference, match }] : [];
    });
    const [call] = wrong;
    const { name, namespace = '' } = service.metadata;
    const places = remapped.map(({ port, index, inPods }) =>
      evidence(
        service,
        `spec.ports[${index}]`,
        `port ${port.port}, targetPort ${port.targetPort ?? port.port}${typeof port.targetPort === 'string' ? ` (${inPods[0]?.number})` : ''}`,
      ),
    );
    if (!call || !client) {
      if (!headless || (client && direct.length > 0)) return passed(`the client calls the port of the Pods, ${number}`);
      return problem({
        certainty: 'possible',
        impact: 'risks',
        summary: `${name} is headless: a client that calls ${name}:${first.port.port} is refused, since the Pods serve ${number} and nothing translates ${first.port.port} to it`,
        evidence: allOf([evidence(service, 'spec.clusterIP', 'None: headless'), ...places]),
        confirm: [
          confirm(
            kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
            `PORTS ${number}: what clients must call`,
          ),
        ],
        fix: {
          explain: `Let clients call ${name}:${number}, and write port ${number} into the Service so that nobody is misled.`,
          patch: {
            object: service,
            type: 'json',
            body: remapped.map((each) => ({
              op: 'replace',
              path: `/spec/ports/${each.index}/port`,
              value: numberOf(each),
            })),
          },
        },
      });
    }
    const { reference, match } = call;
    const right = numberOf(match);
    return problem({
      certainty: 'certain',
      summary: `${sayingsOf(reference)}${reference.port === undefined ? ` (port ${match.port.port})` : ''}; ${headless ? `${name} is headless` : `that is the name of a Pod, not of ${name}`}, so port ${match.port.port} is not translated to ${right}`,
      evidence: allOf([
        ...wrong.flatMap(({ reference: { setting, portSetting, host } }) =>
          [setting, ...(portSetting ? [portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        evidence(service, 'spec.clusterIP', headless ? 'None: headless' : (service.spec.clusterIP ?? '')),
        ...places,
        ...match.inPods.slice(0, 2).map(({ pod }) =>
          evidence(
            pod,
            'spec.containers[*].ports',
            declaredPortsOf(pod.spec)
              .map(({ port }) => `${port.name ?? ''} ${port.containerPort}`.trim())
              .join(', ') || 'none declared',
          ),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace, '-o', 'jsonpath={.spec.clusterIP} {.spec.ports}'),
          headless ? 'None' : 'an address, which the name of a Pod goes around',
        ),
        confirm(
          kubectl('get', 'endpointslices', '-n', namespace, '-l', `kubernetes.io/service-name=${name}`),
          `PORTS ${right}`,
        ),
      ],
      fix: {
        explain: headless
          ? `Call port ${right} in ${nameOfSetting(reference.portSetting ?? reference.setting)}; or give the Service a cluster IP, which means to create it anew without clusterIP: None.`
          : `Call port ${right} in ${nameOfSetting(reference.portSetting ?? reference.setting)}, or the Service itself, ${name}:${match.port.port}.`,
        ...editsOf(
          wrong.map((each) => each.reference),
          () => ({ port: right }),
          client.object,
        ),
      },
    });
  },
});

/** Whether some container declares the number as well: then that port may be meant. */
const serves = (spec: PodSpec, number: number): boolean =>
  declaredPortsOf(spec).some(({ port }) => port.containerPort === number);

const numberOf = ({ inPods, port }: ResolvedPort): number => inPods[0]?.number ?? port.port;

const reachesPodOf = ({ lead }: Call, service: Service): boolean =>
  lead.kind === 'endpoint' &&
  lead.service.metadata.name === service.metadata.name &&
  lead.service.metadata.namespace === service.metadata.namespace;
