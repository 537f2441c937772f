import { cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/**
 * Bundles what is published into dist/: no dependency is left to install, and each command loads only the chunks it needs
 * (importing @kubernetes/client-node unbundled costs most of a second).
 */
await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  // CommonJS packages in the bundle ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
  },
});
await cp('src/report/report.schema.json', 'dist/report.schema.json');
await cp('fixtures/demo', 'dist/demo', {
  recursive: true,
  filter: (path) => path.endsWith('demo') || path.endsWith('.yaml'),
});
