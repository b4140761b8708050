import { hostname } from 'node:os';
import type { Gauge } from '../apiserver/metrics/registry.ts';
import { createMemoryPki, ensurePki } from '../pki/pki.ts';
import type { KubeconfigEntry } from '../pki/kubeconfig.ts';
import { defaultKubeconfigPath, mergeKubeconfig, writeKubeconfig } from '../pki/kubeconfig.ts';
import type { Store } from '../store/store.ts';
import { addressInRange, familiesOf, isLoopback, isWildcard } from './addresses.ts';
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';
import { startControlPlane } from './control-plane.ts';
import { clusterPaths, contextName } from './layout.ts';
import type { ClusterNodes } from './nodes.ts';
import { listenPolicyOf, protectionOf } from './serving.ts';
import type { StartOptions } from './start-options.ts';
import { ChangingFile } from './changing-file.ts';
import { ReloadedFile } from './reloaded-file.ts';
import { keepRenewed } from './renewal.ts';
import { ServingIdentity } from './serving-identity.ts';
import { hasAdmissionFlags } from './start-options.ts';
import { NearKubeletDialer } from './near-kubelet-dialer.ts';
import { dataDirError, makeDataDir } from './data-dir.ts';
import { isServing, writePidFile } from './pid-file.ts';

/** A running cluster. Disposing stops it; containers of a real node run on. */
export interface Cluster extends AsyncDisposable {
  readonly url: string;
  readonly adminKubeconfig: string;
  readonly context: { readonly name: string; readonly file: string } | undefined;
  readonly realNode: boolean;
  readonly controlPlane: ControlPlane;
  /** The machine goes down: ends the pods of the real node as its kubelet is configured. Without that they are left running. */
  shutDownNode(): Promise<void>;
}

