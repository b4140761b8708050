import { encodeJson } from '../../api/codec/json.ts';
import type { Random } from '../../base/random.ts';
import { outside } from '../../base/outside-work.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { answerError } from './answer-error.ts';
import { serviceEndpoint } from './service-endpoint.ts';
import type { WebhookIdentities } from './webhook-identities.ts';
import type { WebhookTransport } from './webhook-transport.ts';

/** Where a webhook is, as webhook configurations and CustomResourceDefinitions say it: by URL, or by Service. */
export interface WebhookLocation {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  /** Base64 of PEM. */
  readonly caBundle?: string;
}

export interface WebhookCallOptions {
  /** How long it may take, milliseconds of real time; the webhook is told. */
  readonly timeoutMs: number;
  /** Default 16 MiB. */
  readonly maxAnswerBytes?: number;
  /** The request on whose behalf it is asked. */
  readonly signal?: AbortSignal | undefined;
  /** Whom the webhook is shown; nobody by default. */
  readonly identities?: WebhookIdentities | undefined;
}

const defaultMaxAnswerBytes = 16 * 1024 * 1024;
const defaultPort = 443;

interface Destination {
  /** Without the query, as errors show it. */
  readonly url: string;
  readonly path: string;
  readonly authority: string;
  readonly serverName: string;
  resolve(): { readonly host: string; readonly port: number };
}

/**
 * Asks webhooks: what dynamic admission and the conversion of custom resources share. Virtual clocks stand still while
 * one is asked.
 */
export class WebhookClient {
  readonly #transport: WebhookTransport | undefined;
  readonly #parts: { readonly reader: ObjectReader; readonly random: Random };

  /** Without a transport every call fails, and says why. */
  constructor(options: { readonly transport: WebhookTransport | undefined; readonly reader: ObjectReader; readonly random: Random }) {
    this.#transport = options.transport;
    this.#parts = options;
  }

  /**
   * Posts `body` as JSON and resolves with the bytes of a successful answer, which are not read yet. Rejects with an
   * Error whose message is what upstream's client says (`Post "https://…?timeout=10s": dial tcp …`), for callers to put
   * the webhook's name before.
   */
  async call(location: WebhookLocation, body: object, options: WebhookCallOptions): Promise<Uint8Array> {
    const { timeoutMs, maxAnswerBytes = defaultMaxAnswerBytes, signal, identities } = options;
    const { url, path, authority, serverName, resolve } = this.#destination(location);
    const query = `?timeout=${timeoutMs % 1000 === 0 ? `${timeoutMs / 1000}s` : `${timeoutMs}ms`}`;
    let answer;
    try {
      if (this.#transport === undefined) throw new Error('not supported: this API server has no way to reach webhooks');
      const ca = location.caBundle === undefined || location.caBundle === '' ? undefined : atob(location.caBundle);
      answer = await outside(this.#transport.post({ ...resolve(), serverName, authority, path: path + query, ca, body: encodeJson(body), timeoutMs, maxAnswerBytes, signal, credentials: identities?.(withPort(authority)) }));
    } catch (error) {
      throw new Error(`Post ${JSON.stringify(url + query)}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    if (answer.code < 200 || answer.code > 206) throw answerError(answer);
    if (answer.body.length === 0) throw new Error(`0-length response with status code: ${answer.code} and content type: ${answer.contentType}`);
    return answer.body;
  }

  #destination({ url, service }: WebhookLocation): Destination {
    if (service !== undefined) {
      const { namespace, name, port = defaultPort } = service;
      const serverName = `${name}.${namespace}.svc`;
      const path = cleanPath(service.path ?? '');
      return { url: `https://${serverName}:${port}${path}`, path, authority: `${serverName}:${port}`, serverName, resolve: () => serviceEndpoint(this.#parts, { namespace, name, port }) };
    }
    if (url === undefined || url === '') throw new Error('webhook configuration must have either service or URL');
    const shown = /^https:\/\/([^/?#]+)/i.exec(url);
    if (shown === null || !URL.canParse(url)) throw new Error(`Unparsable URL: ${JSON.stringify(url)}`);
    const { hostname, port, pathname } = new URL(url);
    const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
    const path = cleanPath(pathname);
    return { url: `https://${shown[1]!}${path}`, path, authority: shown[1]!, serverName: host, resolve: () => ({ host, port: port === '' ? defaultPort : Number(port) }) };
  }
}

const withPort = (authority: string): string => (/:\d+$/.test(authority) ? authority : `${authority}:${defaultPort}`);

/** As Go joins paths: one slash at the front, none at the end. */
function cleanPath(path: string): string {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return `/${segments.join('/')}`;
}
