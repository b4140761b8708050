import { createReadStream, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join, normalize, resolve, sep } from 'node:path';

const types: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', json: 'application/json', txt: 'text/plain; charset=utf-8', svg: 'image/svg+xml', png: 'image/png' };

/** Answers with a file below a folder, and with `index.html` for a folder; never with one outside of it. */
export function serveFile(response: ServerResponse, folder: string, path: string): void {
  const root = resolve(folder);
  let wanted: string;
  try {
    wanted = join(root, normalize(`/${decodeURIComponent(path)}`));
  } catch {
    response.writeHead(400).end();
    return;
  }
  const notFound = (): void => void response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  if (wanted !== root && !wanted.startsWith(root + sep)) return notFound();
  const file = statSync(wanted, { throwIfNoEntry: false })?.isDirectory() === true ? join(wanted, 'index.html') : wanted;
  const status = statSync(file, { throwIfNoEntry: false });
  if (status?.isFile() !== true) return notFound();
  response.writeHead(200, { 'content-type': types[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream', 'content-length': status.size });
  createReadStream(file).on('error', () => response.destroy()).pipe(response);
}
