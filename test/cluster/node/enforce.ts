import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { type Api, apiOf } from '../api.ts';
import type { Pod } from '../objects.ts';
import { searchPath } from '../processes.ts';
import { type Namespace, type NetworkPolicy, packetFilter } from './network-policies.ts';

const collections = ['/apis/networking.k8s.io/v1/networkpolicies', '/api/v1/pods', '/api/v1/namespaces'] as const;

/** Keeps the packet filter as the NetworkPolicies want it, a moment after each change, for as long as it lives. */
export async function enforceNetworkPolicies(kubeconfig: string): Promise<never> {
  const api = await apiOf(kubeconfig);
  let changed = Promise.withResolvers<void>();
  for (const path of collections) void follow(api, path, () => changed.resolve());
  for (let inPlace = ''; ;) {
    changed = Promise.withResolvers();
    try {
      const wanted = await rulesFor(api);
      if (wanted !== inPlace) await nft(wanted);
      inPlace = wanted;
      await changed.promise;
      // A rollout changes many things at once.
      await delay(20);
    } catch (cause) {
      console.error('network policies:', cause);
      await delay(500);
    }
  }
}

async function rulesFor(api: Api): Promise<string> {
  const [policies, pods, namespaces] = await Promise.all([
    api.list<NetworkPolicy>(collections[0]),
    api.list<Pod>(collections[1]),
    api.list<Namespace>(collections[2]),
  ]);
  return packetFilter('network_policies', { policies, pods, namespaces });
}

/** Calls back whenever something in the collection may have changed, also after each time it could not look. */
async function follow(api: Api, path: string, changed: () => void): Promise<never> {
  for (;;) {
    await api.watch(path, changed).catch(() => delay(500));
    changed();
  }
}

function nft(rules: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { env: { PATH: searchPath() }, stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`nft: ${complaint}\n${rules}`))));
    child.stdin.end(rules);
  });
}