/** Starts everything that a command asks for, in the order in which things need one another. Errors are one line each. */
export async function startCluster(options: StartOptions): Promise<Cluster> {
  const { clock, random, logger, progress, dataDir } = options;
  const running = isServing(dataDir);
  if (running !== undefined) throw new Error(`a cluster is running on ${dataDir} already (process ${running}); stop it, or choose another --data-dir`);
  await makeDataDir(dataDir);
  const paths = clusterPaths(dataDir);
  await using undo = new AsyncDisposableStack();
  undo.use(writePidFile(dataDir));
  if (options.node && options.runtime !== 'none') {
    const kubelet = isServing(dataDir, 'kubeletPid');
    if (kubelet !== undefined) throw new Error(`a kubelet is running on ${dataDir} already (process ${kubelet}); stop it, or choose another --data-dir`);
    undo.use(writePidFile(dataDir, 'kubeletPid'));
  }

  const gateways = options.clusterCidr.split(',').map((range) => addressInRange(range, 1));
  const isOpen = !isLoopback(options.bindAddress);
  const advertiseAddress = isOpen ? await advertisedAddress(options) : options.advertiseAddress;
  const [store, pki] = await Promise.all([
    openStore(options),
    (options.store === 'memory' && !options.node ? createMemoryPki : (request: Parameters<typeof createMemoryPki>[0]) => ensurePki(paths.pki, request))({
      clock,
      clusterDomain: options.clusterDomain,
      apiServerNames: [hostname(), options.bindAddress, ...gateways, addressInRange(options.serviceCidr, 1), ...(advertiseAddress === undefined ? [] : [advertiseAddress])].filter((name) => !isWildcard(name)),
    }).catch((error: unknown) => { throw dataDirError(dataDir, error); }),
  ]);
  undo.use(store);

  const [{ TlsKubeletDialer }, { HttpForwarder }, { TlsWebhookTransport }, { TlsExtensionTransport }] = await Promise.all([import('../apiserver/http/kubelet-dialer.ts'), import('../apiserver/http/http-forwarder.ts'), import('../apiserver/http/webhook-transport.ts'), import('../apiserver/http/extension-transport.ts')]);
  const encryption = options.encryptionProviderConfig === undefined ? undefined : await (await import('./encryption.ts')).readEncryption(options.encryptionProviderConfig, options, { reload: options.encryptionProviderConfigAutomaticReload === true });
  const tracer = options.tracingConfigFile === undefined ? undefined : await (await import('./tracing.ts')).readTracing(options.tracingConfigFile, random);
  const audit = options.auditPolicyFile === undefined && options.auditLogPath === undefined && options.auditWebhookConfigFile === undefined ? undefined : await (await import('./audit.ts')).openAudit(options);
  const admission = hasAdmissionFlags(options) ? await (await import('./admission.ts')).openAdmission(options) : undefined;
  const nodes: { current: ClusterNodes | undefined } = { current: undefined };
  const dialer = new TlsKubeletDialer({ clock, cert: pki.apiServerKubeletClient.certificate, key: pki.apiServerKubeletClient.key, ca: pki.ca.certificate });
  const identity = undo.use(await ServingIdentity.open({ settings: options, own: pki.apiServer, authority: pki.ca.certificate, clock, logger }));
  const tokens = options.tokenFile === undefined ? undefined : undo.use(await ChangingFile.open('--token-auth-file', options.tokenFile, { clock, logger }));
  const { access, metrics } = await followAccess(options, undo);
  const extensions = undo.use(new TlsExtensionTransport({ client: pki.frontProxyClient }));
  const controlPlane = undo.use(await startControlPlane({
    store,
    pki,
    clock,
    random,
    logger,
    host: hostname(),
    serviceCidr: options.serviceCidr,
    clusterCidr: options.clusterCidr,
    runtimeConfig: options.runtimeConfig,
    featureGates: options.featureGates,
    protection: { ...protectionOf(options), ...(options.flags !== undefined && { flags: options.flags }) },
    clientCa: { current: identity.clientCa, onChange: (listener) => { identity.onClientCa = listener; } },
    access,
    metrics: [...(encryption?.metrics ?? []), ...metrics],
    ...(tokens !== undefined && { tokenFile: tokens }),
    ...admission,
    kubelet: new NearKubeletDialer(dialer, (nodeName) => nodes.current?.kubeletAddress(nodeName)),
    ...(tracer !== undefined && { tracer }),
    ...(encryption !== undefined && { encryption: encryption.encryption }),
    ...(audit !== undefined && { audit }),
    forwarder: undo.use(new HttpForwarder({ clock })),
    webhookTransport: undo.use(new TlsWebhookTransport()),
    extensions,
  }));
  const address = await controlPlane.server.listen({ host: options.bindAddress, port: options.port, ...identity.current, ...listenPolicyOf(options) })
    .catch((error: unknown) => { throw explainListenError(error, options); });
  identity.onChange = (changed) => controlPlane.server.identify(changed);
  progress.ready('api server');

  // Only now: what the machine needs (looking for programs, starting containerd) would make the API wait.
  const machine = options.node ? import('./machine.ts').then(({ prepareMachine }) => prepareMachine(options)) : undefined;
  machine?.catch(() => {});

  const url = urlOf(isWildcard(options.bindAddress) ? '127.0.0.1' : options.bindAddress, address.port);
  const entry: KubeconfigEntry = { server: url, authority: pki.ca.certificate, user: { name: contextName, credentials: pki.admin }, clusterName: contextName, contextName };
  await writeKubeconfig(paths.adminKubeconfig, entry);
  if (options.writeKubeconfig !== undefined) await writeKubeconfig(options.writeKubeconfig, entry);
  const merged = await mergeKubeconfig(defaultKubeconfigPath(options.environment, options.home), entry);
  if (merged.kind === 'refused') progress.note(merged.warning);

  let { admin } = pki;
  undo.use(keepRenewed(async () => {
    const renewed = await pki.renewed();
    identity.renew(renewed.apiServer);
    extensions.identify(renewed.frontProxyClient);
    dialer.identify({ cert: renewed.apiServerKubeletClient.certificate, key: renewed.apiServerKubeletClient.key });
    if (renewed.admin.certificate === admin.certificate) return;
    ({ admin } = renewed);
    await writeKubeconfig(paths.adminKubeconfig, { ...entry, user: { ...entry.user, credentials: admin } });
  }, { clock, logger }));

  if (isOpen && advertiseAddress !== undefined) {
    const { openForJoining } = await import('./joining/open.ts');
    undo.use(await openForJoining({ ...options, controlPlane, pki, address: advertiseAddress, port: address.port, server: urlOf(advertiseAddress, address.port) }));
  }
  const controllers = options.controllers === false ? undefined : controlPlane.startControllers({ settings: options.controllerSettings ?? {}, ...(isOpen && { controllers: ['*', 'bootstrap-signer-controller', 'token-cleaner-controller'] }) });
  controllers?.catch(() => {});
  const cloud = options.controllers === false ? undefined : startCloud(options, controlPlane, undo);
  cloud?.catch(() => {});
  if (machine !== undefined) {
    const { startNodes } = await import('./nodes.ts');
    const prepared = await machine.catch(async (error: unknown) => {
      // What is just starting cannot be stopped yet, and would keep a process alive that has said why it ends.
      await Promise.allSettled([controllers, cloud]);
      throw error;
    });
    nodes.current = undo.use(await startNodes({ ...options, advertiseAddress, pki, controlPlane }, prepared));
  }
  await controllers;
  await cloud;
  if (options.controllers !== false) progress.ready('controllers and scheduler');
  if (nodes.current !== undefined) {
    await nodes.current.ready;
    progress.ready('node');
    await nodes.current.network;
    if (nodes.current.real) progress.ready('services and DNS');
  }
  // Pods of a real node are led to their bridge. Elsewhere the kubernetes Service leads where upstream's server says that it is: to the machine's own address.
  const reachable = isOpen || nodes.current?.real === true ? undefined : advertiseAddress ?? await machineAddress(options.serviceCidr);
  if (reachable !== undefined && !isLoopback(reachable)) await controlPlane.server.advertise({ address: reachable, port: address.port });
  const owned = undo.move();
  return {
    url,
    adminKubeconfig: paths.adminKubeconfig,
    context: merged.kind === 'refused' ? undefined : { name: contextName, file: merged.path },
    realNode: nodes.current?.real ?? false,
    controlPlane,
    shutDownNode: async () => nodes.current?.shutDownNode(),
    async [Symbol.asyncDispose]() {
      await controlPlane.server.announceShutdown();
      await owned.disposeAsync();
    },
  };
}

