import { expect, test } from 'vitest';
import { startErrorIn } from '../../src/k8s/start-errors.ts';

const runc =
  'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ';

test.each([
  [`${runc}exec: "/app/start.sh": permission denied: unknown`, 'permission denied', '/app/start.sh'],
  [
    `${runc}exec: "/app/start.sh": stat /app/start.sh: no such file or directory: unknown`,
    'no such file',
    '/app/start.sh',
  ],
  [`${runc}exec: "serve": executable file not found in $PATH: unknown`, 'not in PATH', 'serve'],
  [
    'crun: executable file `/usr/bin/serve` not found in $PATH: No such file or directory',
    'not in PATH',
    '/usr/bin/serve',
  ],
  ['standard_init_linux.go:228: exec user process caused: exec format error', 'exec format error', ''],
  ['standard_init_linux.go:211: exec user process caused "no such file or directory"', 'no such file', ''],
  ['exec /docker-entrypoint.sh: exec format error', 'exec format error', '/docker-entrypoint.sh'],
  ['starting\n/bin/sh: /app/start.sh: Permission denied\n', 'permission denied', '/app/start.sh'],
  ['sh: 1: serve: not found', 'not in PATH', 'serve'],
  ['bash: line 1: exec: serve: not found', 'not in PATH', 'serve'],
])('%s', (text, kind, program) => expect(startErrorIn(text)).toMatchObject({ kind, program }));

test.each([
  'open /data/db: permission denied',
  'Error: user not found',
  'cannot exec query: permission denied for table users',
])('an app that fails at its work: %s', (text) => expect(startErrorIn(text)).toBeUndefined());
