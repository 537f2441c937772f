/** Why a program could not be started, as container runtimes, the kernel and shells say it. */
export interface StartError {
  readonly kind: 'permission denied' | 'no such file' | 'not in PATH' | 'exec format error' | 'is a directory';
  /** `/app/start.sh`; empty where nobody names it. */
  readonly program: string;
  /** The words that tell it, without the runtime's preamble. */
  readonly said: string;
}

const reason =
  '(permission denied|no such file or directory|executable file not found in \\$PATH|exec format error|is a directory|not found)';
const patterns: readonly RegExp[] = [
  new RegExp(`exec: "(?<program>[^"]+)": (?:(?:stat|fork/exec) [^:]+: )?${reason}`, 'i'), // runc
  new RegExp(`executable file \`(?<program>[^\`]+)\` not found|open executable: ${reason}`, 'i'), // crun
  new RegExp(`exec user process caused:? "?${reason}`, 'i'), // older runc
  new RegExp(`\\bexec (?<program>/\\S+): ${reason}`, 'i'), // runc's init, in the log
  new RegExp(`^(?:/bin/)?\\w*sh: (?:line )?(?:\\d+: )?(?:exec: )?(?<program>[^\\s:]+): ${reason}`, 'im'), // a shell
];

/** The first complaint of this kind in a message or a log. Sources: runc, crun, dash, bash and busybox sh. */
export function startErrorIn(text: string): StartError | undefined {
  for (const pattern of patterns) {
    const match = pattern.exec(text);
    if (!match) continue;
    return { kind: kindOf(match[0]), program: match.groups?.['program'] ?? '', said: match[0] };
  }
  return undefined;
}

function kindOf(said: string): StartError['kind'] {
  if (/permission denied/i.test(said)) return 'permission denied';
  if (/exec format error/i.test(said)) return 'exec format error';
  if (/is a directory/i.test(said)) return 'is a directory';
  if (/no such file/i.test(said)) return 'no such file';
  return 'not in PATH';
}
