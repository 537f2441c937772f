import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UserError } from '../snapshot/user-error.ts';

/**
 * All or nothing, and nobody else can read it: written beside the file, then put in its place; a link is followed.
 * Throws a UserError with the hint given where that cannot be.
 */
export async function writePrivately(file: string, text: string | Iterable<string>, hint: string): Promise<void> {
  const failed = (why: string, cause?: unknown) =>
    new UserError('cannot-write', `cannot write ${file}: ${why}`, { hint, cause });
  const place = await realpath(file).catch(() => file);
  // Putting a file in the place of /dev/stdout, a pipe or a folder would destroy what is there.
  const there = await stat(place).catch(() => undefined);
  if (there && !there.isFile()) throw failed(there.isDirectory() ? 'it is a directory' : 'it is not a regular file');
  const beside = `${place}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  try {
    await writeFile(beside, text, { mode: 0o600, flag: 'wx' });
    await rename(beside, place);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw failed((error instanceof Error ? error.message.split('\n')[0] : undefined) ?? String(error), error);
  }
}
