import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { generator, runLoad } from '../load/load.ts';
import { configMapBody } from '../load/objects.ts';
import type { FigureName } from '../reference.ts';
import type { Figure } from '../table.ts';

/** What Node.js, TLS and the load generator allow on this machine: nothing that is measured here can be quicker. */
export async function ceiling(bench: Bench): Promise<Figure[]> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../load/bare-server.ts')], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  bench.children.add(child);
  try {
    const port = await new Promise<string>((resolve, reject) => {
      child.stdout!.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
      child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
    });
    const rate = async (name: FigureName, method: 'GET' | 'POST', path: string, connections: number, options: { readonly body?: string; readonly seconds?: number } = {}): Promise<Figure> => {
      const { body, seconds: longest = 3 } = options;
      const load = { url: `https://127.0.0.1:${port}`, token: 'none', connections, seconds: bench.quick ? Math.ceil(longest / 3) : longest, method, path, ...(body !== undefined && { body }) };
      const { requests, seconds, bytes } = await runLoad(bench, load);
      return { name, value: requests / seconds, note: `${generator}, ${Math.round(bytes / seconds / 1e6)} MB/s` };
    };
    return [
      await rate('ceiling: small GETs of a bare HTTPS server', 'GET', '/', 16),
      await rate('ceiling: 0.94 MB answers of a bare HTTPS server', 'GET', '/large', 4),
      await rate('ceiling: 35 MB answers of a bare HTTPS server', 'GET', '/long', 4, { seconds: 9 }),
      await rate('ceiling: POSTs of JSON parsed and written back', 'POST', '/', 16, { body: configMapBody }),
    ];
  } finally {
    child.kill('SIGKILL');
    bench.children.delete(child);
  }
}
