import check from '../../../src/checks/dns/probe-without-plugin.ts';
import { healthy, withCorefile, withDns, withDnsPods } from '../../kit/dns.ts';
import { objectsIn } from '../../kit/cluster.ts';
import { examples } from '../../kit/examples.ts';

const probed = (field: string, path: string, port: number) =>
  withDns(healthy(), (object) => {
    if (object.kind !== 'Pod') return;
    const [container] = (object.spec as unknown as { containers: Record<string, unknown>[] }).containers;
    if (container) container[field] = { httpGet: { path, port, scheme: 'HTTP' } };
  });
const waiting = {
  containerStatuses: [
    {
      name: 'coredns',
      ready: false,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-03-02T09:00:20Z' } },
    },
  ],
};
const ready = withDnsPods(probed('readinessProbe', '/ready', 8181), waiting);
const without = (text: string) => text.replace('    ready\n', '');

examples(check, {
  'probed, and the plugin is there': { given: ready, says: 'passed' },
  'probed, and the plugin is not': {
    given: withCorefile(ready, without),
    says: {
      summary: ['readinessProbe', '8181', 'no plugin ready'],
      certainty: 'certain',
      evidence: ['/ready on port 8181'],
    },
  },
  'killed, since health is missing': {
    given: (() => {
      const killed = withCorefile(
        withDnsPods(probed('livenessProbe', '/health', 8080), {
          containerStatuses: [
            {
              name: 'coredns',
              ready: false,
              started: false,
              restartCount: 12,
              state: { waiting: { reason: 'CrashLoopBackOff' } },
              lastState: { terminated: { exitCode: 0, reason: 'Completed' } },
            },
          ],
        }),
        (text) => text.replace(/    health[\s\S]*?\}\n/, ''),
      );
      const pod = killed.objects.find(({ kind, metadata }) => kind === 'Pod' && metadata.namespace === 'kube-system');
      const event = objectsIn(
        `apiVersion: v1\nkind: Event\nmetadata: { name: coredns.1, namespace: kube-system }\ninvolvedObject: { kind: Pod, name: ${pod?.metadata.name}, namespace: kube-system }\nreason: Unhealthy\nmessage: 'Liveness probe failed: Get "http://10.244.0.2:8080/health": connect: connection refused'\n`,
      );
      return { ...killed, objects: [...killed.objects, ...event] };
    })(),
    says: { summary: ['livenessProbe', '8080', 'no plugin health'], certainty: 'certain' },
  },
  'it serves without': { given: withCorefile(healthy(), without), says: 'passed' },
  'the Corefile is not known': {
    given: withDns(ready, ({ kind }) => (kind === 'ConfigMap' ? 'gone' : undefined)),
    says: 'not-applicable',
  },
  'its node is lost': {
    given: (() => {
      const given = withCorefile(ready, without);
      return {
        ...given,
        objects: given.objects.map((object) =>
          object.kind === 'Node'
            ? { ...object, status: { conditions: [{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }] } }
            : object,
        ),
      };
    })(),
    says: 'passed',
  },
});
