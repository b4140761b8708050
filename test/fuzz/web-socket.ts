import type { Chance } from './chance.ts';
import { hostileString } from './chance.ts';
import type { HostileRequest } from './requests.ts';

const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'base64.channel.k8s.io', 'base64url.bearer.authorization.k8s.io.YWRtaW4tdG9rZW4', 'x', ''];

/** Asks for a WebSocket where some are served and where none is. */
export function upgradeRequest(chance: Chance): HostileRequest {
  const path = chance.pick(['/api/v1/namespaces?watch=1&timeoutSeconds=1', '/api/v1/configmaps?watch=1&timeoutSeconds=1', '/api/v1/namespaces/default/pods/a/exec?command=x&stdin=1', '/api/v1/namespaces/default/pods/a/attach', '/api/v1/namespaces/default/pods/a/portforward?ports=80', '/api/v1/nodes/a/proxy/x', '/api/v1/namespaces', '/healthz']);
  const head = [
    `GET ${path} HTTP/1.1`, 'host: a', 'authorization: Bearer admin-token', 'connection: upgrade', `upgrade: ${chance.pick(['websocket', 'websocket', 'websocket', 'SPDY/3.1', 'h2c', 'x'])}`,
    `sec-websocket-version: ${chance.pick(['13', '13', '13', '8', 'x'])}`, `sec-websocket-key: ${chance.pick(['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ==', 'x', ''])}`, `sec-websocket-protocol: ${chance.pick(protocols)}`,
  ];
  return { method: 'GET', path, bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n`), endless: true, mayHangUp: true };
}

/** Frames of all kinds: masked and not, too long, fragments of nothing, reserved bits, lies about their length. */
export function hostileFrames(chance: Chance): Buffer {
  return Buffer.concat(Array.from({ length: 1 + chance.int(6) }, () => {
    const payload = Buffer.from(hostileString(chance));
    const masked = chance.happens(0.8);
    const first = (chance.happens(0.8) ? 0x80 : 0) | (chance.happens(0.1) ? 0x70 : 0) | chance.pick([0, 1, 2, 8, 9, 10, 3, 15]);
    const length = chance.happens(0.9) ? Math.min(payload.length, 125) : chance.int(128);
    const extended = length === 126 ? Buffer.from([0xff, 0xff]) : length === 127 ? Buffer.from([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) : Buffer.alloc(0);
    return Buffer.concat([Buffer.from([first, (masked ? 0x80 : 0) | length]), extended, masked ? Buffer.from([1, 2, 3, 4]) : Buffer.alloc(0), payload.subarray(0, length)]);
  }));
}
