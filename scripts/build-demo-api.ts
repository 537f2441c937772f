import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { stringify } from 'yaml';

/** fixtures/demo/api/server.ts with all that it imports, and what went into it. */
export async function bundleDemoApi(): Promise<{ readonly text: string; readonly metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(import.meta.dirname, '../fixtures/demo/api/server.ts')],
    bundle: true,
    write: false,
    metafile: true,
    minify: true,
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    legalComments: 'none',
    external: ['pg-native'],
    plugins: [leaveOut],
    logLevel: 'error',
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error('esbuild wrote nothing');
  return { text: bundle.text, metafile };
}

/**
 * The bundle in the ConfigMap that the manifests mount, so that the demo needs no image of its own. `kubectl apply` keeps a copy of each
 * object in an annotation of at most 256 KB: what the API never uses is left out of the bundle.
 */
export async function demoApiManifest(): Promise<string> {
  const { text } = await bundleDemoApi();
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'api-server',
      namespace: 'demo',
      labels: { app: 'api', 'app.kubernetes.io/managed-by': 'svcdoctor' },
    },
    data: { 'server.cjs': text },
  };
  return [
    '# The bundled server of fixtures/demo/api, made by "npm run build:demo". Change server.ts there, not this file.',
    stringify(configMap, { lineWidth: 0 }),
  ].join('\n');
}

/** Request bodies in exotic character sets and the table of all media types: two thirds of the bundle, and the API reads no body. */
const leaveOut: Plugin = {
  name: 'leave out what the API never uses',
  setup(bundle) {
    bundle.onResolve({ filter: /^(body-parser|iconv-lite|mime-db|object-inspect)$/ }, ({ path }) => ({
      path,
      namespace: 'left-out',
    }));
    bundle.onLoad({ filter: /^mime-db$/, namespace: 'left-out' }, () => ({
      contents: JSON.stringify(mediaTypes),
      loader: 'json',
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

const mediaTypes = {
  'application/json': { charset: 'UTF-8', compressible: true, extensions: ['json'] },
  'application/octet-stream': { extensions: ['bin'] },
  'text/html': { compressible: true, extensions: ['html'] },
  'text/plain': { compressible: true, extensions: ['txt'] },
};

if (process.argv[1] === import.meta.filename) {
  await writeFile(join(import.meta.dirname, '../fixtures/demo/api-server.yaml'), await demoApiManifest());
}
