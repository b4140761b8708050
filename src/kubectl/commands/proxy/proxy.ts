import { lstatSync, rmSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import type { Connection } from '../../connection/connection.ts';
import { hopByHop } from '../../../base/hop-by-hop.ts';
import { KubectlError } from '../../errors.ts';
import { bool, duration, int, text } from '../../flags/flags.ts';
import { requestFilter } from './filter.ts';
import { serveFile } from './static-files.ts';

const defaultPort = 8001;

const flags = {
  'accept-hosts': text('Regular expression for hosts that the proxy should accept.', { initial: '^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$' }),
  'accept-paths': text('Regular expression for paths that the proxy should accept.', { initial: '^.*' }),
  'address': text('The IP address on which to serve on.', { initial: '127.0.0.1' }),
  'api-prefix': text('Prefix to serve the proxied API under.', { initial: '/' }),
  'append-server-path': bool('If true, enables automatic path appending of the kube context server path to each request.'),
  'disable-filter': bool('If true, disable request filtering in the proxy. This is dangerous, and can leave you vulnerable to XSRF attacks, when used with an accessible port.'),
  'keepalive': duration('keepalive specifies the keep-alive period for an active network connection. Set to 0 to disable keepalive.', { initial: 0, text: '0s' }),
  'port': int('The port on which to run the proxy. Set to 0 to pick a random port.', { short: 'p', initial: defaultPort }),
  'reject-methods': text('Regular expression for HTTP methods that the proxy should reject (example --reject-methods=\'POST,PUT,PATCH\'). ', { initial: '^$' }),
  'reject-paths': text('Regular expression for paths that the proxy should reject. Paths specified here will be rejected even accepted by --accept-paths.', { initial: '^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach' }),
  'unix-socket': text('Unix socket on which to run the proxy.', { short: 'u' }),
  'www': text('Also serve static files from the given directory under the specified prefix.', { short: 'w' }),
  'www-prefix': text('Prefix to serve static files under, if static file directory is specified.', { short: 'P', initial: '/static/' }),
} as const;

type ProxyCall = Call<typeof flags>;

const withSlash = (prefix: string): string => (prefix.endsWith('/') ? prefix : `${prefix}/`);
/** Passes requests on to the server, with the credentials of this configuration. */
class Proxy {
  readonly #call: ProxyCall;
  readonly #connection: Connection;
  readonly #accepts: ReturnType<typeof requestFilter> | undefined;
  readonly #prefix: string;

  constructor(call: ProxyCall, connection: Connection) {
    const { flags: values } = call;
    this.#call = call;
    this.#connection = connection;
    this.#prefix = withSlash(values['api-prefix']);
    this.#accepts = values['disable-filter'] ? undefined : requestFilter({ acceptPaths: values['accept-paths'], rejectPaths: values['reject-paths'], acceptHosts: values['accept-hosts'], rejectMethods: values['reject-methods'] });
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { www, 'www-prefix': wwwPrefix } = this.#call.flags;
    const path = (request.url ?? '/').split('?')[0]!;
    if (www !== '' && path.startsWith(withSlash(wwwPrefix))) return serveFile(response, resolve(this.#call.session.io.folder, www), path.slice(withSlash(wwwPrefix).length));
    const verdict = this.#target(request);
    const refuse = (code: number, message: string): void => void response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }).end(`${message}\n`);
    if (typeof verdict === 'number') return refuse(verdict, verdict === 403 ? 'Forbidden' : '404 page not found');
    this.#send(request, verdict).then((upstream) => {
      upstream.once('response', (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
        answer.on('error', () => response.destroy()).pipe(response);
      });
      upstream.once('error', (error) => (response.headersSent ? response.destroy() : refuse(502, error.message)));
      response.once('close', () => upstream.destroy());
      request.pipe(upstream);
    }, (error: unknown) => refuse(502, (error as Error).message));
  }

  /** A connection that becomes another protocol (WebSocket, SPDY) is one from end to end. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const verdict = this.#target(request);
    socket.on('error', () => socket.destroy());
    const refuse = (line: string, body: string): void => void socket.end(`HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
    if (typeof verdict === 'number') return refuse(verdict === 403 ? '403 Forbidden' : '404 Not Found', verdict === 403 ? 'Forbidden\n' : '404 page not found\n');
    this.#send(request, verdict, { connection: 'Upgrade', upgrade: request.headers.upgrade ?? '' }).then((upstream) => {
      upstream.once('upgrade', (answer, other: Duplex, otherHead) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(answer.rawHeaders)}\r\n`);
        if (otherHead.length > 0) socket.write(otherHead);
        if (head.length > 0) other.write(head);
        other.on('error', () => socket.destroy()).once('close', () => socket.destroy());
        socket.once('close', () => other.destroy());
        other.pipe(socket).pipe(other);
      });
      upstream.once('response', (answer) => {
        socket.write(`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}\r\n${headerLines(answer.rawHeaders.filter((_, i, all) => !/^(?:connection|transfer-encoding)$/i.test(all[i - (i % 2)]!)))}Connection: close\r\n\r\n`);
        answer.pipe(socket);
      });
      upstream.once('error', (error) => refuse('502 Bad Gateway', `${error.message}\n`));
      upstream.end();
    }, (error: unknown) => refuse('502 Bad Gateway', `${(error as Error).message}\n`));
  }

  /** The path at the server, or the code of a refusal. */
  #target({ method = 'GET', url = '/', headers }: IncomingMessage): string | number {
    if (!url.startsWith(this.#prefix)) return 404;
    // As upstream: the API's own prefix stays.
    const stripped = this.#prefix.startsWith('/api') ? url : `/${url.slice(this.#prefix.length)}`;
    return this.#accepts === undefined || this.#accepts({ method, path: stripped.split('?')[0]!, host: headers.host ?? '' }) ? stripped : 403;
  }

  async #send(request: IncomingMessage, path: string, more: Readonly<Record<string, string>> = {}): Promise<ReturnType<typeof httpRequest>> {
    const { secure, ...options } = await this.#connection.requestOptions(path);
    const kept = Object.entries(request.headers).filter(([name]) => !hopByHop.has(name) && name !== 'host');
    const target = this.#call.flags['append-server-path'] ? options.path : path;
    // Whoever brings credentials of their own, or says what they want and who they are, is heard.
    const own = Object.fromEntries(['accept', 'user-agent', 'authorization'].flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])));
    return (secure ? httpsRequest : httpRequest)({ ...options, path: target, method: request.method ?? 'GET', headers: { ...Object.fromEntries(kept), ...(options.headers as Record<string, string>), ...own, ...more } });
  }
}

