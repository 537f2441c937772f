import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** The fields of an image's configuration that our images use, spelled as the specification spells them. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** Node's names for processors, as Go and so the image specification know them. */
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** Packs a folder as an image of one layer into an archive that `ctr images import` takes; the same in, the same out. */
export async function packImage(root: string, name: string, config: ImageConfig, archive: string): Promise<void> {
  const folder = await mkdtemp(`${archive}.`);
  try {
    await mkdir(join(folder, 'blobs', 'sha256'), { recursive: true });
    const layer = await layerOf(root, folder);
    const created = '1970-01-01T00:00:00Z';
    const image = await blob(folder, 'application/vnd.oci.image.config.v1+json', {
      architecture,
      os: 'linux',
      created,
      config,
      rootfs: { type: 'layers', diff_ids: [layer.digest] },
      history: [{ created }],
    });
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = await blob(folder, mediaType, { schemaVersion: 2, mediaType, config: image, layers: [layer] });
    const annotations = { 'io.containerd.image.name': name };
    await writeFile(join(folder, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    await writeFile(
      join(folder, 'index.json'),
      JSON.stringify({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
    const unfinished = join(folder, 'archive.tar');
    await exec('tar', ['-C', folder, '-cf', unfinished, 'oci-layout', 'index.json', 'blobs']);
    await mkdir(dirname(archive), { recursive: true });
    await rename(unfinished, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function layerOf(root: string, folder: string): Promise<Descriptor> {
  const unnamed = join(folder, 'layer.tar');
  await exec('tar', ['--sort=name', '--mtime=@0', '--numeric-owner', '-C', root, '-cf', unnamed, '.']);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(unnamed)) hash.update(chunk as Buffer);
  const { size } = await stat(unnamed);
  const digest = hash.digest('hex');
  await rename(unnamed, join(folder, 'blobs', 'sha256', digest));
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${digest}`, size };
}

async function blob(folder: string, mediaType: string, content: object): Promise<Descriptor> {
  const text = JSON.stringify(content);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(folder, 'blobs', 'sha256', digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}
