import { createServer } from 'node:https';
import type { Handler } from './answering.ts';
import { listenerOf, serve } from './answering.ts';

async function serveTls(ports: readonly (readonly [port: number, handler: Handler])[]): Promise<void> {
  if (ports.length === 0) return;
  const { createAuthority, issueCertificate } = await import('../../../src/pki/certificate.ts');
  const nowMs = Date.now();
  const lifetime = { notBeforeMs: nowMs - 3_600_000, notAfterMs: nowMs + 86_400_000 };
  const authority = await createAuthority({ commonName: 'porter', ...lifetime });
  const { certificate, key } = await issueCertificate(authority, { commonName: 'localhost', names: ['localhost'], usages: ['server'], ...lifetime });
  for (const [port, handler] of ports) createServer({ cert: certificate, key }, listenerOf(handler)).listen(port, () => console.log(`Started HTTPS server on port ${port}`));
}

/** Serves the values of the variables SERVE_PORT_n and SERVE_TLS_PORT_n on these ports. */
export async function porter(options: ReadonlyMap<string, string>): Promise<void> {
  const asJson = options.get('json-response') === 'true';
  const handlerOf = (body: string): Handler => ({ method }) => (asJson ? { type: 'application/json', body: JSON.stringify({ Method: method, Body: body }) } : body);
  const tls: [number, Handler][] = [];
  for (const [name, body = ''] of Object.entries(process.env)) {
    const [, secure, port] = /^SERVE_(TLS_)?PORT_(\d+)$/.exec(name) ?? [];
    if (port === undefined) continue;
    if (secure === undefined) serve(Number(port), handlerOf(body));
    else tls.push([Number(port), handlerOf(body)]);
  }
  await serveTls(tls);
}
