import { join } from 'node:path';
import type { Client } from '../../client/client.ts';
import type { Connection } from '../../client/kubeconfig.ts';
import type { HttpClient } from '../../client/transports/http.ts';
import type { CertificateManagerOptions } from '../../kubelet/certificates/certificate-manager.ts';
import { CertificateManager } from '../../kubelet/certificates/certificate-manager.ts';
import type { KubeletServer } from '../../kubelet/server/kubelet-server.ts';
import { createRequest, lifetimeOf } from '../../pki/certificate-request.ts';
import { writeKubeconfig } from '../../pki/kubeconfig.ts';
import { clusterPaths } from '../layout.ts';
import { certificateFiles } from './certificate-files.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient } from './component.ts';

type Options = ComponentOptions & { readonly dataDir: string; readonly nodeName: string };
type Wanted = Pick<CertificateManagerOptions, 'signerName' | 'client' | 'load' | 'use' | 'signal'> & { readonly name: 'kubelet-client' | 'kubelet-server'; readonly names: readonly string[]; readonly namePrefix?: string };

const folderOf = ({ dataDir }: Options): string => join(clusterPaths(dataDir).kubelet, 'pki');

function manager(options: Options, { name, names, namePrefix = 'csr-', ...wanted }: Wanted): CertificateManager {
  const { clock, random, logger, nodeName } = options;
  const files = certificateFiles(folderOf(options), name);
  return new CertificateManager({
    ...wanted, namePrefix, clock, random,
    logger: logger.named('kubelet'),
    maker: { make: () => createRequest({ commonName: `system:node:${nodeName}`, organizations: ['system:nodes'], names }), lifetimeOf },
    load: async () => (await files.load()) ?? wanted.load(),
    save: (pair) => files.save(pair, clock.now()),
  });
}

function stopWith(undo: AsyncDisposableStack): AbortSignal {
  const stop = new AbortController();
  undo.defer(() => stop.abort(new Error('the kubelet was stopped')));
  return stop.signal;
}

/**
 * Makes a node of who has leave to join: asks for a client certificate as whom the connection says, waits for it, and
 * writes the kubeconfig that the kubelet goes by from then on. Resolves with its connection.
 */
export async function joinCluster(options: Options, kubeconfig: string): Promise<Connection> {
  const { connection, progress } = options;
  const { server, ca } = connection;
  if (ca === undefined) throw new Error('--bootstrap-kubeconfig: it names no certificate-authority, so that nobody could tell the API server from another');
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kubelet', undo);
  const joining = manager(options, { name: 'kubelet-client', names: [], namePrefix: 'node-csr-', signerName: 'kubernetes.io/kube-apiserver-client-kubelet', client: () => client, load: () => Promise.resolve(undefined), use: () => {}, signal: stopWith(undo) });
  progress.doing('waiting for a certificate');
  const done = joining.run({ once: true });
  const { certificate, key } = await joining.first;
  await done;
  await writeKubeconfig(kubeconfig, { server, authority: ca, user: { name: 'default-auth', credentials: { file: certificateFiles(folderOf(options), 'kubelet-client').current } }, clusterName: 'default-cluster', contextName: 'default-context' });
  return { server, ca, ...(connection.tlsServerName !== undefined && { tlsServerName: connection.tlsServerName }), clientCertificate: certificate, clientKey: key };
}

/** Replaces the client certificate in time (`rotateCertificates`): the one of last time, else the kubeconfig's own. */
export function rotateClientCertificate(options: Options, client: HttpClient, undo: AsyncDisposableStack): void {
  const { clientCertificate: certificate, clientKey: key } = options.connection;
  void manager(options, {
    name: 'kubelet-client', names: [], signerName: 'kubernetes.io/kube-apiserver-client-kubelet', client: () => client, signal: stopWith(undo),
    load: () => Promise.resolve(certificate === undefined || key === undefined ? undefined : { certificate, key }),
    use: (pair) => { if (pair.certificate !== certificate) client.identify(pair); },
  }).run();
}

/** Gets the serving certificate through the API and replaces it in time (`serverTLSBootstrap`); somebody has to approve it. */
export function bootstrapServing(options: Options, { client, server, addresses }: { readonly client: Client; readonly server: KubeletServer; readonly addresses: readonly string[] }, undo: AsyncDisposableStack): void {
  void manager(options, {
    name: 'kubelet-server', names: [options.nodeName, ...addresses], signerName: 'kubernetes.io/kubelet-serving', client: () => client, signal: stopWith(undo),
    load: () => Promise.resolve(undefined),
    use: ({ certificate: cert, key }) => server.identify({ cert, key }),
  }).run();
}
