import { nodes as nodeType } from '../api/resources.ts';
import type { ObjectRef } from '../client/client.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import type { ClusterNodes, NodeOptions } from './api.ts';
import { drive } from './drive.ts';
import type { Life } from './life.ts';
import type { SimulatedNode } from './simulated-node.ts';

/** What the kubelet of such a machine is told. */
export function kubeletOptions({ labels, taints, capacity }: NodeOptions): Partial<KubeletOptions> {
  return { ...(labels !== undefined && { nodeLabels: labels }), ...(taints !== undefined && { nodeTaints: taints }), ...(capacity !== undefined && { capacity }) };
}

/** The machines of one cluster. */
export class TestNodes implements ClusterNodes {
  readonly #life: () => Life;

  constructor(life: () => Life) {
    this.#life = life;
  }

  get names(): readonly string[] {
    return [...this.#life().parts.nodes.keys()];
  }

  async add(options: NodeOptions = {}): Promise<string> {
    const life = this.#life();
    await life.awake();
    const name = options.name ?? freeName(life.parts.nodes);
    await drive(life.clock, life.parts.addNode({ name, kubelet: kubeletOptions(options) }).then(({ kubelet }) => kubelet?.ready));
    return name;
  }

  async remove(name: string): Promise<void> {
    const life = this.#life();
    await life.awake();
    this.#find(name);
    await drive(life.clock, life.parts.removeNode(name).then(() => life.parts.clients.administrator().delete(nodeType, { name })));
  }

  kill(name: string): Promise<void> {
    return this.#during(name, (node) => node.kill());
  }

  disconnect(name: string): Promise<void> {
    return this.#during(name, (node) => node.stopKubelet());
  }

  start(name: string): Promise<void> {
    return this.#during(name, (node) => node.start());
  }

  async crash(pod: ObjectRef | string, { container, exitCode = 1, reason }: { readonly container?: string; readonly exitCode?: number; readonly reason?: string } = {}): Promise<void> {
    const life = this.#life();
    await life.awake();
    const { namespace = 'default', name }: ObjectRef = typeof pod === 'string' ? { name: pod } : pod;
    for (const { kubelet, runtime } of life.parts.nodes.values()) {
      const found = kubelet?.findPod(namespace, name);
      if (found === undefined || runtime === undefined) continue;
      const containers = await runtime.listContainers({ podUid: found.pod.metadata.uid ?? '' });
      const running = containers.find((one) => one.state === 'running' && (container === undefined || one.name === container));
      if (running === undefined) break;
      runtime.crash(running.id, exitCode, ...(reason === undefined ? [] : [reason] as const));
      return;
    }
    throw new Error(`pod ${namespace}/${name} has no ${container === undefined ? 'container' : `container ${container}`} that runs`);
  }

  /** While requests meet faults, nodes say again and again that they live, so that they can fail to. */
  foresee(may: boolean): void {
    for (const node of this.#life().parts.nodes.values()) node.foresees = may;
  }

  #find(name: string): SimulatedNode {
    const { nodes } = this.#life().parts;
    const node = nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${JSON.stringify(name)}; there are ${[...nodes.keys()].join(', ')}`);
    return node;
  }

  async #during(name: string, work: (node: SimulatedNode) => Promise<void>): Promise<void> {
    const life = this.#life();
    await life.awake();
    await drive(life.clock, work(this.#find(name)));
  }
}

/** The first of `node-1`, `node-2` … that is no machine's. */
function freeName(taken: ReadonlyMap<string, unknown>): string {
  for (let number = 1; ; number++) if (!taken.has(`node-${number}`)) return `node-${number}`;
}
