import { value } from '../../api/meta/quantity.ts';
import { uidOf } from '../../api/meta/object.ts';
import type { Container as PodContainer, Pod, ResourceStatus } from '../../api/types/core/v1.ts';
import type { Container } from '../../runtime/runtime.ts';
import type { ContainerAllocateResponse } from '../plugins/generated/device-plugin.ts';
import { labels } from '../pods/pod-runtime.ts';
import { containersOf } from '../pods/pod-spec.ts';
import type { Claim, ContainerGrant, ResourceManager } from '../resource-managers/grant.ts';
import { sumOfPod } from '../resource-managers/pod-sum.ts';
import type { Hint } from '../topology/hints.ts';
import type { NumaMask } from '../topology/masks.ts';
import { hasNode } from '../topology/masks.ts';
import type { DeviceEndpoint } from './device-endpoints.ts';
import { hintsOfDevices } from './device-hints.ts';
import type { Device } from './device-pool.ts';
import { DevicePool } from './device-pool.ts';

/** On containers: the devices of each resource, as JSON. */
const devicesAnnotation = 'coxswain.io/devices';
/** A plugin that is away for longer has taken its devices with it. */
const absenceMs = 300_000;

type Granted = Readonly<Record<string, readonly string[]>>;

export interface DeviceManagerOptions {
  readonly now: () => number;
  /** The plugin of a resource; undefined while it is not there. */
  readonly endpoint: (resource: string) => DeviceEndpoint | undefined;
  /** A plugin has said how to use what it gives, after so long. */
  readonly onAllocated?: (resource: string, seconds: number) => void;
  /** What the node has is not what it was. */
  readonly onChange: () => void;
  /** What a pod has is better or worse than it was. */
  readonly onHealth: (podUid: string) => void;
}

interface Choice {
  readonly podUid: string;
  readonly container: string;
  readonly resource: string;
  readonly count: number;
  readonly reusable: readonly string[];
  /** The NUMA nodes to keep to; undefined without a preference. */
  readonly affinity: NumaMask | undefined;
}

/** Gives devices of plugins to containers that ask for them as extended resources. */
export class DeviceManager implements ResourceManager {
  readonly #options: DeviceManagerOptions;
  readonly #pools = new Map<string, DevicePool>();
  readonly #goneAtMs = new Map<string, number>();
  /** What plugins said of how to use what they gave, by pod, container and resource. */
  readonly #responses = new Map<string, Map<string, ContainerAllocateResponse>>();

  constructor(options: DeviceManagerOptions) {
    this.#options = options;
  }

  /** What a plugin says of its devices. */
  update(resource: string, devices: readonly Device[]): void {
    this.#goneAtMs.delete(resource);
    this.#tell(this.#pool(resource).set(devices));
  }

  /** A plugin has gone: its devices are not well until it is back. */
  lose(resource: string): void {
    this.#goneAtMs.set(resource, this.#options.now());
    this.#tell(this.#pool(resource).lose());
  }

  /** What the node has of each resource, and how much of it can be given. Those of plugins long gone are there with nothing. */
  resources(): { readonly capacity: Readonly<Record<string, string>>; readonly allocatable: Readonly<Record<string, string>> } {
    const capacity: Record<string, string> = {};
    const allocatable: Record<string, string> = {};
    for (const [resource, pool] of this.#pools) {
      const goneAtMs = this.#goneAtMs.get(resource);
      const isLost = goneAtMs !== undefined && this.#options.now() - goneAtMs >= absenceMs;
      capacity[resource] = String(isLost ? 0 : pool.capacity);
      allocatable[resource] = String(isLost ? 0 : pool.allocatable);
    }
    return { capacity, allocatable };
  }

  /** Every device there is, by resource. */
  devices(): readonly { readonly resource: string; readonly devices: readonly Device[] }[] {
    return [...this.#pools].map(([resource, pool]) => ({ resource, devices: pool.devices }));
  }

  /** What a container has. */
  devicesOf(podUid: string, container: string): readonly { readonly resource: string; readonly devices: readonly Device[] }[] {
    return [...this.#pools].flatMap(([resource, pool]) => {
      const ids = pool.of(podUid, container);
      return ids.length === 0 ? [] : [{ resource, devices: ids.map((id) => pool.device(id) ?? { id, healthy: false, numaNodes: [] }) }];
    });
  }

  /** What a container has, as its status tells it. */
  statusOf(podUid: string, container: string): ResourceStatus[] {
    return this.devicesOf(podUid, container).map(({ resource, devices }) => ({ name: resource, resources: devices.map(({ id, healthy }) => ({ resourceID: id, health: healthy ? 'Healthy' : 'Unhealthy' })) }));
  }

