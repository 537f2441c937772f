import type { ProbeTransport } from '../probes/transport.ts';
import type { Connection } from './connect.ts';
import { runBeside } from './debug.ts';
import { callOver, secured } from './over-forward.ts';
import { openForward } from './port-forward.ts';
import { runIn } from './exec.ts';

/** How probes reach into the cluster at the other end of a connection. */
export const probeTransportOf = (connection: Connection): ProbeTransport => ({
  forward: (pod, ports, signal) => openForward(connection, pod, ports, signal),
  secure: secured,
  call: callOver,
  exec: (container, command, signal) => runIn(connection, container, command, signal),
  debug: (container, image, command, signal) => runBeside(connection, container, image, command, signal),
});
