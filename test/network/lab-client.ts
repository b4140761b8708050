/**
 * Asks from inside a network namespace: reads lines `tcp|udp ADDRESS PORT [SOURCE-PORT]` and answers each with one of what
 * the server said, `refused`, `nothing` (no answer in time) or another error's code.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const timeoutMs = 700;

function byTcp(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    const timer = setTimeout(() => { socket.destroy(); resolve('nothing'); }, timeoutMs);
    socket.on('data', (part) => { text += part.toString('utf8'); });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : (error.code ?? 'error')));
    socket.on('close', () => { clearTimeout(timer); resolve(text); });
  });
}

function byUdp(host: string, port: number, sourcePort: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (text: string): void => { clearTimeout(timer); socket.close(); resolve(text); };
    const timer = setTimeout(() => finish('nothing'), timeoutMs);
    socket.on('message', (message) => finish(message.toString('utf8')));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'refused' : (error.code ?? 'error')));
    socket.bind(sourcePort, () => socket.connect(port, host, () => socket.send('?')));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const [protocol, host = '', port = '', sourcePort = '0'] = line.split(' ');
  process.stdout.write(`${await (protocol === 'udp' ? byUdp(host, Number(port), Number(sourcePort)) : byTcp(host, Number(port)))}\n`);
}
