#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const here = (path) => new URL(path, import.meta.url);

if (major > 22 || (major === 22 && minor >= 19)) {
  // Asked for like this, and not imported, they load no more than is used.
  const [{ existsSync }, { enableCompileCache }] = ['fs', 'module'].map((name) => process.getBuiltinModule(name));
  // A checkout runs its sources as they are; the published package holds the bundle alone, which sees to what is compiled itself.
  const isCheckout = existsSync(here('../src/cli/main.ts'));
  if (isCheckout) enableCompileCache?.();
  const entry = isCheckout ? '../src/cli/main.ts' : '../dist/main.js';
  const { main } = await import(entry);
  process.exitCode = await main(process.argv.slice(2));
} else if ((await import('node:fs')).existsSync(here('../node_modules/node/bin/node'))) {
  // In a checkout `npm ci` has put a current Node beside us: hand over to it.
  const { spawnSync } = await import('node:child_process');
  const { fileURLToPath } = await import('node:url');
  const [node, program] = [here('../node_modules/node/bin/node'), here('./svcdoctor.js')].map(fileURLToPath);
  const { status, signal } = spawnSync(node, [program, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = signal ? 130 : (status ?? 2);
} else {
  process.stderr.write(
    `svcdoctor needs Node 22.19 or newer; this is ${process.versions.node}.\nhint: install a current Node, or run it with one: npx -p node@24 -p svcdoctor svcdoctor\n`,
  );
  process.exitCode = 2;
}
