import type { DeviceClass, ExactDeviceRequest } from '../../../api/types/resource/v1.ts';
import type { Consumed } from '../../devices/consumable-capacity.ts';
import type { PoolCounters } from '../../devices/counters.ts';
import type { ReachableDevice } from '../../devices/pools.ts';

/** One way of meeting a request. */
export interface Alternative {
  /** Of the request, and of the alternative within it: `request/alternative`. */
  readonly names: readonly string[];
  readonly request: ExactDeviceRequest;
  readonly deviceClass: DeviceClass;
  readonly count: number;
  /** When all devices are wanted: these. */
  readonly all?: readonly ReachableDevice[];
}

/** A device that was chosen for a request. */
export interface Taken {
  readonly alternative: Alternative;
  readonly device: ReachableDevice;
  /** Of a device that several may have. */
  readonly consumed?: Consumed;
  /** Whose counters it took from. */
  readonly counters?: PoolCounters;
}
