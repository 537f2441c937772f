import check from '../../../src/checks/endpoints/readiness-probe.ts';
import type { Container, Probe } from '../../../src/k8s/objects.ts';
import type { Observation, Socket } from '../../../src/snapshot/snapshot.ts';
import { change, cluster, service, unready, workload } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';
import { event, podOf, withPods } from '../../kit/pod-states.ts';

const target = 'demo/web';
const svc = service({ name: 'web' });
const http = (path: string, port: number | string = 8080, scheme: 'HTTP' | 'HTTPS' = 'HTTP'): Probe => ({
  httpGet: { path, port, scheme },
  timeoutSeconds: 1,
});
const web = (readinessProbe: Probe, container: Partial<Container> = {}) =>
  workload({ name: 'web', container: { readinessProbe, ...container } });
const failing = (
  probe: Probe,
  message: string,
  observations: readonly Observation[] = [],
  container: Partial<Container> = {},
) => {
  const objects = web(probe, container);
  return cluster(
    [
      ...withPods(objects, (pod) => unready(pod)),
      svc,
      ...(message ? [event(podOf(objects), 'Unhealthy', `Readiness probe failed: ${message}`, 'web')] : []),
    ],
    observations,
  );
};
const pod = { namespace: 'demo', name: podOf(web(http('/ready'))).metadata.name };
const get = (path: string, status: number): Observation => ({ kind: 'HttpGet', pod, port: 8080, path, status });
const health = (status: string, service?: string): Observation => ({
  kind: 'GrpcHealth',
  pod,
  port: 8080,
  ...(service === undefined ? {} : { service }),
  status,
});
const refusedAt8080 = 'dial tcp 10.244.0.7:8080: connect: connection refused';
const forwardTaken: Observation = {
  kind: 'Connect',
  from: { portForward: true },
  to: { address: podOf(web(http('/ready'))).status?.podIP ?? '', port: 8080, protocol: 'TCP' },
  outcome: 'connected',
};
const listening = (...sockets: Socket[]): Observation => ({ kind: 'Listeners', pod, sockets });
const tcp = (port: number, address = '0.0.0.0'): Socket => ({ address, port, protocol: 'TCP' });
const three = workload({ name: 'web', replicas: 3, container: { readinessProbe: http('/ready') } });

