import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../../client/client.ts';
import { linuxHost } from '../../kubelet/hosts/linux/linux-host.ts';
import type { ReadConfiguration } from '../../kubelet/config/read.ts';
import { Kubelet } from '../../kubelet/kubelet.ts';
import type { KubeletServerOptions } from '../../kubelet/server/kubelet-server.ts';
import { ensurePki } from '../../pki/pki.ts';
import { configured, serveKubelets, simulatedMachine } from '../kubelet-parts.ts';
import { dataDirError, makeDataDir } from '../data-dir.ts';
import { clusterPaths } from '../layout.ts';
import type { Machine } from '../machine.ts';
import { prepareMachine } from '../machine.ts';
import { isServing, writePidFile } from '../pid-file.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';
import { bootstrapServing, joinCluster, rotateClientCertificate } from './kubelet-certificates.ts';

export interface KubeletAloneOptions extends ComponentOptions {
  readonly dataDir: string;
  readonly nodeName: string;
  readonly runtime: 'containerd' | 'simulated';
  readonly install: boolean;
  readonly network?: 'bridge' | 'none';
  readonly clusterCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  /** What a KubeletConfiguration says: it is asked before the flags of the same meaning. */
  readonly configuration?: ReadConfiguration;
  /** Files. All three or none; without, what the pki folder of the data directory signs. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa: string } | undefined;
  /** The node's addresses, one of each family at most, when they are not that of the default route. */
  readonly nodeIps?: readonly string[] | undefined;
  /** The connection is only good for joining: what comes of it is written to this kubeconfig. */
  readonly joinInto?: string;
}

/** A kubelet that runs alone. */
export interface KubeletAlone extends AsyncDisposable {
  readonly machine: Machine;
  /** Acts as the node, with whatever certificate it has. */
  readonly client: Client;
  /** See Kubelet. */
  shutDownNode(): Promise<void>;
}

/** The kubelet of this machine, or a simulated one, against an API server elsewhere. */
export async function startKubeletAlone(asked: KubeletAloneOptions): Promise<KubeletAlone> {
  const { clock, random, logger, progress, dataDir, nodeName, configuration = {} } = asked;
  const running = isServing(dataDir, 'kubeletPid');
  if (running !== undefined) throw new Error(`a kubelet is running on ${dataDir} already (process ${running}); stop it, or choose another --data-dir`);
  await using undo = new AsyncDisposableStack();
  await makeDataDir(dataDir);
  const options = asked.joinInto === undefined ? asked : { ...asked, connection: await joinCluster(asked, asked.joinInto) };
  const client = componentClient(options, 'kubelet', undo);
  if (configuration.rotateCertificates === true) rotateClientCertificate(options, client, undo);
  // With static pods it may be this kubelet that runs the API server.
  if (configuration.staticPodPath === undefined) await expectServer(client, options);
  const paths = clusterPaths(dataDir);
  try {
    await mkdir(paths.kubelet, { recursive: true, mode: 0o700 });
    undo.use(writePidFile(dataDir, 'kubeletPid'));
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
  const machine = await prepareMachine(options);
  const host = machine.kind === 'real' ? linuxHost({ clock, logger, rootDir: paths.kubelet, hostname: nodeName, ...(options.nodeIps !== undefined && { addresses: options.nodeIps }) }) : undefined;
  const addresses = (await host?.addresses()) ?? options.nodeIps ?? ['127.0.0.1'];
  const byApi = configuration.serverTlsBootstrap === true && options.tls === undefined && options.connection.ca !== undefined;
  const tls = byApi ? { clientCa: options.connection.ca } : await servingTls(options, addresses);
  const kubelets: Kubelet[] = [];
  if (tls === undefined) progress.note(`kubectl logs and exec will not reach this node: there is no authority in ${paths.pki} to sign its certificate; give --tls-cert-file, --tls-private-key-file and --client-ca-file`);
  const server = tls === undefined ? undefined : undo.use(await serveKubelets({ kubelets, logger, address: machine.kind !== 'real' ? addresses[0]! : addresses.some((one) => one.includes(':')) ? '::' : '0.0.0.0', tls }));
  if (byApi && server !== undefined) bootstrapServing(options, { client, server, addresses }, undo);
  const simulated = machine.kind === 'real' ? undefined : simulatedMachine({ nodeName, address: addresses[0]!, clock, random });
  if (simulated !== undefined) undo.use(simulated.runtime);
  const kubelet = undo.use(await Kubelet.start({
    nodeName, client, clock, random, logger, addresses,
    ...(machine.kind === 'real' ? { host: host!, runtime: undo.use(machine.runtime).runtime } : { host: simulated!.host, runtime: simulated!.runtime }),
    clusterDomain: options.clusterDomain,
    clusterDns: [options.clusterDns],
    ...(server !== undefined && { servingPort: server.port }),
    version: 'v1.36.0',
    rootDir: machine.kind === 'real' ? paths.kubelet : `${paths.kubelet}/${nodeName}`,
    ...configured(configuration, logger),
  }));
  kubelets.push(kubelet);
  progress.ready('kubelet');
  kubelet.ready.then(() => progress.ready('node'), () => {});
  const owned = undo.move();
  return { machine, client, shutDownNode: () => kubelet.shutDownNode(), [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function servingTls({ tls, dataDir, clock, nodeName }: KubeletAloneOptions, addresses: readonly string[]): Promise<KubeletServerOptions['tls'] | undefined> {
  if (tls !== undefined) {
    const [cert, key, clientCa] = await Promise.all([readFile(tls.cert, 'utf8'), readFile(tls.key, 'utf8'), readFile(tls.clientCa, 'utf8')]);
    return { cert, key, clientCa };
  }
  const folder = clusterPaths(dataDir).pki;
  // Only what an API server on this data directory left: a kubelet must not make an authority that nobody trusts.
  if (!(await stat(join(folder, 'ca.key')).then(() => true, () => false))) return undefined;
  const pki = await ensurePki(folder, { clock, apiServerNames: [] });
  const { serving } = await pki.kubelet(nodeName, ['127.0.0.1', ...addresses]);
  return { cert: serving.certificate, key: serving.key, clientCa: pki.ca.certificate };
}
