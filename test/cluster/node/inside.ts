import { type Server, connect } from 'node:net';
import { enforceNetworkPolicies } from './enforce.ts';
import { answerThatNoNameExists } from './resolver.ts';

/**
 * What the node's namespaces need besides Kubernetes, in one process inside them: `inside.ts STATE/`. A way in, a
 * resolver for names from outside, and the part of a network plugin that enforces NetworkPolicies.
 */

/** init.sh gives the node this address. */
const nodeAddress = '10.0.0.10';

const [, , state = ''] = process.argv;

/** The socket was made outside and belongs to the outside; what is opened here is inside. */
function relay(outside: Server): void {
  outside.on('connection', (from) => {
    const to = connect({ host: '127.0.0.1', port: 6443, allowHalfOpen: true });
    from.allowHalfOpen = true;
    from.pipe(to).pipe(from);
    const end = (): void => {
      from.destroy();
      to.destroy();
    };
    from.on('error', end);
    to.on('error', end);
  });
}

process.on('message', (message, outside) => {
  if (message === 'relay') {
    relay(outside as Server);
    process.send?.('relaying');
  } else {
    void enforceNetworkPolicies(`${state}policies.conf`);
  }
});
answerThatNoNameExists(nodeAddress);
