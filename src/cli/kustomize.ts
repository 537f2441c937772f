import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { parseManifests, type Manifest } from '../snapshot/manifests.ts';
import { UserError } from '../snapshot/user-error.ts';

/** The objects of a kustomization, as `kustomize build` renders them, else as kubectl's own does. Their lines are those of the kustomization. */
export async function renderKustomization(
  folder: string,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Manifest[]> {
  const text =
    (await printed('kustomize', ['build', folder], signal)) ??
    (await printed('kubectl', ['kustomize', folder], signal));
  if (text === undefined)
    throw new UserError('no-kustomize', '--kustomize needs kustomize or kubectl, and neither is on the PATH', {
      hint: 'install one of them, or render it elsewhere: … | svcdoctor gate -f -',
    });
  const file = join(folder, 'kustomization.yaml');
  return parseManifests(text, file, namespace, false).map((manifest) => ({ ...manifest, lineOf: () => 1 }));
}

/** What a program prints; undefined where it is not installed. Throws a UserError with its own words where it fails. */
function printed(program: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    execFile(program, [...args], { signal, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      if (error.code === 'ENOENT') return resolve(undefined);
      if (signal.aborted) return reject(signal.reason as Error);
      const complaint = stderr.trim().split('\n').at(-1) ?? '';
      reject(
        new UserError(
          'kustomize-failed',
          `${program} ${args.join(' ')}: ${complaint.replace(/^error: /i, '') || error.message}`,
          {
            hint: 'it is rendered as it stands: correct the kustomization',
          },
        ),
      );
    });
  });
}
