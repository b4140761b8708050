import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The names of what an image archive (of `docker save`) holds. */
interface ArchiveManifest { readonly Config: string; readonly Layers: readonly string[] }

/** A registry on loopback with one image, which any name of it gives: enough for a runtime to pull. */
export class ImageRegistry implements AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Paths of what it has given. */
  readonly served: readonly string[];
  readonly #server: Server;

  private constructor(server: Server, served: readonly string[]) {
    this.#server = server;
    this.served = served;
    this.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** `login`, `user:password`: only whoever says so is answered. */
  static async start(archive: string, login?: string): Promise<ImageRegistry> {
    const read = (name: string): Buffer => execFileSync('tar', ['-xOf', archive, `./${name}`], { maxBuffer: 256 * 1024 * 1024 });
    const [{ Config, Layers }] = JSON.parse(read('manifest.json').toString('utf8')) as [ArchiveManifest];
    const blobs = new Map<string, Buffer>();
    const add = (mediaType: string, data: Buffer): { mediaType: string; digest: string; size: number } => {
      const digest = `sha256:${createHash('sha256').update(data).digest('hex')}`;
      blobs.set(digest, data);
      return { mediaType, digest, size: data.length };
    };
    const type = 'application/vnd.docker.distribution.manifest.v2+json';
    const manifest = Buffer.from(JSON.stringify({
      schemaVersion: 2, mediaType: type,
      config: add('application/vnd.docker.container.image.v1+json', read(Config)),
      layers: Layers.map((layer) => add('application/vnd.docker.image.rootfs.diff.tar', read(layer))),
    }));
    const { digest } = add(type, manifest);
    const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
    const served: string[] = [];
    const server = createServer((request, response) => {
      if (expected !== undefined && request.headers.authorization !== expected) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="images"' }).end();
      const [, kind, reference = ''] = /\/v2\/.+\/(manifests|blobs)\/(.+)$/.exec(request.url ?? '') ?? [];
      const data = request.url === '/v2/' ? Buffer.from('{}') : kind === 'manifests' && !reference.startsWith('sha256:') ? manifest : blobs.get(reference);
      if (data === undefined) return void response.writeHead(404).end();
      served.push(request.url ?? '');
      response.writeHead(200, { 'content-type': data === manifest ? type : 'application/octet-stream', 'content-length': data.length, ...(data === manifest && { 'docker-content-digest': digest }) });
      response.end(request.method === 'HEAD' ? undefined : data);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new ImageRegistry(server, served);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
