import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Clock } from '../../base/clock.ts';
import { timeoutSignal } from '../../base/clock.ts';

/** A document that was had over HTTPS. */
export interface FetchedDocument {
  readonly text: string;
  /** Seconds for which its server says it holds; undefined when it does not say. */
  readonly maxAgeSeconds: number | undefined;
}

export interface FetchOptions {
  readonly clock: Clock;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
  readonly timeoutMs: number;
  /** A longer document is refused. */
  readonly maxBytes: number;
}

/** GETs a small document. Rejects when it is not had with status 200 in time; redirects are not followed. */
export async function fetchDocument(url: string, options: FetchOptions): Promise<FetchedDocument> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'https:') throw new Error(`not supported: ${JSON.stringify(url)}: only https URLs are fetched`);
  const { signal, cancel } = timeoutSignal(options.clock, options.timeoutMs);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { method: 'GET', signal, headers: { accept: 'application/json' }, ...(options.ca !== undefined && { ca: options.ca }) }, resolve)
        .on('error', (error) => reject(new Error(`GET ${url}: ${signal.aborted ? 'timed out' : error.message}`, { cause: error })))
        .end();
    });
    const text = await readAll(response, options.maxBytes, url);
    if (response.statusCode !== 200) throw new Error(`GET ${url}: status ${response.statusCode}`);
    const age = /(?:^|[\s,])max-age=(\d{1,9})/i.exec(response.headers['cache-control'] ?? '')?.[1];
    return { text, maxAgeSeconds: age === undefined ? undefined : Number(age) };
  } finally {
    cancel();
  }
}

async function readAll(response: IncomingMessage, maxBytes: number, url: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      response.destroy();
      throw new Error(`GET ${url}: the answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
