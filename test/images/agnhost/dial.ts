import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import type { Answer, Request } from './answering.ts';

const timeoutMs = 5000;

function byHttp(host: string, port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ host, port, path: `/${request}`, agent: false, timeout: timeoutMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => { text += part; }).on('end', () => resolve(text)).on('error', reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('i/o timeout'))).on('error', reject);
  });
}

function byUdp(host: string, port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (end: () => void): void => {
      clearTimeout(timer);
      socket.close();
      end();
    };
    const timer = setTimeout(() => finish(() => reject(new Error(`reading from udp connection failed. err:'read udp ${host}:${port}: i/o timeout'`))), timeoutMs);
    socket.on('message', (message) => finish(() => resolve(message.toString('utf8'))));
    socket.on('error', (error) => finish(() => reject(error)));
    socket.connect(port, host, () => socket.send(request));
  });
}

/** Asks another server as often as is wanted: /dial?host=&port=&request=&protocol=&tries= */
export async function dial({ query }: Request): Promise<Answer> {
  const value = (name: string, otherwise: string): string => query.get(name) ?? otherwise;
  const [host, port, request, protocol] = [value('host', ''), Number(value('port', '0')), value('request', 'hostname'), value('protocol', 'http').toLowerCase()];
  if (host === '' || port === 0) return { code: 400, body: 'host and port are needed' };
  const responses: string[] = [];
  const errors: string[] = [];
  for (let tries = Number(value('tries', '1')); tries > 0; tries--) {
    await (protocol === 'udp' ? byUdp : byHttp)(host, port, request).then((text) => responses.push(text), (error: Error) => errors.push(error.message));
  }
  return { type: 'application/json', body: JSON.stringify({ ...(responses.length > 0 && { responses }), ...(errors.length > 0 && { errors }) }) };
}
