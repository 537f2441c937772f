import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPlane } from '../test/cluster/record.ts';

/** An API server that is far away: each answer begins that much later. What was asked is noted. */
export interface DelayingProxy extends AsyncDisposable {
  readonly server: string;
  /** Begins to note anew. */
  forget(): void;
  readonly requests: number;
  /** How many requests waited for each other: the longest chain in which each began after the one before had ended. */
  readonly sequence: number;
}

/** In front of a control plane on loopback, with its certificate; HTTP/2 as well as HTTP/1.1, as the API server speaks them. */
export async function delayingProxy({ state, server }: ControlPlane, milliseconds: number): Promise<DelayingProxy> {
  const [cert, key] = await Promise.all(
    ['apiserver.crt', 'apiserver.key'].map((name) => readFile(join(state, 'pki', name))),
  );
  if (!cert || !key) throw new Error('no certificate');
  const agent = new Agent({ keepAlive: true, ca: cert });
  let seen: { readonly from: number; readonly to: number }[] = [];
  const proxy = http2.createSecureServer({ cert, key, allowHTTP1: true }, async (asked, answer) => {
    const from = performance.now();
    await delay(milliseconds);
    const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !name.startsWith(':')));
    const { method, url } = asked;
    const onward = request(new URL(url, server), { method, headers, agent }, (response) => {
      const { connection: _, 'transfer-encoding': __, 'keep-alive': ___, ...kept } = response.headers;
      answer.writeHead(response.statusCode ?? 502, kept);
      response.on('data', (chunk: Buffer) => answer.write(chunk));
      response.on('end', () => {
        seen.push({ from, to: performance.now() });
        answer.end();
      });
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    server: `https://127.0.0.1:${port}`,
    forget: () => void (seen = []),
    get requests() {
      return seen.length;
    },
    get sequence() {
      return longestChain(seen);
    },
    [Symbol.asyncDispose]: async () => {
      agent.destroy();
      proxy.close();
    },
  };
}

function longestChain(intervals: readonly { readonly from: number; readonly to: number }[]): number {
  const ordered = [...intervals].sort((a, b) => a.from - b.from);
  const lengths: { readonly to: number; readonly length: number }[] = [];
  for (const { from, to } of ordered) {
    const before = lengths.filter((each) => each.to <= from).map(({ length }) => length);
    lengths.push({ to, length: 1 + Math.max(0, ...before) });
  }
  return Math.max(0, ...lengths.map(({ length }) => length));
}
