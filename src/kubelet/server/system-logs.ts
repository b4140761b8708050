import type { SystemLog } from '../host.ts';
import type { ServedKubelet } from './served-kubelet.ts';
import { HttpError } from './served-kubelet.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);

/** A folder as Go's file server shows it. */
function page(names: readonly string[]): string {
  const lines = names.map((name) => `<a href="${escaped(encodeURIComponent(name).replaceAll('%2F', '/'))}">${escaped(name)}</a>\n`);
  return `<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n${lines.join('')}</pre>\n`;
}

/** What the machine writes of itself, by the path below `/logs`. A machine that exists in memory alone has written nothing. Throws HttpError. */
export async function systemLog({ context }: ServedKubelet, names: readonly string[]): Promise<{ readonly contentType: string; readonly body: string | AsyncIterable<Uint8Array> }> {
  if (!context.systemLogs) throw new HttpError(405, 'logs endpoint is disabled.');
  const { host } = context;
  const nothing: SystemLog | undefined = names.length === 0 ? { kind: 'folder', names: [] } : undefined;
  const found = host.readSystemLog === undefined ? nothing : await host.readSystemLog(names);
  if (found === undefined) throw new HttpError(404, '404 page not found');
  return found.kind === 'folder' ? { contentType: 'text/html; charset=utf-8', body: page(found.names) } : { contentType: 'text/plain; charset=utf-8', body: found.content };
}
