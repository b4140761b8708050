import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { namespaces, pods, serviceaccounts } from '../../../src/api/resources.ts';
import { isReason } from '../../../src/api/status.ts';
import type { Container, Pod, PodSpec } from '../../../src/api/types/core/v1.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { SystemRandom } from '../../../src/base/random.ts';
import { RealClock } from '../../../src/base/real-clock.ts';
import type { Client } from '../../../src/client/client.ts';
import { Announcer } from '../../../src/cloud/providers/local/speaker/announcer.ts';
import { runChecked } from '../../../src/cluster/run-checked.ts';
import type { Cluster } from '../../../src/cluster/cluster.ts';
import { startCluster } from '../../../src/cluster/cluster.ts';
import type { ClusterSettings } from '../../../src/cluster/start-options.ts';
import { dataDirEntries } from '../../../src/cluster/layout.ts';
import { hostCapabilities } from '../../../src/host/capabilities.ts';
import { hostPaths } from '../../../src/host/paths.ts';
import { reset } from '../../../src/host/reset.ts';
import { readCredentials } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { giveImages } from './image-store.ts';

const capabilities = await hostCapabilities();
/** Why there are no real containers here; false where there are. */
export const withoutContainers: string | false = capabilities.obstacle ?? false;

/** Where load balancers get their addresses: of a link that tests make. */
export const loadBalancerPool = '198.51.100.240/28';

const clock = new RealClock();
const nothing = (): void => {};

/** Of the images that scripts/make-images.sh makes: those that these tests start. */
export const busybox = 'busybox:1.36';
export const agnhost = 'registry.k8s.io/e2e-test-images/agnhost:2.59';