const headerLines = (raw: readonly string[]): string => raw.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');

function listen(server: ReturnType<typeof createServer>, { session: { io }, flags: values }: ProxyCall): Promise<string> {
  const socket = values['unix-socket'];
  return new Promise((done, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new KubectlError(`listen ${socket === '' ? `tcp ${values.address}:${values.port}` : `unix ${socket}`}: ${error.code === 'EADDRINUSE' ? 'bind: address already in use' : error.message}`, { cause: error })));
    if (socket === '') {
      server.listen(values.port, values.address, () => {
        const { address, port } = server.address() as AddressInfo;
        done(address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
      });
      return;
    }
    const path = resolve(io.folder, socket);
    // What an earlier proxy left; anything else stays.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) rmSync(path);
    // The socket is its owner's alone.
    const before = process.umask(0o077);
    server.listen(path, () => done(socket));
    process.umask(before);
  });
}

async function run(call: ProxyCall): Promise<void> {
  const { session, flags: values } = call;
  const { io } = session;
  const connection = await session.connection();
  if (values.port !== defaultPort && values['unix-socket'] !== '') throw new KubectlError('cannot set --unix-socket and --port at the same time');
  if (values['disable-filter'] && values['unix-socket'] === '') await io.stderr.write('Warning: Request filter disabled, your proxy is vulnerable to XSRF attacks, please be cautious\n');
  if (values.www !== '' && statSync(resolve(io.folder, values.www), { throwIfNoEntry: false })?.isDirectory() !== true) await io.stderr.write(`Warning: Static file directory ${values.www} is not a directory\n`);
  const proxy = new Proxy(call, connection);
  const server = createServer((request, response) => proxy.answer(request, response)).on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => proxy.upgrade(request, socket, head));
  if (values.keepalive > 0) server.keepAliveTimeout = values.keepalive;
  const address = await listen(server, call);
  await io.stdout.write(`Starting to serve on ${address}\n`);
  if (!io.signal.aborted) await new Promise<void>((done) => { io.signal.addEventListener('abort', () => done(), { once: true }); });
  server.closeAllConnections();
  server.close();
}

export default command({
  usage: 'proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix]',
  description: 'Run a proxy between this machine and the Kubernetes API server: whoever asks it speaks with the rights of this configuration. It serves files of a folder as well, where asked for.',
  examples: `
    # The whole API below localhost:8001/
    kubectl proxy

    # The API below /k8s/, and the files of a folder below /my-files/
    kubectl proxy --api-prefix=/k8s/ --www=/my/files --www-prefix=/my-files/

    # At a port that is free
    kubectl proxy --port=0`,
  flags,
  run,
});
