import { createSocket } from 'node:dgram';
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Responder } from './responder.ts';

/** A TCP client that says nothing for this long is sent away. */
const idleMs = 10_000;
const maxConnections = 512;
/** Room for some thousand questions that come while something else is done. */
const receiveBytes = 4 * 1024 * 1024;
const ignore = (): void => {};

/** Listens for DNS over UDP and TCP on one address and hands each question to the responder. */
export class DnsServer implements AsyncDisposable {
  readonly #responder: Responder;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #listeners: { udp: UdpSocket; tcp: Server }[] = [];

  constructor(options: { readonly responder: Responder; readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = options.clock;
    this.#responder = options.responder;
    this.#logger = options.logger;
  }

  /** Listens on one more address; port 0 takes a free one. Resolves with the port, the same for UDP and TCP. */
  async listen(address: string, port: number): Promise<number> {
    const tcp = createServer({ allowHalfOpen: true }, (socket) => this.#serveTcp(socket));
    tcp.maxConnections = maxConnections;
    await new Promise<void>((resolve, reject) => {
      tcp.once('error', reject);
      tcp.listen(port, address, resolve);
    });
    const bound = (tcp.address() as AddressInfo).port;
    // Peers come as addresses: looking them up would only cost.
    const family = address.includes(':') ? 6 : 4;
    const udp = createSocket({ type: `udp${family}`, lookup: (peer, _options, found) => found(null, peer, family), recvBufferSize: receiveBytes });
    udp.on('message', (question, peer) => this.#answer(udp, question, peer));
    await new Promise<void>((resolve, reject) => {
      udp.once('error', (error) => {
        tcp.close();
        reject(error);
      });
      udp.bind(bound, address, resolve);
    });
    udp.on('error', (error) => this.#logger.warn('DNS socket failed', { error }));
    this.#listeners.push({ udp, tcp });
    return bound;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map(async ({ udp, tcp }) => {
      await new Promise<void>((resolve) => udp.close(resolve));
      tcp.close();
    }));
  }

  #answer(udp: UdpSocket, question: Buffer, peer: RemoteInfo): void {
    const send = (answer: Buffer | undefined): void => { if (answer !== undefined) udp.send(answer, peer.port, peer.address, ignore); };
    try {
      const answer = this.#responder.respond(question, 'udp');
      if (answer instanceof Promise) answer.then(send, (error: unknown) => this.#logger.warn('answering a DNS question failed', { error }));
      else send(answer);
    } catch (error) {
      this.#logger.warn('answering a DNS question failed', { error });
    }
  }

  async #byTcp(question: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.#responder.respond(question, 'tcp');
    } catch (error) {
      this.#logger.warn('answering a DNS question failed', { error });
      return undefined;
    }
  }

  #serveTcp(socket: Socket): void {
    let received = Buffer.alloc(0);
    let answering = Promise.resolve();
    let idle: Timer | undefined;
    const waitOn = (): void => {
      idle?.cancel();
      idle = this.#clock.setTimer(idleMs, () => socket.destroy(), { unref: true });
    };
    waitOn();
    socket.on('close', () => idle?.cancel());
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      waitOn();
      received = Buffer.concat([received, chunk]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        const question = Buffer.from(received.subarray(2, end));
        received = received.subarray(end);
        // One at a time: a client cannot make us work on many for one connection.
        answering = answering.then(async () => {
          const answer = await this.#byTcp(question);
          if (answer === undefined) return;
          const length = Buffer.alloc(2);
          length.writeUInt16BE(answer.length);
          if (!socket.destroyed) socket.write(Buffer.concat([length, answer]));
        });
      }
    });
    socket.on('end', () => { void answering.then(() => socket.end()); });
  }
}