const urlOf = (host: string, port: number): string => `https://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The controllers of the cloud, if this cluster's own is to give addresses to load balancers. */
async function startCloud({ loadBalancerPool, clusterCidr, clock, random, logger }: StartOptions, { server, clients }: ControlPlane, undo: AsyncDisposableStack): Promise<void> {
  if (loadBalancerPool === undefined) return;
  const { cloudAccess, startCloudControllers } = await import('./cloud.ts');
  await server.ensure(cloudAccess);
  undo.use(await startCloudControllers({ clients, clock, random, logger, clusterCidr, loadBalancerPools: loadBalancerPool }));
}

/** By which address other machines reach an API server that they are to reach. */
async function advertisedAddress({ advertiseAddress, bindAddress, serviceCidr }: StartOptions): Promise<string> {
  if (advertiseAddress !== undefined) return advertiseAddress;
  return isWildcard(bindAddress) ? machineAddress(serviceCidr) : bindAddress;
}

/** Of the family that Services have first: the kubernetes Service leads there. */
async function machineAddress(serviceCidr: string): Promise<string> {
  const { readAddresses } = await import('../kubelet/hosts/linux/machine.ts');
  return (await readAddresses(familiesOf(serviceCidr)))[0] ?? '127.0.0.1';
}

/** Who is let in, as the files of access say it from one moment to the next. */
async function followAccess({ access = {}, clock, logger }: StartOptions, undo: AsyncDisposableStack): Promise<{ readonly access: NonNullable<ControlPlaneOptions['access']>; readonly metrics: readonly Gauge[] }> {
  const { files: { authentication, authorization } = {}, ...settings } = access;
  const jwt = authentication === undefined ? undefined : undo.use(await ReloadedFile.open(authentication, { configures: 'authentication', clock, logger }));
  const authorizers = authorization === undefined ? undefined : undo.use(await ReloadedFile.open(authorization, { configures: 'authorization', clock, logger }));
  return { access: { ...settings, ...(jwt !== undefined && { jwt }), ...(authorizers !== undefined && { authorizers }) }, metrics: [...(jwt?.metrics ?? []), ...(authorizers?.metrics ?? [])] };
}

async function openStore(options: StartOptions): Promise<Store> {
  if (options.store === 'memory') return (await import('../store/drivers/memory/memory-store.ts')).MemoryStore.open();
  const { SqliteStore } = await import('../store/drivers/sqlite/sqlite-store.ts');
  return SqliteStore.open({ path: `${clusterPaths(options.dataDir).store}/store.db` });
}

function explainListenError(error: unknown, options: StartOptions): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = `${options.bindAddress}:${options.port}`;
  if (code === 'EADDRINUSE') return new Error(`${where} is in use by another program; stop it, or choose another port with --port (0: any free one)`, { cause: error });
  if (code === 'EACCES') return new Error(`not allowed to listen on ${where}; choose a port above 1023 with --port`, { cause: error });
  if (code === 'EADDRNOTAVAIL') return new Error(`this machine has no address ${options.bindAddress}; choose another with --bind-address`, { cause: error });
  return new Error(`cannot listen on ${where}: ${message}`, { cause: error });
}
