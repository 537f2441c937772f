import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { bundleDemoApi } from './build-demo-api.ts';
import { billOfMaterials, licencesOf, packagesIn } from './third-party.ts';

/**
 * Of client-node we call its KubeConfig alone. A dynamic import keeps everything that a package exports, so the bundle gets a module that
 * exports just that; and what nobody calls, its models of every Kubernetes object, has no side effects to be kept for.
 */
const clientNodeInPart: Plugin = {
  name: 'client-node in part',
  setup(bundle) {
    bundle.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ path, resolveDir }) => ({
      path,
      namespace: 'in-part',
      pluginData: { resolveDir },
    }));
    bundle.onLoad({ filter: /./, namespace: 'in-part' }, ({ pluginData }) => ({
      contents: "export { KubeConfig } from '@kubernetes/client-node/dist/config.js';",
      resolveDir: (pluginData as { readonly resolveDir: string }).resolveDir,
    }));
    bundle.onResolve({ filter: /./ }, async ({ path, pluginData, ...options }) => {
      const inside =
        options.importer.includes('@kubernetes/client-node') || path.startsWith('@kubernetes/client-node/');
      if (!inside || pluginData === 'seen') return undefined;
      return { ...(await bundle.resolve(path, { ...options, pluginData: 'seen' })), sideEffects: false };
    });
  },
};

/** Where to: dist/, or the folder named. Whatever is there makes way. */
const folder = process.argv[2] ?? 'dist';

/**
 * Bundles what is published: no dependency is left to install, and each command loads only the chunks it needs
 * (importing @kubernetes/client-node unbundled costs most of a second).
 */
await rm(folder, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: folder,
  metafile: true,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  plugins: [clientNodeInPart],
  // CommonJS packages in the bundle ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);",
  },
});
await cp('src/report/report.schema.json', join(folder, 'report.schema.json'));
await cp('fixtures/demo', join(folder, 'demo'), {
  recursive: true,
  filter: (path) => path.endsWith('demo') || path.endsWith('.yaml'),
});
// The demo's API, in its ConfigMap, is a bundle of its own.
const packages = packagesIn([metafile, (await bundleDemoApi()).metafile]);
await writeFile(join(folder, 'THIRD_PARTY_LICENSES.txt'), licencesOf(packages));
await writeFile(join(folder, 'sbom.cdx.json'), billOfMaterials(packages));
