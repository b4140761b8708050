import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import type { RemoteInfo } from 'node:dgram';
import type { Answer, Handler, Request } from './answering.ts';
import { notFound, ownName, peerOf, serve } from './answering.ts';
import { dial } from './dial.ts';
import { portOf } from './options.ts';

let ready = true;

function shell({ query }: Request): Promise<Answer> {
  const command = query.get('shellCommand') ?? query.get('cmd') ?? '';
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], (error, stdout, stderr) => {
      const body = { ...(stdout + stderr !== '' && { output: stdout + stderr }), ...(error !== null && { error: `exit status ${error.code}` }) };
      resolve({ type: 'application/json', body: JSON.stringify(body) });
    });
  });
}

function exit({ query }: Request): string {
  setTimeout(() => process.exit(Number(query.get('code') ?? 0)), 50);
  return '';
}

async function upload({ message }: Request): Promise<Answer> {
  let bytes = 0;
  for await (const part of message) bytes += (part as Buffer).length;
  return { type: 'application/json', body: JSON.stringify({ output: `${bytes} bytes` }) };
}

const paths: Readonly<Record<string, Handler>> = {
  '/': () => `NOW: ${new Date().toISOString()}`,
  '/clientip': ({ message }) => peerOf(message.socket),
  '/dial': dial,
  '/echo': ({ query }) => ({ code: Number(query.get('code') ?? 200), body: query.get('msg') ?? '' }),
  '/exit': exit,
  '/header': ({ query, message }) => [message.headers[(query.get('key') ?? '').toLowerCase()] ?? ''].flat().join(','),
  '/healthz': () => (ready ? '' : { code: 412, body: '' }),
  '/hostname': ownName,
  '/hostName': ownName,
  '/redirect': ({ query }) => ({ code: Number(query.get('code') ?? 302), headers: { location: query.get('location') ?? '/' }, body: '' }),
  '/shell': shell,
  '/shutdown': exit,
  '/unready': () => { ready = false; return ''; },
  '/upload': upload,
};

/** One datagram: `hostname`, `clientip`, or `echo` and what is to come back. */
function datagramAnswer(text: string, { address, port }: RemoteInfo): string | undefined {
  const [, word = '', rest = ''] = /^(\S*)\s*([^]*)$/.exec(text.trim()) ?? [];
  switch (word.toLowerCase()) {
    case 'hostname': return ownName();
    case 'clientip': return peerOf({ remoteAddress: address, remotePort: port });
    case 'echo': return rest;
    default: return undefined;
  }
}

function serveDatagrams(port: number, addresses: readonly string[]): void {
  if (port <= 0) return;
  for (const address of new Set(addresses)) {
    const socket = createSocket(address.includes(':') || address === '' ? 'udp6' : 'udp4');
    socket.on('message', (message, peer) => {
      const text = message.toString('utf8');
      console.log(`UDP ${JSON.stringify(text)} from ${peer.address}`);
      const answer = datagramAnswer(text, peer);
      if (answer !== undefined) socket.send(answer, peer.port, peer.address);
    });
    socket.bind(port, ...(address === '' ? [] : [address]));
  }
}

/** HTTP and UDP that tell who answers and who asks, dial others, run commands. */
export function netexec(options: ReadonlyMap<string, string>): void {
  const override = options.get('http-override') ?? '';
  serve(portOf(options, 'http-port', 8080), override === '' ? (request) => (paths[request.path] ?? (() => notFound))(request) : () => override);
  serveDatagrams(portOf(options, 'udp-port', 8081), (options.get('udp-listen-addresses') ?? '').split(','));
}
