import { existsSync } from 'node:fs';
import { installObstacle, onPath, runs, type Packages } from '../../kit/debian-packages.ts';
import { postgresVersions } from './images.ts';

/** What a node is made of. */
export const nodePackages: Packages = {
  containerd: () => onPath('containerd', 'ctr'),
  runc: () => onPath('runc'),
  'containernetworking-plugins': async () => existsSync('/usr/lib/cni/ptp'),
  iproute2: () => onPath('ip'),
  iptables: () => onPath('iptables'),
  nftables: () => onPath('nft'),
  'busybox-static': () => onPath('busybox'),
  postgresql: async () => (await postgresVersions()).length > 0,
};

/** Why this machine cannot run a node, for a person; `undefined` if it can, perhaps after installing packages. */
export async function nodeObstacle(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root';
  const unshare = await runs('unshare', '--net', '--mount', '--pid', '--fork', 'mount', '--make-rprivate', '/');
  if (!unshare) return 'this root may not make namespaces and mounts of its own';
  return installObstacle(nodePackages);
}
