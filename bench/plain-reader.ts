import { readFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { parse } from 'yaml';

/** The least that a program in Node can do with a cluster: fetch three lists in pages, one after another, parse each page, and forget it. */

interface Kubeconfig {
  readonly clusters: readonly [{ readonly cluster: { readonly server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ readonly user: { readonly token: string } }];
}

const config = parse(await readFile(process.env['KUBECONFIG'] ?? '', 'utf8')) as Kubeconfig;
const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster;
const agent = new Agent({ keepAlive: true, ca: Buffer.from(authority, 'base64') });
const headers = { authorization: `Bearer ${config.users[0].user.token}`, accept: 'application/json' };

interface Page {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly unknown[];
}

const page = (path: string): Promise<Page> =>
  new Promise((resolve, reject) => {
    get(new URL(path, server), { agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString()) as Page));
    }).on('error', reject);
  });

let read = 0;
for (const list of ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices', '/api/v1/pods']) {
  for (let next: string | undefined = ''; next !== undefined;) {
    const { items, metadata } = await page(`${list}?limit=500${next ? `&continue=${encodeURIComponent(next)}` : ''}`);
    read += items.length;
    next = metadata.continue || undefined;
  }
}
agent.destroy();
process.stdout.write(`${read} objects\n`);
