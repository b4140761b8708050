import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * What kubectl's streaming commands need of a server, whatever the wire protocol is: SPDY/3.1 (kubectl before 1.31,
 * remotecommand v1-v4, portforward v1) or WebSocket (v4 and v5 .channel.k8s.io; portforward tunnelled). The kubelet's
 * server terminates both; the API server only passes bytes through. Lies on the floor of `client`: any component may use it.
 */

/** The upgraded connection, as Node's HTTP server hands it over. */
export interface UpgradeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly socket: Duplex;
  readonly head: Uint8Array;
}

export interface RemoteCommandOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** The server's end of an exec or attach session. */
export interface RemoteCommandSession {
  /** What the client types; ends when the client half-closes it (v5 and SPDY). */
  readonly stdin: Readable | undefined;
  readonly stdout: Writable | undefined;
  readonly stderr: Writable | undefined;
  onResize(listener: (width: number, height: number) => void): void;
  /** Aborts when the client goes away. */
  readonly signal: AbortSignal;
  /** Ends the session. Exit code 0 is Success; others become a Status with reason NonZeroExitCode and an ExitCode cause. */
  finish(result: { readonly exitCode: number } | { readonly error: Error }): Promise<void>;
}

/** One forwarded connection. */
export interface PortForwardStream {
  readonly port: number;
  readonly data: Duplex;
  /** Reports why the connection to the port failed; shown by kubectl. */
  fail(message: string): void;
}

export interface PortForwardSession {
  /** Called for each connection that the client opens. */
  onStream(listener: (stream: PortForwardStream) => void): void;
  readonly signal: AbortSignal;
  /** Resolves when the client has gone. */
  readonly closed: Promise<void>;
}
