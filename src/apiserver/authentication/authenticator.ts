/** Who asks. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** Hears what there is to say of a request beside who asks. */
export interface Listener {
  /** Sends a `Warning` with the answer. */
  warn(message: string): void;
  /** Adds a fact to the audit record. */
  annotate(key: string, value: string): void;
}

/** What a connection and a request's headers prove or claim. */
export interface Credentials extends Listener {
  /** DER of the client certificate that TLS presented, leaf first; chain not yet verified. */
  readonly clientCertificate: Uint8Array | undefined;
  /** From `Authorization: Bearer` or the WebSocket bearer subprotocol. */
  readonly bearerToken: string | undefined;
  /** Lower-case name; several values are joined by `, `. */
  header(name: string): string | undefined;
  /** Every value of a header, as sent; lower-case name. */
  headerValues(name: string): readonly string[];
  /** Headers whose lower-case name starts so, with the rest of the name and their values. */
  headersWithPrefix(prefix: string): readonly (readonly [string, readonly string[]])[];
}

/**
 * One way of proving who asks. Returns undefined when the credentials are not of its kind, or not valid by its means
 * (another method may accept them); the pipeline answers 401 when credentials were given and none accepts them, and
 * falls to anonymous when none were given.
 */
export interface Authenticator {
  readonly name: string;
  authenticate(credentials: Credentials): Promise<UserInfo | undefined> | UserInfo | undefined;
}
