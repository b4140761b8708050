import type { Node } from '../../api/types/core/v1.ts';
import type { DeviceClass, ResourceSlice } from '../../api/types/resource/v1.ts';
import type { DevicesInUse } from './devices-in-use.ts';
import type { ReachableDevice } from './pools.ts';
import { reachableIn } from './pools.ts';

/** Devices of one class that one node reaches. */
export interface DeviceCount {
  readonly capacity: number;
  /** Of those, the ones that somebody has, whole or in part. */
  readonly allocated: number;
}

export interface DeviceCountsOptions {
  readonly slices: readonly ResourceSlice[];
  readonly inUse: DevicesInUse;
  /** Throws when that cannot be told. */
  readonly matches: (device: ReachableDevice, deviceClass: DeviceClass) => boolean;
}

/**
 * Counts devices, for the scores of extended resources that they stand for. As upstream's it looks at slices and not at
 * pools: those of a pool that is being written count, too, whether their devices can be given or not.
 */
export class DeviceCounts {
  readonly #options: DeviceCountsOptions;
  readonly #local = new Map<string, ResourceSlice[]>();
  /** Those that more nodes than one may reach. */
  readonly #shared: ResourceSlice[] = [];

  constructor(options: DeviceCountsOptions) {
    this.#options = options;
    for (const slice of options.slices) {
      const { nodeName = '', perDeviceNodeSelection } = slice.spec;
      const known = this.#local.get(nodeName);
      if (nodeName === '' || perDeviceNodeSelection === true) this.#shared.push(slice);
      else if (known === undefined) this.#local.set(nodeName, [slice]);
      else known.push(slice);
    }
  }

  /** The devices of the class, by node. */
  of(deviceClass: DeviceClass): (node: Node) => DeviceCount | undefined {
    return (node) => this.on(node, deviceClass);
  }

  /** Undefined: of one of the node's devices it cannot be told whether it belongs to the class. */
  on(node: Node, deviceClass: DeviceClass): DeviceCount | undefined {
    const { inUse: { whole, shared }, matches } = this.#options;
    let [capacity, allocated] = [0, 0];
    try {
      for (const slices of [this.#local.get(node.metadata.name ?? '') ?? [], this.#shared]) {
        for (const slice of slices) {
          for (const device of reachableIn(slice, node)) {
            if (!matches(device, deviceClass)) continue;
            capacity++;
            if (whole.has(device.id) || shared.has(device.id)) allocated++;
          }
        }
      }
    } catch {
      return undefined;
    }
    return { capacity, allocated };
  }
}
