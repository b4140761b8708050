import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { AnswerReader } from './answer-reader.ts';

/** A TLS connection to a server that speaks HTTP/1.1, with as little between the socket and its user as possible. */
export function openConnection(url: string): Promise<TLSSocket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

/** A request as it goes over the wire. */
export function requestText(target: { readonly url: string; readonly token: string }, method: string, path: string, body = ''): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${new URL(target.url).host}\r\nAuthorization: Bearer ${target.token}\r\nAccept: application/json\r\n`;
  return body === '' ? `${head}\r\n` : `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Sends `count` requests over some connections, each as soon as the one before it on its connection was answered. Rejects when one is refused. */
export async function sendAll(url: string, options: { readonly connections: number; readonly count: number; readonly request: (index: number) => string }): Promise<void> {
  let sent = 0;
  await Promise.all(Array.from({ length: options.connections }, async () => {
    const socket = await openConnection(url);
    await new Promise<void>((resolve, reject) => {
      const next = (): void => {
        if (sent < options.count) socket.write(options.request(sent++));
        else resolve();
      };
      const reader = new AnswerReader((code) => {
        if (code < 300) next();
        else reject(new Error(`a request was answered with ${code}`));
      });
      socket.on('data', (chunk: Buffer) => reader.push(chunk)).once('error', reject).once('close', () => reject(new Error('the connection was closed')));
      next();
    }).finally(() => socket.destroy());
  }));
}
