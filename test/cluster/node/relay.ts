import { type Server, connect } from 'node:net';
import { answerThatNoNameExists } from './resolver.ts';

// init.sh gives the node this address.
answerThatNoNameExists('10.0.0.10');

/**
 * The way from the machine to the API server inside. The socket that listens was made outside and is handed over; what
 * this process, which runs inside, opens by itself is inside.
 */
process.once('message', (_, outside) => {
  const server = outside as Server;
  server.on('connection', (from) => {
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
  process.send?.('listening');
});
