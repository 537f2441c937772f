import { networkPluginOf } from '../../k8s/network-plugin.ts';
import { connected } from '../../snapshot/tried-paths.ts';
import { allOf, confirm, defineCheck, evidence, kubectl, notApplicable, passed, problem } from '../define.ts';

const tooLong = /message too long|frag(?:mentation)? needed|need to frag|mtu ?[=:]? ?\d+/i;
const stalled =
  /(operation )?timed out after \d+ milliseconds with (\d+)( out of \d+)? bytes received|0 bytes received|TLS handshake timeout|read timed out/i;

export default defineCheck({
  id: 'dataplane/mtu',
  title: 'Large packets are lost on the way (MTU)',
  why: 'An overlay adds its own header to each packet. Where Pods use the full MTU of the network below, small packets (the handshake) pass and full ones are dropped: connections open, then hang on the first large answer or on TLS.',
  impact: 'degrades',
  needs: ['service', 'execs'],
  uses: ['triedPaths', 'networkAgents', 'pods', 'client'],
  evaluate({ service, execs, triedPaths = [], networkAgents, pods = [], client }) {
    const known = [...pods, ...(client?.pods ?? [])];
    const opens = triedPaths.some(connected);
    const said = execs.flatMap((exec) => {
      const line =
        exec.output.split('\n').find((each) => tooLong.test(each)) ??
        (opens && exec.exitCode !== 0 ? exec.output.split('\n').find((each) => stalled.test(each)) : undefined);
      return line !== undefined && exec.exitCode !== 0 ? [{ exec, line: line.trim(), proven: tooLong.test(line) }] : [];
    });
    const [first] = said;
    if (!first)
      return execs.length > 0
        ? passed('nothing that was run hangs on large packets')
        : notApplicable('nothing was run in the client');
    const plugin = networkPluginOf(networkAgents?.daemonSets ?? [], networkAgents?.configMaps ?? []);
    const size = /-s\s*(\d+)/.exec(first.exec.command.join(' '))?.[1];
    const mtu = /mtu ?[=:]? ?(\d+)/i.exec(first.line)?.[1];
    return problem({
      certainty: first.proven ? 'certain' : 'likely',
      summary: `Connections open, but large packets are lost${size ? ` (${size} bytes)` : ''}: the MTU of the Pod network is larger than the way allows${mtu ? ` (mtu ${mtu})` : ''}`,
      evidence: allOf([
        ...said
          .slice(0, 3)
          .map(({ exec, line }) =>
            evidence(
              known.find(
                ({ metadata }) => metadata.name === exec.pod.name && metadata.namespace === exec.pod.namespace,
              ) ?? service,
              `exec ${exec.command.join(' ').slice(0, 80)}`,
              `exit ${exec.exitCode}: ${line}`,
            ),
          ),
        ...triedPaths
          .filter(connected)
          .slice(0, 1)
          .map((path) =>
            evidence(
              path.from ?? service,
              'connect',
              `to ${path.connect.to.address}:${path.connect.to.port}: connected`,
            ),
          ),
        ...(plugin.object ? [evidence(plugin.object, 'metadata.name', `${plugin.name}: ${plugin.carries}`)] : []),
      ]),
      confirm: [
        confirm(
          kubectl(
            'exec',
            '-n',
            first.exec.pod.namespace,
            first.exec.pod.name,
            '--',
            'ping',
            '-M',
            'do',
            '-s',
            '1472',
            '-c',
            '1',
            service.spec.clusterIP === 'None' ? service.metadata.name : (triedPaths[0]?.connect.to.address ?? 'POD-IP'),
          ),
          'message too long, or no answer, while -s 1300 answers',
        ),
      ],
      fix: {
        explain:
          'Lower the MTU of the Pod network below that of the nodes’ interfaces: 50 bytes for VXLAN, 20 for IPIP, 60 for WireGuard (for example 1450 or 1440), in the configuration of the network plugin, and make the Pods anew.',
      },
    });
  },
});
