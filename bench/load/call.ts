import type { Agent } from 'node:https';
import { request } from 'node:https';

export interface CallResult {
  readonly code: number;
  readonly body: string;
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly text?: string;
  readonly agent?: Agent;
  /** Of the body. Default JSON. */
  readonly contentType?: string;
}

/** One request and its whole answer. The server's certificate is not looked at: it is on this machine and was just made. */
export function call(url: string, token: string, method: string, path: string, options: CallOptions = {}): Promise<CallResult> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url + path, {
      method,
      rejectUnauthorized: false,
      timeout: 90_000,
      ...(options.agent !== undefined && { agent: options.agent }),
      headers: { authorization: `Bearer ${token}`, 'content-type': options.contentType ?? 'application/json' },
    }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => resolve({ code: incoming.statusCode ?? 0, body })).on('error', reject);
    });
    outgoing.on('error', reject).on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer in 90 s`)));
    outgoing.end(options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body)));
  });
}

/** As `call`, with the answer parsed. Rejects for anything but success. */
export async function callJson<T>(url: string, token: string, method: string, path: string, options: CallOptions = {}): Promise<T> {
  const { code, body } = await call(url, token, method, path, options);
  if (code >= 300) throw new Error(`${method} ${path}: ${code} ${body.slice(0, 300)}`);
  return JSON.parse(body) as T;
}
