import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, join } from 'node:path';
import { build, type BuildOptions, type Plugin } from 'esbuild';
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

/** It stays a file of its own, beside the script of the commands, which asks for it when it is needed. */
const clientNodeApart: Plugin = {
  name: 'client-node apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^@kubernetes\/client-node$/ }, ({ path }) => ({ path, namespace: 'apart' }));
    bundle.onLoad({ filter: /./, namespace: 'apart' }, () => ({
      contents:
        "module.exports = process.getBuiltinModule('node:module').createRequire(__dirname + '/')('./client-node.cjs');",
    }));
  },
};

/** Where to: dist/, or the folder named. Whatever is there makes way. */
const folder = process.argv[2] ?? 'dist';
const root = join(import.meta.dirname, '..');

const common = {
  outdir: folder,
  metafile: true,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.19',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * What main.ts imports when a command runs is bundled apart, into one script, so that --help loads one file, and a command one more. In the
 * place of each import stands the running of that script.
 */
const commands = new Map<string, string>();
const commandsApart: Plugin = {
  name: 'commands apart',
  setup(bundle) {
    bundle.onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const name = basename(path, '.ts');
      commands.set(name, join(resolveDir, path));
      return { path: name, namespace: 'command' };
    });
    bundle.onLoad({ filter: /./, namespace: 'command' }, ({ path }) => ({
      contents: `module.exports = require('./src/cli/code-cache.ts').exportsFor('${path}')['${path}']();`,
      resolveDir: root,
    }));
  },
};

/**
 * An import of one of Node's own modules reads every export of it at once: for fs, util and process that loads streams, promises and standard
 * output, 10 ms in all. Behind an object that inherits them, an export is loaded when it is used.
 */
const builtinsAsked: Plugin = {
  name: 'builtins asked for',
  setup(bundle) {
    const names = new Set(builtinModules);
    bundle.onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      return names.has(name) || path.startsWith('node:') ? { path: name, namespace: 'builtin' } : undefined;
    });
    bundle.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({
      contents:
        path === 'process'
          ? 'module.exports = process;'
          : `const builtin = process.getBuiltinModule('node:${path}');
             module.exports = typeof builtin === 'function' ? builtin : Object.create(builtin);`,
    }));
  },
};

/** commander starts programs only for commands that are files of their own. We have none, and to load what starts them costs 2 ms. */
const noSubprocesses: Plugin = {
  name: 'no subprocesses',
  setup(bundle) {
    bundle.onResolve({ filter: /^(node:)?child_process$/ }, ({ importer }) =>
      importer.includes('/commander/') ? { path: 'none', namespace: 'no-subprocesses' } : undefined,
    );
    bundle.onLoad({ filter: /./, namespace: 'no-subprocesses' }, () => ({ contents: 'export default {};' }));
  },
};

/**
 * Bundles what is published: no dependency is left to install. --help loads main.js, a command commands.cjs besides, and only who needs a proxy or
 * an auth provider client-node.cjs, which takes most of a second to load unbundled.
 */
await rm(folder, { recursive: true, force: true });
const main = {
  ...common,
  entryPoints: { main: 'src/cli/main.ts' },
  plugins: [commandsApart, noSubprocesses, builtinsAsked],
} as const satisfies BuildOptions;
// Once only to hear which commands there are.
await build({ ...main, define: { BUILD: '""' }, write: false });
const script = await build({
  ...common,
  entryNames: 'commands',
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  stdin: {
    contents: [...commands]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, path]) => `exports[${JSON.stringify(name)}] = () => require(${JSON.stringify(path)});`)
      .join('\n'),
    resolveDir: root,
  },
  plugins: [clientNodeApart, builtinsAsked],
  define: { 'import.meta.dirname': '__dirname' },
  banner: { js: '(function(module,__dirname){"use strict";var exports=module.exports;' },
  footer: { js: '})' },
});
const clientNode = await build({
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  entryPoints: { 'client-node': '@kubernetes/client-node' },
  plugins: [clientNodeInPart, builtinsAsked],
});
const bytes = await readFile(join(folder, 'commands.cjs'));
const BUILD = JSON.stringify(createHash('sha256').update(bytes).digest('hex').slice(0, 16));
const entry = await build({ ...main, define: { BUILD } });
await cp('src/report/report.schema.json', join(folder, 'report.schema.json'));
await cp('fixtures/demo', join(folder, 'demo'), {
  recursive: true,
  filter: (path) => path.endsWith('demo') || path.endsWith('.yaml'),
});
// The demo's API, in its ConfigMap, is a bundle of its own.
const packages = packagesIn([entry.metafile, script.metafile, clientNode.metafile, (await bundleDemoApi()).metafile]);
await writeFile(join(folder, 'THIRD_PARTY_LICENSES.txt'), licencesOf(packages));
await writeFile(join(folder, 'sbom.cdx.json'), billOfMaterials(packages));