/** A whole cluster in this process as `coxswain up` starts it, with real containers on this machine. */
export class RealCluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-pods-'));
  readonly dataDir = join(this.folder, 'data');
  readonly clock = clock;
  readonly #settings: Partial<ClusterSettings>;
  readonly #kubeletConfig = join(this.folder, 'kubelet.yaml');
  #cluster: Cluster | undefined;
  #credentials: Credentials | undefined;

  /** With the images of scripts/make-images.sh. `kubelet`: a KubeletConfiguration. `settings`: what is not as usual. */
  static async start({ kubelet, settings }: { readonly kubelet?: string; readonly settings?: Partial<ClusterSettings> } = {}): Promise<RealCluster> {
    const cluster = new RealCluster(settings);
    if (kubelet !== undefined) writeFileSync(cluster.#kubeletConfig, kubelet);
    try {
      await giveImages(cluster.dataDir);
      await cluster.start();
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  constructor(settings: Partial<ClusterSettings> = {}) {
    // As a folder that clusters are kept in: pods' users must get through it.
    chmodSync(this.folder, 0o711);
    this.#settings = settings;
  }

  /** Acts as an administrator. */
  get client(): Client {
    return this.cluster.controlPlane.clients.administrator();
  }

  get cluster(): Cluster {
    if (this.#cluster === undefined) throw new Error('the cluster is not running');
    return this.#cluster;
  }

  get containerdSocket(): string {
    return hostPaths(this.dataDir).socketPath;
  }

  /** Starts it, or starts it again after `stop` on what it left. */
  async start(): Promise<void> {
    this.#cluster = await startCluster({
      dataDir: this.dataDir, home: this.folder, environment: {}, port: 0, bindAddress: '127.0.0.1', store: 'sqlite', runtime: 'containerd', nodes: 1, nodeName: 'node-1',
      tokenFile: undefined, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', clusterDomain: 'cluster.local', writeKubeconfig: undefined, install: false,
      kubeletConfig: existsSync(this.#kubeletConfig) ? this.#kubeletConfig : undefined,
      proxyMode: 'auto', loadBalancerPool: [loadBalancerPool], ingress: true, ...this.#settings, node: true, clock, random: new SystemRandom(), logger: silentLogger, progress: { ready: nothing, done: nothing, doing: nothing, note: nothing },
    });
    this.#credentials = readCredentials(readFileSync(this.#cluster.adminKubeconfig, 'utf8'));
    await this.until('the default service account', () => this.found(this.client.get(serviceaccounts, { namespace: 'default', name: 'default' })));
  }

  /** Ends the processes of Kubernetes; containers run on. */
  async stop(): Promise<void> {
    const cluster = this.#cluster;
    this.#cluster = undefined;
    await cluster?.[Symbol.asyncDispose]();
  }

  /** Looks until there is something; throws when there is not within `withinMs`: on a machine that does much else, nothing is soon. */
  async until<T>(what: string, probe: () => T | Promise<T>, withinMs = 120_000): Promise<Exclude<NonNullable<T>, false>> {
    const deadlineMs = clock.monotonicMs() + withinMs;
    for (;;) {
      const got = await probe();
      if (got !== false && got !== undefined && got !== null) return got as Exclude<NonNullable<T>, false>;
      if (clock.monotonicMs() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
      await clock.sleep(100);
    }
  }

  async found<T>(asked: Promise<T>): Promise<T | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  async namespace(name: string): Promise<string> {
    await this.client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    await this.until('its service account', () => this.found(this.client.get(serviceaccounts, { namespace: name, name: 'default' })));
    return name;
  }

  get(name: string, namespace = 'default'): Promise<Pod> {
    return this.client.get(pods, { namespace, name });
  }

  untilPod(name: string, what: string, holds: (pod: Pod) => boolean, { withinMs, namespace }: { readonly withinMs?: number; readonly namespace?: string } = {}): Promise<Pod> {
    let last: Pod | undefined;
    return this.until(`pod ${name} ${what}`, async () => {
      last = await this.get(name, namespace);
      return holds(last) ? last : undefined;
    }, withinMs).catch((error: unknown) => { throw new Error(`${(error as Error).message}: ${JSON.stringify(last?.status)}`, { cause: error }); });
  }

  /** Creates it and waits until it runs and is ready. */
  async running(pod: Pod): Promise<Pod> {
    const { metadata } = await this.client.create(pods, pod);
    return this.untilPod(metadata.name!, 'runs', isReadyPod, { namespace: metadata.namespace ?? 'default' });
  }

  /** Creates it, waits for its end in this phase, and tells what its containers wrote. */
  async output(pod: Pod, phase: 'Succeeded' | 'Failed' = 'Succeeded'): Promise<string> {
    const name = (await this.client.create(pods, pod)).metadata.name!;
    await this.untilPod(name, phase, ({ status }) => status?.phase === phase);
    return this.logs(name);
  }

  async gone(name: string, withinMs?: number): Promise<void> {
    await this.until(`pod ${name} is gone`, async () => (await this.found(this.get(name))) === undefined, withinMs);
  }

  async logs(pod: string, container?: string, query = '', namespace = 'default'): Promise<string> {
    const { status, text } = await this.http('GET', `/api/v1/namespaces/${namespace}/pods/${pod}/log?${container === undefined ? '' : `container=${container}&`}${query}`);
    if (status !== 200) throw new Error(`logs of ${pod}: ${status} ${text}`);
    return text;
  }

  /** The standard output and error of a command, over a WebSocket of the API. */
  exec(pod: string, command: readonly string[], container?: string, namespace = 'default'): Promise<string> {
    const query = new URLSearchParams({ stdout: '1', stderr: '1', ...(container !== undefined && { container }) });
    for (const word of command) query.append('command', word);
    return this.webSocket(`/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query.toString()}`, 'channel.k8s.io', (message) => (message[0] === 1 || message[0] === 2 ? message.subarray(1).toString('utf8') : ''));
  }

  /** All that comes over a WebSocket until its end. */
  webSocket(path: string, protocol: string, textOf: (message: Buffer) => string): Promise<string> {
    const { certificate, key, authority } = this.#known();
    const socket = new WebSocket(this.cluster.url.replace('https', 'wss') + path, [protocol], { cert: certificate, key, ca: authority });
    let all = '';
    socket.on('message', (message: Buffer) => { all += textOf(message); });
    return new Promise((resolve, reject) => {
      socket.on('close', () => resolve(all));
      socket.on('error', reject);
    });
  }

  http(method: string, path: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
    const { certificate, key, authority } = this.#known();
    return new Promise((resolve, reject) => {
      const outgoing = request(this.cluster.url + path, { method, cert: certificate, key, ca: authority, agent: false }, (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; }).on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      outgoing.on('error', reject).end(body);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    if (capabilities.ip !== undefined) await new Announcer({ run: runChecked, ip: capabilities.ip, nft: capabilities.nft?.path }).clear();
    await reset({ dataDir: this.dataDir, clock, logger: silentLogger, entries: dataDirEntries });
    rmSync(this.folder, { recursive: true, force: true });
  }

  #known(): Credentials {
    if (this.#credentials === undefined) throw new Error('the cluster is not running');
    return this.#credentials;
  }
}

export function isReadyPod({ status }: Pod): boolean {
  return status?.phase === 'Running' && status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

/** A pod of the default namespace with one container, which gets a second to end. */
export function podOf(name: string, container: Partial<Container>, spec: Partial<PodSpec> = {}): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: busybox, ...container }], ...spec },
  };
}

/** A pod that runs a script to its end, once. */
export function script(name: string, text: string, container: Partial<Container> = {}, spec: Partial<PodSpec> = {}): Pod {
  return podOf(name, { command: ['sh', '-c', text], ...container }, { restartPolicy: 'Never', ...spec });
}
