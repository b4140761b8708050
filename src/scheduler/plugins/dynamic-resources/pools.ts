import { matchesNodeSelector } from '../../../api/pod/node-selector.ts';
import type { Node, NodeSelector } from '../../../api/types/core/v1.ts';
import type { Device, ResourceSlice } from '../../../api/types/resource/v1.ts';
import { areCountersValid } from './counters.ts';

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
  /** Those of all nodes. */
  readonly slices: readonly ResourceSlice[];
}

interface Reach { readonly nodeName?: string; readonly allNodes?: boolean; readonly nodeSelector?: NodeSelector }

function reaches({ nodeName, allNodes, nodeSelector }: Reach, node: Node): boolean {
  if (nodeName !== undefined && nodeName !== '') return node.metadata.name === nodeName;
  return allNodes === true || (nodeSelector !== undefined && matchesNodeSelector(nodeSelector, node));
}

/** Newest slices by pool: older generations are being replaced. */
export function newestSlices(slices: readonly ResourceSlice[]): ReadonlyMap<string, readonly ResourceSlice[]> {
  const pools = new Map<string, ResourceSlice[]>();
  for (const slice of slices) {
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = pools.get(id);
    const generation = known?.[0]?.spec.pool.generation ?? -1;
    if (known === undefined || pool.generation > generation) pools.set(id, [slice]);
    else if (pool.generation === generation) known.push(slice);
  }
  return pools;
}

/** The pools of which the node can reach something. */
export function poolsFor(node: Node, newest: ReadonlyMap<string, readonly ResourceSlice[]>): Pool[] {
  const pools: Pool[] = [];
  for (const [name, slices] of newest) {
    const devices = slices.flatMap((slice) => devicesFor(node, slice));
    const near = slices.some(({ spec }) => spec.perDeviceNodeSelection !== true && reaches(spec, node));
    if (devices.length === 0 && !near) continue;
    const names = slices.flatMap(({ spec }) => (spec.devices ?? []).map((device) => device.name));
    const complete = slices.length === slices[0]?.spec.pool.resourceSliceCount;
    pools.push({ name, devices, slices, state: !complete ? 'incomplete' : new Set(names).size < names.length || !areCountersValid(slices) ? 'invalid' : 'usable' });
  }
  return pools;
}

function devicesFor(node: Node, { spec }: ResourceSlice): ReachableDevice[] {
  const each = spec.perDeviceNodeSelection === true;
  if (!each && !reaches(spec, node)) return [];
  return (spec.devices ?? []).filter((device) => !each || reaches(device, node)).map((device) => {
    const { nodeName, nodeSelector } = each ? device : spec;
    return { id: `${spec.driver}/${spec.pool.name}/${device.name}`, driver: spec.driver, pool: spec.pool.name, device, ...(nodeName !== undefined && { nodeName }), ...(nodeSelector !== undefined && { nodeSelector }) };
  });
}
