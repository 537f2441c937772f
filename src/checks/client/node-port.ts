import { portMissOf } from '../../k8s/client-ports.ts';
import { formatServicePort } from '../../k8s/ports.ts';
import { editsOf, nameOfSetting, sayingsOf, shownSetting } from '../../k8s/setting-edits.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

export default defineCheck({
  id: 'client/node-port',
  title: 'The client calls the nodePort on the Service’s name',
  why: 'A nodePort is open on the addresses of the nodes. The Service’s own name and ClusterIP answer on its port only.',
  impact: 'breaks',
  needs: ['service', 'client', 'clientCalls'],
  evaluate({ service, client, clientCalls }) {
    const { name, namespace = '' } = service.metadata;
    if (!(service.spec.ports ?? []).some(({ nodePort }) => nodePort))
      return notApplicable('the Service opens no nodePort');
    const misses = clientCalls.flatMap((call) => {
      const miss = portMissOf(call, service, []);
      return miss?.kind === 'node' ? [miss] : [];
    });
    const [first] = misses;
    if (!first) return passed('the client calls no nodePort on the name of the Service');
    const own = first.right?.port ?? 0;
    const { reference, port } = first;
    return problem({
      certainty: 'certain',
      summary: `${sayingsOf(reference)}: ${port} is the nodePort, Service ${name} itself listens on ${own}`,
      evidence: allOf([
        ...misses.flatMap(({ reference: { setting, portSetting, host } }) =>
          [setting, ...(portSetting ? [portSetting] : [])].map((part) => {
            const { path, saw } = shownSetting(part, host);
            return evidence(part.object, path, saw);
          }),
        ),
        evidence(
          service,
          'spec.ports',
          (service.spec.ports ?? [])
            .map((each) => `${formatServicePort(each)}, nodePort ${each.nodePort ?? 'none'}`)
            .join('; '),
        ),
      ]),
      confirm: [
        confirm(
          kubectl('get', 'service', name, '-n', namespace),
          `PORT(S) ${own}:${port}/TCP: the first is the Service’s, the second the nodes’`,
        ),
      ],
      fix: {
        explain: `Call ${name} on port ${own} in ${nameOfSetting(reference.portSetting ?? reference.setting)}; ${port} is for callers outside, on a node’s address.`,
        ...editsOf(
          misses.map((miss) => miss.reference),
          (each) => ({ port: misses.find((miss) => miss.reference === each)?.right?.port ?? own }),
          client.object,
        ),
      },
    });
  },
});
