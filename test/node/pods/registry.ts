import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A registry on loopback that serves one image, `HOST/private/busybox:1`, to whoever knows the password. */
export interface PrivateRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  readonly user: string;
  readonly password: string;
  /** Requests for blobs and manifests that were answered. */
  readonly served: string[];
}

/** From an archive of `docker save` with one image of one layer. */
export async function startRegistry(archive: string): Promise<PrivateRegistry> {
  const file = (name: string): Buffer => execFileSync('tar', ['xOf', archive, `./${name}`], { maxBuffer: 2 ** 28 });
  const [{ Config: configName = '', Layers: [layerName = ''] = [] } = {}] = JSON.parse(file('manifest.json').toString()) as { Config?: string; Layers?: string[] }[];
  const [config, layer] = [file(configName), file(layerName)];
  const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const describe = (mediaType: string, bytes: Buffer) => ({ mediaType, digest: digestOf(bytes), size: bytes.length });
  const kind = 'application/vnd.docker.distribution.manifest.v2+json';
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: kind, config: describe('application/vnd.docker.container.image.v1+json', config), layers: [describe('application/vnd.docker.image.rootfs.diff.tar', layer)] }));
  const content = new Map<string, { readonly bytes: Buffer; readonly type: string }>([
    ...[config, layer].map((bytes) => [`/v2/private/busybox/blobs/${digestOf(bytes)}`, { bytes, type: 'application/octet-stream' }] as const),
    ...['1', digestOf(manifest)].map((tag) => [`/v2/private/busybox/manifests/${tag}`, { bytes: manifest, type: kind }] as const),
  ]);
  const [user, password] = ['user1', 's3cret'];
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const served: string[] = [];
  const server = createServer((request, response) => {
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}');
      return;
    }
    const path = request.url?.split('?')[0] ?? '';
    const found = content.get(path);
    if (found === undefined) {
      response.writeHead(path === '/v2/' ? 200 : 404).end();
      return;
    }
    served.push(path);
    response.writeHead(200, { 'content-type': found.type, 'content-length': found.bytes.length, 'docker-content-digest': digestOf(found.bytes) });
    response.end(request.method === 'HEAD' ? undefined : found.bytes);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`, user, password, served,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => { server.close(resolve); });
    },
  };
}
