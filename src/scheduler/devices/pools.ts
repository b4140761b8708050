import { matchesNodeSelector } from '../../api/pod/node-selector.ts';
import type { Node, NodeSelector } from '../../api/types/core/v1.ts';
import type { Device, ResourceSlice } from '../../api/types/resource/v1.ts';
import type { Left } from './counters.ts';
import { areCountersValid, leftOf } from './counters.ts';

/** A device that a node can reach. */
export interface ReachableDevice {
  /** `driver/pool/device`: unique in the cluster. */
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  /** Where it is reached from; absent: everywhere. */
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
}

/** The devices of one pool that a node can reach. */
export interface Pool {
  readonly name: string;
  /** `incomplete`: its slices are being written; `invalid`: two devices have one name, or counters are wrong. Nothing is taken from those. */
  readonly state: 'usable' | 'incomplete' | 'invalid';
  readonly devices: readonly ReachableDevice[];
}

/** A pool with all of its slices, by their names. */
interface WholePool {
  readonly driver: string;
  readonly pool: string;
  readonly slices: readonly ResourceSlice[];
  readonly complete: boolean;
  readonly validCounters: boolean;
}

interface Reach { readonly nodeName?: string; readonly allNodes?: boolean; readonly nodeSelector?: NodeSelector }

function reaches({ nodeName, allNodes, nodeSelector }: Reach, node: Node): boolean {
  if (nodeName !== undefined && nodeName !== '') return node.metadata.name === nodeName;
  return allNodes === true || (nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node));
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The newest slices by pool: older generations are being replaced. */
function newest(slices: readonly ResourceSlice[]): WholePool[] {
  const pools = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = pools.get(id);
    const generation = known?.[0]?.spec.pool.generation ?? -1;
    if (known === undefined || pool.generation > generation) pools.set(id, [slice]);
    else if (pool.generation === generation) known.push(slice);
  }
  return [...pools.values()].map((some) => {
    const { driver, pool } = some[0]!.spec;
    return { driver, pool: pool.name, slices: some.sort((a, b) => byText(a.metadata.name ?? '', b.metadata.name ?? '')), complete: some.length === pool.resourceSliceCount, validCounters: areCountersValid(some) };
  }).sort((a, b) => byText(a.driver, b.driver) || byText(a.pool, b.pool));
}

/** All that drivers publish, to be looked at from each node. */
export class Pools {
  readonly #shared: WholePool[] = [];
  readonly #local = new Map<string, WholePool[]>();
  readonly #whole = new Map<string, WholePool>();
  readonly #left = new Map<string, Left>();

  constructor(slices: readonly ResourceSlice[]) {
    for (const whole of newest(slices)) {
      this.#whole.set(`${whole.driver}/${whole.pool}`, whole);
      const nodes = new Set(whole.slices.map(({ spec }) => (spec.sharedCounters === undefined ? (spec.nodeName ?? '') : '')));
      if (nodes.has('')) this.#shared.push(whole);
      else for (const name of nodes) this.#local.set(name, [...(this.#local.get(name) ?? []), whole]);
    }
  }

  /**
   * The pools of which the node can reach something, in the order in which devices are taken from them: by driver and
   * name, those last whose devices have to be made ready before they can be used.
   */
  for(node: Node): Pool[] {
    const candidates = [...this.#shared, ...(this.#local.get(node.metadata.name ?? '') ?? [])].sort((a, b) => byText(a.driver, b.driver) || byText(a.pool, b.pool));
    const pools = candidates.flatMap((whole) => poolFor(node, whole) ?? []);
    const waits = ({ devices }: Pool): boolean => devices.some(({ device }) => device.bindingConditions !== undefined);
    return [...pools.filter((pool) => !waits(pool)), ...pools.filter(waits)];
  }

  /** What is left of a pool's shared counters; `isTaken`, by a device's name, says the same at each call. */
  left(name: string, isTaken: (device: string) => boolean): Left {
    let left = this.#left.get(name);
    if (left === undefined) this.#left.set(name, (left = leftOf(this.#whole.get(name)?.slices ?? [], isTaken)));
    return left;
  }
}

function poolFor(node: Node, { driver, pool, slices, complete, validCounters }: WholePool): Pool | undefined {
  const near = slices.filter(({ spec }) => spec.sharedCounters !== undefined || (spec.perDeviceNodeSelection === true ? spec.devices?.some((device) => reaches(device, node)) === true : reaches(spec, node)));
  if (near.length === 0) return undefined;
  const name = `${driver}/${pool}`;
  if (!complete) return { name, state: 'incomplete', devices: [] };
  const names = near.flatMap(({ spec }) => (spec.devices ?? []).map((device) => device.name));
  if (!validCounters || new Set(names).size < names.length) return { name, state: 'invalid', devices: [] };
  return { name, state: 'usable', devices: near.flatMap((slice) => devicesFor(node, slice)) };
}

/** The devices of the slice that the node reaches. */
export const reachableIn = (slice: ResourceSlice, node: Node): ReachableDevice[] => (slice.spec.perDeviceNodeSelection === true || reaches(slice.spec, node) ? devicesFor(node, slice) : []);

function devicesFor(node: Node, { spec }: ResourceSlice): ReachableDevice[] {
  const each = spec.perDeviceNodeSelection === true;
  return (spec.devices ?? []).filter((device) => !each || reaches(device, node)).map((device) => {
    const { nodeName, nodeSelector } = each ? device : spec;
    return { id: `${spec.driver}/${spec.pool.name}/${device.name}`, driver: spec.driver, pool: spec.pool.name, device, ...(nodeName !== undefined && { nodeName }), ...(nodeSelector !== undefined && { nodeSelector }) };
  });
}
