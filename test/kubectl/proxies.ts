import { createServer as createHttpServer, request } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy on this machine, and where its clients asked to be brought. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  readonly asked: readonly string[];
}

async function listen(server: Server, asked: readonly string[], open: Set<Duplex>): Promise<Proxy> {
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve); });
  return {
    port: (server.address() as AddressInfo).port, asked,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}

function join(a: Duplex, b: Duplex, open: Set<Duplex>): void {
  for (const socket of [a, b]) {
    open.add(socket);
    socket.once('error', () => { a.destroy(); b.destroy(); }).once('close', () => open.delete(socket));
  }
  a.pipe(b).pipe(a);
}

/** An HTTP proxy: tunnels with CONNECT, and forwards requests for whole URLs. */
export async function startHttpProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const open = new Set<Duplex>();
  const server = createHttpServer((incoming, answer) => {
    asked.push(incoming.url ?? '');
    const forwarded = request(incoming.url ?? '', { method: incoming.method ?? 'GET', headers: incoming.headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    forwarded.once('error', () => answer.writeHead(502).end());
    incoming.pipe(forwarded);
  });
  server.on('connect', (incoming, socket) => {
    asked.push(incoming.url ?? '');
    const { hostname, port } = new URL(`tcp://${incoming.url ?? ''}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      join(socket, onward, open);
    });
    onward.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  return listen(server, asked, open);
}

/** A SOCKS5 proxy (RFC 1928) without authentication, for names and IPv4 addresses. */
export async function startSocksProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const open = new Set<Duplex>();
  const server = createServer((socket) => {
    socket.once('error', () => socket.destroy());
    socket.once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (wanted) => {
        const isName = wanted[3] === 3;
        const end = isName ? 5 + wanted[4]! : 8;
        const host = isName ? wanted.subarray(5, end).toString() : wanted.subarray(4, end).join('.');
        const port = wanted.readUInt16BE(end);
        asked.push(`${host}:${port}`);
        const onward = connect(port, host, () => {
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          join(socket, onward, open);
        });
        onward.once('error', () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])));
      });
    });
  });
  return listen(server, asked, open);
}
