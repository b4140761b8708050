import type { Writable } from 'node:stream';
import { Agent } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Address } from './backends.ts';
import type { Incoming, Outgoing } from './exchange.ts';
import { Http2Connections } from './http2-connections.ts';

/** A backend that says nothing for so long is given up. */
export const silenceMs = 60_000;
/** Connections to one endpoint that are kept for the next request. */
const maxIdleOfOne = 128;
/** An idle connection to a backend is closed after this; most servers close theirs later. */
const idleMs = 4_000;

/** Connections to backends, by how these are spoken to. */
export class Upstreams implements Disposable {
  readonly plain = new Agent(agentOptions);
  /** Who a backend is, is not asked: it is an address of this cluster, and its certificate seldom one that anybody signed. */
  readonly secure = new SecureAgent({ ...agentOptions, rejectUnauthorized: false });
  readonly http2 = new Http2Connections();

  [Symbol.dispose](): void {
    this.plain.destroy();
    this.secure.destroy();
    this.http2[Symbol.dispose]();
  }
}

const agentOptions = { keepAlive: true, maxFreeSockets: maxIdleOfOne, maxTotalSockets: Infinity, scheduling: 'lifo', timeout: idleMs } as const;

export interface Failure {
  /** There was no connection: nobody has seen the request. */
  readonly neverArrived: boolean;
  /** The connection, kept from before, may have been closed just then: that says nothing of the endpoint. */
  readonly wasStale: boolean;
  readonly timedOut: boolean;
}

/** One try to have a request answered by one endpoint. */
export interface Try {
  readonly request: Incoming;
  readonly response: Outgoing;
  readonly upstreams: Upstreams;
  /** How it is spoken to, and where it really is. */
  readonly address: Address;
  readonly headers: readonly string[];
  readonly hasBody: boolean;
  /** No connection that was kept from before is to be used. */
  readonly fresh: boolean;
  /** There is a connection: the request's body may go there. */
  readonly connected: (sink: Writable) => void;
  /** There is no answer, or no more of it. */
  readonly failed: (error: Error, why: Failure) => void;
}
