/** A device as its plugin describes it. */
export interface Device { readonly id: string; readonly healthy: boolean; readonly numaNodes: readonly number[] }

/** The devices of one resource: which there are, which are well, and whose they are. */
export class DevicePool {
  #devices = new Map<string, Device>();
  /** By pod and container. Containers of a pod that run one after the other may share. */
  readonly #given = new Map<string, Map<string, readonly string[]>>();

  get devices(): readonly Device[] {
    return [...this.#devices.values()];
  }

  get capacity(): number {
    return this.#devices.size;
  }

  get allocatable(): number {
    return this.devices.filter(({ healthy }) => healthy).length;
  }

  /** All devices, as the plugin last told them. Returns the uids of pods whose devices are better or worse than before. */
  set(devices: readonly Device[]): string[] {
    const before = this.#devices;
    this.#devices = new Map(devices.map((device) => [device.id, device]));
    const isChanged = (id: string): boolean => before.get(id)?.healthy !== this.#devices.get(id)?.healthy;
    return [...this.#given].filter(([, containers]) => [...containers.values()].some((ids) => ids.some(isChanged))).map(([podUid]) => podUid);
  }

  /** The plugin has gone: nothing is known to be well. Returns as `set` does. */
  lose(): string[] {
    return this.set(this.devices.map((device) => ({ ...device, healthy: false })));
  }

  isHealthy(id: string): boolean {
    return this.#devices.get(id)?.healthy === true;
  }

  device(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  of(podUid: string, container: string): readonly string[] {
    return this.#given.get(podUid)?.get(container) ?? [];
  }

  /** Those that are well and nobody's, in the plugin's order. */
  free(): readonly string[] {
    const taken = new Set([...this.#given.values()].flatMap((containers) => [...containers.values()].flat()));
    return this.devices.filter(({ id, healthy }) => healthy && !taken.has(id)).map(({ id }) => id);
  }

  give(ids: readonly string[], podUid: string, container: string): void {
    let containers = this.#given.get(podUid);
    if (containers === undefined) this.#given.set(podUid, containers = new Map());
    containers.set(container, ids);
  }

  release(podUid: string): void {
    this.#given.delete(podUid);
  }
}
