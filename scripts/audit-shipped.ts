import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Asks the registry for known weaknesses of the packages that are in the bundle, by the bill of materials in dist/. What serves
 * development alone is left out. Ends with 0 where there is none, 1 where there is one, 3 where the registry cannot be asked.
 */

interface Audit {
  /** What npm says where it could not ask. */
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<
    Record<string, { readonly name: string; readonly severity: string; readonly nodes: readonly string[] }>
  >;
}

interface BillOfMaterials {
  readonly components: readonly { readonly group?: string; readonly name: string; readonly version: string }[];
}

const root = join(import.meta.dirname, '..');

const jsonAt = async <T>(path: string): Promise<T> => JSON.parse(await readFile(join(root, path), 'utf8')) as T;

const audit = await new Promise<Audit>((resolve) => {
  // It ends with 1 where it finds something, and prints JSON all the same.
  execFile('npm', ['audit', '--json'], { cwd: root, maxBuffer: 64 << 20 }, (error, stdout) => {
    try {
      resolve(JSON.parse(stdout) as Audit);
    } catch {
      resolve({ message: error?.message ?? 'it printed no JSON' });
    }
  });
});
if (audit.vulnerabilities === undefined) {
  const [why = ''] = (
    audit.message ??
    audit.error?.summary ??
    'it named no vulnerabilities, nor that there are none'
  ).split('\n');
  process.stderr.write(
    `not audited: npm audit asked the registry of this npm for the packages of package-lock.json, in vain: ${why}\n`,
  );
  process.exitCode = 3;
} else {
  const { components } = await jsonAt<BillOfMaterials>('dist/sbom.cdx.json');
  const shipped = new Set(
    components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`),
  );
  const weak: string[] = [];
  for (const { name, severity, nodes } of Object.values(audit.vulnerabilities))
    for (const node of nodes) {
      const { version } = await jsonAt<{ version: string }>(join(node, 'package.json'));
      if (shipped.has(`${name}@${version}`)) weak.push(`${name}@${version}: ${severity}`);
    }
  process.stdout.write(
    weak.length === 0 ? `${shipped.size} packages shipped, none with a known weakness\n` : `${weak.join('\n')}\n`,
  );
  process.exitCode = weak.length === 0 ? 0 : 1;
}
