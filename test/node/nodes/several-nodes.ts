import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '../../../src/api/types/core/v1.ts';
import { program } from '../../cli/program.ts';
import type { StartedProgram } from '../../network/machines.ts';
import { Machines } from '../../network/machines.ts';
import { giveImages } from '../pods/image-store.ts';

/** The machines' addresses; `outside` is no node. */
export const addresses = { first: '198.18.77.1', second: '198.18.77.2', third: '198.18.77.3', fourth: '198.18.77.4', outside: '198.18.77.100' };
export type NodeName = Exclude<keyof typeof addresses, 'outside'>;
export interface PlacedPod { readonly name: string; readonly node: NodeName; readonly ip: string }

/** A node that says nothing is missed early: this is a test. */
const impatient = ['--node-monitor-grace-period', '10s', '--node-monitor-period', '1s'];
const nodeLeaseDurationSeconds = 8;

/** Machines in network namespaces, each with its own containerd, kubelet and service proxy: one cluster. */
export class SeveralNodes implements AsyncDisposable {
  readonly machines = new Machines();
  readonly #folder = mkdtempSync(join(tmpdir(), 'coxswain-nodes-'));
  readonly #env = { ...process.env, HOME: this.#folder, NO_COLOR: '1' };
  readonly #started = new Map<NodeName, StartedProgram>();
  readonly #images: readonly string[] | undefined;
  #invitation: readonly string[] = [];

  /** `images`: archives that every node loads. Default: each has those of our own tests from its start. */
  constructor(images?: readonly string[]) {
    this.#images = images;
  }

  /** The administrator's, for whoever runs on the first. */
  get kubeconfig(): string {
    return join(this.#dataDir('first'), 'admin.kubeconfig');
  }

  #dataDir(node: NodeName): string {
    return join(this.#folder, node);
  }

  #coxswain(...args: readonly string[]): string[] {
    return [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args];
  }

  async kubectl(line: string, input?: string): Promise<string> {
    return this.machines.on('first', [...this.#coxswain('kubectl', '--kubeconfig', this.kubeconfig), ...line.split(' ')], { env: this.#env, timeoutMs: 180_000, ...(input !== undefined && { input }) });
  }

  async apply(...items: readonly object[]): Promise<void> {
    await this.kubectl('apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** The running pods with this label that nobody deletes. */
  async podsOf(app: string): Promise<PlacedPod[]> {
    const { items } = JSON.parse(await this.kubectl(`get pods -l app=${app} --field-selector status.phase=Running -o json`)) as { items: Pod[] };
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata, spec, status }) => ({ name: metadata.name ?? '', node: spec?.nodeName as NodeName, ip: status?.podIP ?? '' }));
  }

  /** One such pod of each of these nodes. */
  async podsByNode<const Nodes extends readonly NodeName[]>(app: string, ...nodes: Nodes): Promise<{ readonly [K in keyof Nodes]: PlacedPod }> {
    const pods = await this.podsOf(app);
    return nodes.map((node) => {
      const pod = pods.find((one) => one.node === node);
      if (pod === undefined) throw new Error(`no pod of ${app} on ${node}: ${JSON.stringify(pods)}`);
      return pod;
    }) as { readonly [K in keyof Nodes]: PlacedPod };
  }

  /** What a pod is answered. */
  async ask(pod: string, url: string, withinSeconds = 5): Promise<string> {
    return (await this.kubectl(`exec ${pod} -- curl -sS -m ${withinSeconds} ${url}`)).trim();
  }

  /** What a script says in a pod. */
  shell(pod: string, script: string): Promise<string> {
    return this.kubectl(`exec -i ${pod} -- sh`, script);
  }

  /** `flags`: of the first beside the usual. `others`: who joins it. `cni`: a CNI configuration that the first finds. */
  async start({ flags = [], others = ['second', 'third'], cni }: { readonly flags?: readonly string[]; readonly others?: readonly NodeName[]; readonly cni?: object } = {}): Promise<void> {
    if (cni !== undefined) {
      const folder = join(this.#dataDir('first'), 'cni', 'net.d');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, '05-other.conflist'), JSON.stringify(cni));
    }
    await this.machines.plugTogether(Object.fromEntries(Object.entries(addresses).map(([name, address]) => [name, `${address}/24`])), addresses.outside);
    await this.#run('first', ['up', '--runtime', 'containerd', '--no-install', '--node-name', 'first', '--bind-address', '0.0.0.0', ...impatient, ...flags], 'Ctrl-C stops it.');
    this.#invitation = (await this.machines.on('first', this.#coxswain('token', 'create', '--print-join-command', '--data-dir', this.#dataDir('first')), { env: this.#env })).trim().split(' ').slice(1);
    await Promise.all(others.map((node) => this.join(node)));
    await this.kubectl('wait --for=condition=Ready nodes --all --timeout=60s');
  }

  async join(node: NodeName): Promise<void> {
    await this.#run(node, [...this.#invitation, '--no-install', '--node-name', node], 'services and routes');
  }

  async #run(node: NodeName, args: readonly string[], said: string): Promise<void> {
    // Nodes of one machine share its cgroups.
    const config = join(this.#folder, `${node}.yaml`);
    writeFileSync(config, JSON.stringify({ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', cgroupRoot: `/coxswain-${node}`, nodeLeaseDurationSeconds }));
    if (this.#images === undefined) await giveImages(this.#dataDir(node));
    this.#started.set(node, await this.machines.start(node, this.#coxswain(...args, '--kubelet-config', config, '--data-dir', this.#dataDir(node)), said, this.#env));
    if (this.#images !== undefined) await this.machines.on(node, this.#coxswain('image', 'load', ...this.#images, '--data-dir', this.#dataDir(node)), { env: this.#env, timeoutMs: 300_000 });
  }

  /** The plug is pulled: nothing of the machine answers any more. */
  async lose(node: NodeName): Promise<void> {
    await this.machines.ip(node, 'link set eth0 down');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#started.keys()].map(async (node) => {
      await this.#started.get(node)?.stop('SIGKILL');
      await this.machines.on(node, this.#coxswain('reset', '--data-dir', this.#dataDir(node)), { env: this.#env }).catch((error: unknown) => console.error(error));
    }));
    await this.machines[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
