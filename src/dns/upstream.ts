import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { timeoutSignal } from '../base/clock.ts';
import type { NameServer } from './settings.ts';

/** Sends a question on to other servers. */
export interface Upstream {
  /** The answer's bytes with the question's own id; undefined when no server answers. */
  ask(question: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined>;
}

/** Name servers from resolv.conf, without our own addresses (a loop would answer itself to death). */
export function systemServers(file = '/etc/resolv.conf', own: ReadonlySet<string> = new Set()): NameServer[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]!).filter((server) => !own.has(server)).slice(0, 3).map((address) => ({ address, port: 53 }));
  } catch {
    return [];
  }
}

const perServerMs = 2000;
/** More questions than this under way at once are refused: each holds a socket. */
const maxUnderWay = 512;

/** Tries the servers in their order, each for two seconds. */
export class ServersUpstream implements Upstream {
  readonly #servers: readonly NameServer[];
  readonly #clock: Clock;
  #underWay = 0;

  constructor(options: { readonly servers: readonly NameServer[]; readonly clock: Clock }) {
    this.#servers = options.servers;
    this.#clock = options.clock;
  }

  async ask(question: Buffer, transport: 'udp' | 'tcp'): Promise<Buffer | undefined> {
    if (this.#underWay >= maxUnderWay) return undefined;
    this.#underWay++;
    try {
      for (const server of this.#servers) {
        const timeout = timeoutSignal(this.#clock, perServerMs);
        try {
          return await (transport === 'udp' ? askByUdp : askByTcp)(server, question, timeout.signal);
        } catch {
          // The next server may know.
        } finally {
          timeout.cancel();
        }
      }
      return undefined;
    } finally {
      this.#underWay--;
    }
  }
}

/** A socket of its own a question: a random source port, and answers that cannot be mixed up. */
function askByUdp({ address, port }: NameServer, question: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const finish = (end: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      socket.close();
      end();
    };
    const onAbort = (): void => finish(() => reject(signal.reason as Error));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => finish(() => reject(error)));
    socket.on('message', (answer) => { if (answer.length >= 12 && answer.readUInt16BE(0) === question.readUInt16BE(0)) finish(() => resolve(answer)); });
    socket.connect(port, address, () => socket.send(question));
  });
}

function askByTcp({ address, port }: NameServer, question: Buffer, signal: AbortSignal): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, signal });
    let received = Buffer.alloc(0);
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(question.length);
      socket.write(Buffer.concat([length, question]));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        resolve(received.subarray(2, 2 + received.readUInt16BE(0)));
        socket.destroy();
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
  });
}
