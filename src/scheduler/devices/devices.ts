import type { DeviceClass, DeviceSelector, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Lister } from '../../client/informer/store.ts';
import type { Listers } from '../framework/listers.ts';
import { refuseForGood } from '../framework/verdict.ts';
import { classOfResource, mayBeDevices } from './device-classes.ts';
import { DeviceCounts } from './device-counts.ts';
import type { DevicesInUse } from './devices-in-use.ts';
import { devicesInUse } from './devices-in-use.ts';
import { PendingAllocations } from './pending-allocations.ts';
import type { ReachableDevice } from './pools.ts';
import { DeviceSelectors } from './selectors.ts';

/** What is said of pods that wait for `isKnown` and `isUnderstood`. */
export const loading = refuseForGood('waiting for what device selectors are understood with');

export interface DevicesOptions {
  readonly listers: Pick<Listers, 'resourceClaims' | 'resourceSlices' | 'deviceClasses'>;
  readonly clock: Clock;
  /** Resolves when these listers know the cluster. */
  readonly listersReady: () => Promise<unknown>;
  /** Looks again at the pods that the plug-in of this name kept out of the queue. */
  readonly ungate: (plugin: string) => void;
}

/**
 * What a scheduler knows of devices: what drivers publish, who has what or is about to, and what selectors mean. There is
 * one for all profiles (upstream's SharedDRAManager): what one of them gives away, no other may give again.
 */
export class Devices {
  /** What was decided, and is not yet seen in the claims. */
  readonly pending = new PendingAllocations();
  readonly #options: DevicesOptions;
  readonly #selectors = new DeviceSelectors();
  /** Plug-ins that keep pods out until more is known. */
  readonly #gates = new Set<string>();
  #known: 'no' | 'soon' | 'yes' = 'no';
  #isLoading = false;

  constructor(options: DevicesOptions) {
    this.#options = options;
  }

  get claims(): Lister<ResourceClaim> {
    return this.#options.listers.resourceClaims;
  }

  get slices(): Lister<ResourceSlice> {
    return this.#options.listers.resourceSlices;
  }

  classOf(name: string): DeviceClass | undefined {
    return this.#options.listers.deviceClasses.get('', name);
  }

  /** The class whose devices stand for an extended resource (KEP-5004); undefined where none does. */
  classFor(resource: string): DeviceClass | undefined {
    return mayBeDevices(resource) ? classOfResource(resource, this.#options.listers.deviceClasses) : undefined;
  }

  /** Is all known that drivers and users say? If not, it soon is, and those are looked at again whom the plug-in of this name kept out. */
  isKnown(plugin: string): boolean {
    if (this.#known === 'yes') return true;
    this.#gates.add(plugin);
    if (this.#known === 'no') this.#know();
    return false;
  }

  /** Can it be told what selectors match? If not, it soon can be, and so on. */
  isUnderstood(plugin: string): boolean {
    if (this.#selectors.isLoaded) return true;
    this.#gates.add(plugin);
    if (!this.#isLoading) this.#selectors.load().then(() => this.#lookAgain(), () => {});
    this.#isLoading = true;
    return false;
  }

  /** Does the device match all of them? Throws, naming their owner, when that cannot be told. */
  matches(device: ReachableDevice, selectors: readonly DeviceSelector[] | undefined, owner: string): boolean {
    return this.#selectors.matches(device, selectors, owner);
  }

  /** Forgets of what is pending that which the claims say by now. */
  settle(): void {
    this.pending.settle(this.claims, this.#options.clock.now());
  }

  /** What somebody has at this moment, or is about to have. */
  inUse(): DevicesInUse {
    this.settle();
    return devicesInUse([...this.claims.list().flatMap(({ status }) => status?.allocation ?? []), ...this.pending.allocations()]);
  }

  /** How many devices there are at this moment, by node and class. */
  counts(): DeviceCounts {
    return new DeviceCounts({ slices: this.slices.list(), inUse: this.inUse(), matches: (device, deviceClass) => this.matches(device, deviceClass.spec.selectors, `class ${deviceClass.metadata.name ?? ''}`) });
  }

  #know(): void {
    this.#known = 'soon';
    // Looking at them starts them.
    const { resourceClaims: _claims, resourceSlices: _slices, deviceClasses: _classes } = this.#options.listers;
    // A rejection: the scheduler is being stopped.
    this.#options.listersReady().then(() => {
      this.#known = 'yes';
      this.#lookAgain();
    }, () => {});
  }

  #lookAgain(): void {
    const plugins = [...this.#gates];
    // Some will keep pods out for the next reason.
    this.#gates.clear();
    for (const plugin of plugins) this.#options.ungate(plugin);
  }
}
