import type { Upgrade } from '../request.ts';
import type { ForwardedAnswer, ForwardedRequest } from '../subresources/proxy/forwarder.ts';

/** An extension API server, its address known. */
export interface ExtensionServer {
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must be for. */
  readonly serverName: string;
  /** PEM of the authorities to trust, instead of the system's. */
  readonly ca: string | undefined;
  /** Its certificate is not looked at. */
  readonly insecure: boolean;
}

export type IdentityHeaders = Readonly<Record<string, string | readonly string[]>>;

/**
 * How extension API servers are reached: by TLS, proving ourselves as a front proxy. Both reject with an Error in Go's
 * words; answers of any code are answers, and redirects are not followed.
 */
export interface ExtensionTransport {
  forward(server: ExtensionServer, request: ForwardedRequest): Promise<ForwardedAnswer>;
  /** Replays an upgrade request with more headers, and passes bytes both ways. When it rejects, nothing was written to the client. */
  upgrade(server: ExtensionServer, path: string, upgrade: Upgrade, headers: IdentityHeaders): Promise<void>;
}
