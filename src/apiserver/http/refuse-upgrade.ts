import type { Duplex } from 'node:stream';
import type { ApiError } from '../../api/status.ts';

/** Answers an upgrade request with a Status and hangs up. */
export function refuseUpgrade(socket: Duplex, error: ApiError, headers: Readonly<Record<string, string>> = {}): void {
  if (socket.destroyed) return;
  // Importing node:http from a module makes Node load its whole fetch, which costs a start 25 ms; this does not.
  const { STATUS_CODES } = process.getBuiltinModule('node:http');
  const body = Buffer.from(`${JSON.stringify(error.toStatus())}\n`);
  socket.end(Buffer.concat([
    Buffer.from(`HTTP/1.1 ${error.code} ${STATUS_CODES[error.code] ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nCache-Control: no-cache, private\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Connection: close\r\n\r\n`),
    body,
  ]));
}