  /** How many devices of each resource of a plugin a container asks for. */
  asked({ resources }: PodContainer): [string, number][] {
    return Object.entries(resources?.limits ?? {}).filter(([resource]) => this.#pools.has(resource)).map(([resource, amount]): [string, number] => [resource, value(amount)]).filter(([, count]) => count > 0);
  }

  free(resource: string): readonly Device[] {
    const pool = this.#pools.get(resource);
    return pool === undefined ? [] : pool.free().flatMap((id) => pool.device(id) ?? []);
  }

  recover(containers: readonly Container[]): void {
    for (const { annotations, labels: { [labels.podUid]: podUid }, name, state } of containers) {
      const written = annotations[devicesAnnotation];
      if (written === undefined || podUid === undefined || (state !== 'running' && this.#isKnown(podUid, name))) continue;
      for (const [resource, ids] of Object.entries(JSON.parse(written) as Granted)) {
        this.#pool(resource).give(ids, podUid, name);
        // Until its plugin is back, what it had is remembered as not well.
        if (!this.#goneAtMs.has(resource)) this.#goneAtMs.set(resource, this.#options.now());
      }
    }
  }

  claim(pod: Pod): Claim {
    const podUid = uidOf(pod);
    /** What init containers had before, by resource. */
    const reusable = new Map<string, readonly string[]>();
    return {
      hints: (placed) => {
        const asked = placed === undefined ? this.#askedByPod(pod) : this.asked(placed.container);
        return new Map(asked.map(([resource, count]) => [resource, this.#hints(resource, count, {
          own: placed === undefined ? containersOf(pod).flatMap(({ container }) => this.#pool(resource).of(podUid, container.name)) : this.#pool(resource).of(podUid, placed.container.name),
          reusable: reusable.get(resource) ?? [],
        })]));
      },
      take: async ({ container, role }, { affinity }) => {
        for (const [resource, count] of this.asked(container)) {
          const kept = reusable.get(resource) ?? [];
          const known = this.#pool(resource).of(podUid, container.name);
          const ids = known.length > 0 ? known : await this.#choose({ podUid, container: container.name, resource, count, reusable: kept, affinity });
          // What an init container used is free for those after it; what keeps running keeps what it has.
          reusable.set(resource, role === 'init' ? [...new Set([...kept, ...ids])] : kept.filter((id) => !ids.includes(id)));
          if (known.length === 0) await this.#ask(podUid, container.name, resource, ids);
        }
      },
    };
  }

  async grantOf(pod: Pod, container: string): Promise<Partial<ContainerGrant>> {
    const podUid = uidOf(pod);
    const granted: Record<string, readonly string[]> = {};
    const responses: ContainerAllocateResponse[] = [];
    for (const [resource, pool] of this.#pools) {
      const ids = pool.of(podUid, container);
      if (ids.length === 0) continue;
      granted[resource] = ids;
      responses.push(this.#responses.get(`${podUid}/${container}`)?.get(resource) ?? await this.#ask(podUid, container, resource, ids));
      const endpoint = this.#endpoint(resource);
      if (endpoint.options.preStartRequired) await endpoint.calls.call('PreStartContainer', { devicesIds: ids }).catch((error: unknown) => { throw new Error(`device plugin PreStartContainer rpc failed with err: ${(error as Error).message}`, { cause: error }); });
    }
    if (responses.length === 0) return {};
    return {
      env: Object.assign({}, ...responses.map(({ envs }) => envs)) as Record<string, string>,
      mounts: responses.flatMap(({ mounts }) => mounts.map(({ containerPath, hostPath, readOnly }) => ({ containerPath, hostPath, readOnly, propagation: 'private' as const }))),
      devices: responses.flatMap(({ devices }) => devices),
      cdiDevices: responses.flatMap(({ cdiDevices }) => cdiDevices.map(({ name }) => name)),
      annotations: {
        ...Object.assign({}, ...responses.map(({ annotations }) => annotations)) as Record<string, string>,
        [devicesAnnotation]: JSON.stringify(granted),
      },
    };
  }

  release(podUid: string): void {
    for (const pool of this.#pools.values()) pool.release(podUid);
    for (const key of this.#responses.keys()) if (key.startsWith(`${podUid}/`)) this.#responses.delete(key);
  }

  #tell(podUids: readonly string[]): void {
    this.#options.onChange();
    for (const podUid of podUids) this.#options.onHealth(podUid);
  }

  #pool(resource: string): DevicePool {
    let pool = this.#pools.get(resource);
    if (pool === undefined) this.#pools.set(resource, pool = new DevicePool());
    return pool;
  }

  #isKnown(podUid: string, container: string): boolean {
    return [...this.#pools.values()].some((pool) => pool.of(podUid, container).length > 0);
  }

  #endpoint(resource: string): DeviceEndpoint {
    const endpoint = this.#options.endpoint(resource);
    if (endpoint === undefined) throw new Error(`cannot allocate unregistered device ${resource}`);
    return endpoint;
  }

  #askedByPod(pod: Pod): [string, number][] {
    return [...this.#pools.keys()].map((resource): [string, number] => [resource, sumOfPod(pod, (container) => value(container.resources?.limits?.[resource] ?? '0'))]).filter(([, count]) => count > 0);
  }

  /** From which NUMA nodes they could come; undefined where no device of the resource says where it is. */
  #hints(resource: string, count: number, { own, reusable }: { readonly own: readonly string[]; readonly reusable: readonly string[] }): readonly Hint[] | undefined {
    const pool = this.#pool(resource);
    const nodes = [...new Set(pool.devices.flatMap(({ numaNodes }) => numaNodes))].sort((a, b) => a - b);
    if (nodes.length === 0) return undefined;
    if (own.length > 0) return own.length === count ? hintsOfDevices(pool, nodes, { count, available: own, reusable: [] }) : [];
    const available = pool.free();
    return new Set([...available, ...reusable]).size < count ? [] : hintsOfDevices(pool, nodes, { count, available, reusable });
  }

  /** Takes devices for a container: first those that the pod may use again, then aligned ones, of either as the plugin prefers. */
  async #choose({ podUid, container, resource, count, reusable, affinity }: Choice): Promise<readonly string[]> {
    const pool = this.#pool(resource);
    const { options, calls } = this.#endpoint(resource);
    if (pool.allocatable === 0) throw new Error(`no healthy devices present; cannot allocate unhealthy devices ${resource}`);
    const chosen = reusable.slice(0, count);
    if (chosen.length < count) {
      const free = pool.free();
      const needed = count - chosen.length;
      if (free.length < needed) throw new Error(`requested number of devices unavailable for ${resource}. Requested: ${needed}, Available: ${free.length}`);
      const isAligned = (id: string): boolean => affinity === undefined || pool.device(id)?.numaNodes.some((node) => hasNode(affinity, node)) === true;
      const aligned = free.filter(isAligned);
      const among = needed < aligned.length ? aligned : free;
      const must = needed < aligned.length ? chosen : [...chosen, ...(affinity === undefined ? [] : aligned)];
      // Taken before the plugin is asked: others are admitted meanwhile.
      pool.give([...chosen, ...free], podUid, container);
      const preferred = options.getPreferredAllocationAvailable && among.length > needed ? await this.#preferred(calls, resource, { among, must, count }) : [];
      const order = [...new Set([...must, ...preferred.filter((id) => among.includes(id)), ...aligned, ...free])];
      chosen.splice(0, chosen.length, ...order.slice(0, count));
    }
    pool.give(chosen, podUid, container);
    return chosen;
  }

  async #preferred(calls: DeviceEndpoint['calls'], resource: string, { among, must, count }: { readonly among: readonly string[]; readonly must: readonly string[]; readonly count: number }): Promise<readonly string[]> {
    try {
      const { containerResponses } = await calls.call('GetPreferredAllocation', { containerRequests: [{ availableDeviceIDs: [...new Set([...among, ...must])], mustIncludeDeviceIDs: must, allocationSize: count }] });
      return containerResponses[0]?.deviceIDs ?? [];
    } catch (error) {
      throw new Error(`device plugin GetPreferredAllocation rpc failed with err: ${(error as Error).message} (${resource})`, { cause: error });
    }
  }

  async #ask(podUid: string, container: string, resource: string, ids: readonly string[]): Promise<ContainerAllocateResponse> {
    const startMs = this.#options.now();
    const { containerResponses: [response] } = await this.#endpoint(resource).calls.call('Allocate', { containerRequests: [{ devicesIds: ids }] });
    this.#options.onAllocated?.(resource, (this.#options.now() - startMs) / 1000);
    if (response === undefined) throw new Error('no containers return in allocation response {[]}');
    const key = `${podUid}/${container}`;
    let known = this.#responses.get(key);
    if (known === undefined) this.#responses.set(key, known = new Map());
    known.set(resource, response);
    return response;
  }
}
