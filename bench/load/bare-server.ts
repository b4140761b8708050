/**
 * What the machine and Node.js allow: an HTTPS server that does nothing. GET answers 400 bytes, GET /large 0.94 MB,
 * GET /long 35 MB from one buffer, POST the body, parsed and written again. Prints its port; ends with its parent.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { testPki } from '../../src/apiserver/testing/serving-certificate.ts';

const small = Buffer.alloc(400, 'x').toString('latin1');
const large = Buffer.alloc(940_000, 'x');
const long = Buffer.alloc(35_000_000, 'x');

const { apiServer } = await testPki();
const server = createServer({ key: apiServer.key, cert: apiServer.certificate }, (request, response) => {
  if (request.method === 'POST') {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => {
      const text = JSON.stringify(JSON.parse(body));
      response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
    });
    return;
  }
  const body = request.url === '/long' ? long : request.url === '/large' ? large : small;
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  if (typeof body === 'string') response.end(body, 'latin1');
  else response.end(body);
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
