import type { WebhookCredentials } from './webhook-identities.ts';

/** One request to a webhook, its address known. */
export interface WebhookPost {
  /** Where to connect to: an address or a host name. */
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must be for. */
  readonly serverName: string;
  /** What the Host header says. */
  readonly authority: string;
  /** Percent-encoded, with the query. */
  readonly path: string;
  /** PEM of the authorities to trust, instead of the system's. */
  readonly ca: string | undefined;
  readonly body: Uint8Array;
  /** Who asks. Nobody by default. */
  readonly credentials?: WebhookCredentials | undefined;
  /** How long the whole exchange may take, in real time. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maxAnswerBytes: number;
  /** Ends the exchange. */
  readonly signal?: AbortSignal | undefined;
}

export interface WebhookAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * How webhooks are reached. `http/webhook-transport` connects by TLS; tests and processes without sockets bring their
 * own. Rejects with an Error in Go's words (`dial tcp 10.0.0.1:443: connect: connection refused`); answers of any code
 * are answers, and redirects are not followed.
 */
export interface WebhookTransport {
  post(request: WebhookPost): Promise<WebhookAnswer>;
}