examples(check, {
  'a path that does not exist, and one that does': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 404', [get('/ready', 404), get('/health', 200)]),
    says: {
      summary: ['readiness probe GET /ready on port 8080 gets 404', '/health answers 200'],
      certainty: 'certain',
      impact: 'breaks',
      evidence: ['events[Unhealthy]', 'GET /health on port 8080: status 200'],
    },
  },
  'a path that does not exist': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 404'),
    says: { summary: ['/ready', '404'], certainty: 'certain' },
  },
  'refused on the address of the Pod, answered on its loopback': {
    target,
    given: failing(http('/ready'), refusedAt8080, [get('/ready', 200)]),
    says: { summary: ['is refused', 'listens there on loopback only'], certainty: 'likely' },
  },
  'refused on the address of the Pod, taken on its loopback': {
    target,
    given: failing({ tcpSocket: { port: 8080 } }, refusedAt8080, [forwardTaken]),
    says: { summary: ['is refused', 'listens there on loopback only'], certainty: 'likely' },
  },
  'refused a moment ago by an app that has just come up': {
    target,
    given: {
      ...failing({ tcpSocket: { port: 8080 } }, refusedAt8080, [forwardTaken]),
      takenAt: '2026-03-02T09:00:10Z',
    },
    says: 'passed',
  },
  'gRPC, for a service that the server does not know': {
    target,
    given: failing({ grpc: { port: 8080, service: 'shop' } }, '', [health('NOT_FOUND', 'shop')]),
    says: {
      summary: ['asks for the service shop, which the server does not know'],
      certainty: 'certain',
      evidence: ['gRPC health on port 8080: NOT_FOUND'],
    },
  },
  'gRPC, which says NOT_SERVING': {
    target,
    given: failing({ grpc: { port: 8080 } }, '', [health('NOT_SERVING')]),
    says: { summary: ['is answered with NOT_SERVING'], certainty: 'certain' },
  },
  'gRPC, which is SERVING by now': {
    target,
    given: failing({ grpc: { port: 8080 } }, 'service unhealthy (responded with "NOT_SERVING")', [health('SERVING')]),
    says: 'passed',
  },
  'a path over HTTPS, answered over HTTPS': {
    target,
    given: failing(http('/ready', 8080, 'HTTPS'), 'HTTP probe failed with statuscode: 404', [
      { ...get('/ready', 404), scheme: 'HTTPS' } as Observation,
      { ...get('/healthz', 200), scheme: 'HTTPS' } as Observation,
    ]),
    says: { summary: ['gets 404', '/healthz answers 200'], certainty: 'certain' },
  },
  'a path behind a login': {
    target,
    given: failing(http('/'), 'HTTP probe failed with statuscode: 401'),
    says: { summary: ['gets 401', 'login'], certainty: 'certain' },
  },
  'an app that says it cannot serve': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 503'),
    says: { summary: ['gets 503', 'the app itself'], certainty: 'certain' },
  },
  'a port on which nobody listens, and the one on which the app does': {
    target,
    given: failing(
      http('/ready', 8081),
      'Get "http://10.244.1.5:8081/ready": dial tcp 10.244.1.5:8081: connect: connection refused',
      [listening(tcp(8080))],
    ),
    says: {
      summary: ['8081', 'connection refused', 'the app listens on 8080'],
      certainty: 'certain',
      patchCannotShow: 'the event of the old port stays',
    },
  },
  'a port other than the declared one': {
    target,
    given: failing(
      http('/ready', 9090),
      'Get "http://10.244.1.5:9090/ready": dial tcp 10.244.1.5:9090: connect: connection refused',
    ),
    says: {
      summary: ['refused', 'the container declares 8080'],
      certainty: 'certain',
      patchCannotShow: 'the event of the old port stays',
    },
  },
  'an app on loopback': {
    target,
    given: failing(http('/ready'), 'dial tcp 10.244.1.5:8080: connect: connection refused', [
      listening(tcp(8080, '127.0.0.1')),
    ]),
    says: { summary: ['loopback only'], certainty: 'certain', evidence: ['127.0.0.1:8080'] },
  },
  'plain HTTP to a TLS port': {
    target,
    given: failing(
      http('/ready'),
      'Get "http://10.244.1.5:8080/ready": net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15\\x03\\x01\\x00\\x02\\x02"',
    ),
    says: {
      summary: ['speaks TLS', 'scheme HTTPS'],
      certainty: 'certain',
      patchCannotShow: 'the event of the old scheme stays',
    },
  },
  '400, and the log says TLS': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 400', [
      {
        kind: 'Log',
        pod,
        container: 'web',
        previous: false,
        text: 'http: TLS handshake error from 10.244.1.1:37448: client sent an HTTP request to an HTTPS server\n',
      },
    ]),
    says: {
      summary: ['gets 400: it speaks plain HTTP to a port that speaks TLS (HTTPS)', 'scheme HTTPS fits'],
      certainty: 'certain',
      evidence: ['log of web: http: TLS handshake error'],
      patchCannotShow: 'the event of the old scheme stays',
    },
  },
  '400 on a port that is called https': {
    target,
    given: failing(http('/ready', 8080), 'HTTP probe failed with statuscode: 400', [], {
      ports: [{ name: 'https-web', containerPort: 8080 }],
    }),
    says: {
      summary: ['gets 400', 'TLS (HTTPS)', 'scheme HTTPS fits'],
      certainty: 'likely',
      patchCannotShow: 'the event of the old scheme stays',
    },
  },
  'hung up on port 9443': {
    target,
    given: failing(http('/ready', 9443), 'Get "http://10.244.1.5:9443/ready": EOF'),
    says: {
      summary: ['port 9443 speaks plain HTTP to a port that speaks TLS'],
      certainty: 'likely',
      patchCannotShow: 'the event of the old scheme stays',
    },
  },
  '400, and the log tells of a Host that is not allowed': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 400', [
      {
        kind: 'Log',
        pod: { namespace: 'demo', name: podOf(web(http('/ready'))).metadata.name },
        container: 'web',
        previous: false,
        text: "Invalid HTTP_HOST header: '10.244.1.7:8080'. You may need to add '10.244.1.7' to ALLOWED_HOSTS.\nBad Request: /ready\n",
      },
    ]),
    says: {
      summary: ['gets 400', 'Host header', 'Invalid HTTP_HOST header'],
      certainty: 'certain',
      evidence: ['ALLOWED_HOSTS'],
    },
  },
  '400, and nothing more': {
    target,
    given: failing(http('/ready'), 'HTTP probe failed with statuscode: 400'),
    says: { summary: ['gets 400', 'TLS (HTTPS)', 'Host'], certainty: 'certain' },
  },
  '400 to HTTPS: not the scheme': {
    target,
    given: failing(http('/ready', 8443, 'HTTPS'), 'HTTP probe failed with statuscode: 400'),
    says: { summary: ['(HTTPS) gets 400'], certainty: 'certain' },
  },
  'a member that waits for its peers: the probe is not at fault': {
    target: 'demo/web-peers',
    given: cluster([
      ...withPods(web(http('/ready'), { env: [{ name: 'SEED_HOSTS', value: 'web-peers' }] }), (each) => unready(each)),
      service({ name: 'web-peers', selector: { app: 'web' }, spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
      event(
        podOf(web(http('/ready'))),
        'Unhealthy',
        'Readiness probe failed: HTTP probe failed with statuscode: 503',
        'web',
      ),
    ]),
    says: { summary: ['gets 503'], certainty: 'likely' },
  },
  'HTTPS to a plain port': {
    target,
    given: failing(
      http('/ready', 8080, 'HTTPS'),
      'Get "https://10.244.1.5:8080/ready": http: server gave HTTP response to HTTPS client',
    ),
    says: {
      summary: ['plain HTTP', 'scheme HTTP fits'],
      certainty: 'certain',
      patchCannotShow: 'the event of the old scheme stays',
    },
  },
  'too slow': {
    target,
    given: failing(
      http('/ready'),
      'Get "http://10.244.1.5:8080/ready": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      [get('/ready', 200)],
    ),
    says: { summary: ['timeoutSeconds 1'], certainty: 'certain' },
  },
  'a command that fails': {
    target,
    given: failing({ exec: { command: ['pg_isready', '-U', 'app'] } }, '/bin/sh: pg_isready: not found'),
    says: { summary: ['exec pg_isready -U app fails', 'not found'], certainty: 'certain' },
  },
  'gRPC that is not serving': {
    target,
    given: failing({ grpc: { port: 9000 } }, 'service unhealthy (responded with "NOT_SERVING")'),
    says: { summary: ['gRPC', 'NOT_SERVING'], certainty: 'certain' },
  },
  'a name that the container does not declare': {
    target,
    given: failing(http('/ready', 'metrics'), ''),
    says: {
      summary: ['names port metrics', 'does not declare'],
      certainty: 'certain',
      patchCannotShow: 'Pods stay as they are until the probe has run',
    },
  },
  'no event at all': {
    target,
    given: failing(http('/ready'), ''),
    says: { summary: ['no event tells why'], certainty: 'likely' },
  },
  'a first probe that is far away': {
    target,
    given: failing({ ...http('/ready'), initialDelaySeconds: 7200 }, ''),
    says: { summary: ['initialDelaySeconds'], certainty: 'certain' },
  },
  'one of three: the others serve': {
    target,
    given: cluster([...three.map((object) => (object === podOf(three) ? unready(podOf(three)) : object)), svc]),
    says: 'passed',
  },
  'Pods that are published all the same': {
    target,
    given: change(failing(http('/ready'), 'HTTP probe failed with statuscode: 404'), (draft) => {
      for (const object of draft.objects as {
        kind: string;
        metadata: { name: string };
        spec?: { publishNotReadyAddresses?: boolean };
      }[])
        if (object.kind === 'Service' && object.metadata.name === 'web' && object.spec)
          object.spec.publishNotReadyAddresses = true;
    }),
    says: 'passed',
  },
  'probes that succeed': { target, given: cluster([...web(http('/ready')), svc]), says: 'passed' },
});
