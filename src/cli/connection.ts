import type { Connection } from '../cluster/connect.ts';
import type { ConnectionOptions } from './cluster-options.ts';
import { parseDuration } from './duration.ts';
import { version } from './version.ts';

/** The API server that the options name, with a word on stderr about what is odd about it. Close its transport when done. */
export async function connectionFor(options: ConnectionOptions, signal: AbortSignal): Promise<Connection> {
  const { connect } = await import('../cluster/connect.ts');
  const { kubeconfig, context, as, asGroup, namespace } = options;
  const connection = await connect(
    {
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
      ...(as === undefined ? {} : { as }),
      ...(asGroup === undefined ? {} : { asGroups: asGroup }),
      ...(namespace === undefined ? {} : { namespace }),
      requestTimeout: parseDuration(options.requestTimeout, '--request-timeout'),
      userAgent: `svcdoctor/${version}`,
    },
    signal,
  );
  for (const warning of connection.warnings) process.stderr.write(`warning: ${warning}\n`);
  return connection;
}
