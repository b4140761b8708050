import type { Node } from '../../../api/types/core/v1.ts';
import type { AllocationResult, DeviceRequest, DeviceToleration, ExactDeviceRequest, ResourceClaim } from '../../../api/types/resource/v1.ts';
import { tolerates } from '../../../api/pod/tolerations.ts';
import type { Consumed } from '../../devices/consumable-capacity.ts';
import { consumedOf, hasRoom } from '../../devices/consumable-capacity.ts';
import { PoolCounters } from '../../devices/counters.ts';
import type { DevicesInUse } from '../../devices/devices-in-use.ts';
import type { Devices } from '../../devices/devices.ts';
import type { Pool, Pools, ReachableDevice } from '../../devices/pools.ts';
import { allocationOf } from './allocation-result.ts';
import { ConstraintSet } from './constraints.ts';
import { claimText } from './pod-claims.ts';
import type { Alternative, Taken } from './taken.ts';

/** A claim holds no more devices than this. */
const maxDevices = 32;
/** Looking for a combination stops here: it can be any number of them. */
const maxSteps = 200_000;
/** Steps between two looks at the clock. */
const stepsBetweenLooks = 256;

/** `too many`: more devices than a claim may hold, whatever was chosen before. */
type Outcome = 'done' | 'no' | 'too many';

export interface AllocatorOptions {
  readonly node: Node;
  readonly pools: Pools;
  readonly inUse: DevicesInUse;
  readonly devices: Pick<Devices, 'classOf' | 'matches'>;
  /** Has it taken too long? */
  readonly isLate?: () => boolean;
}

const isShared = ({ device }: ReachableDevice): boolean => device.allowMultipleAllocations === true;

function isTolerated({ device }: ReachableDevice, tolerations: readonly DeviceToleration[] | undefined): boolean {
  return (device.taints ?? []).every((taint) => (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') || tolerations?.some((toleration) => tolerates(toleration, taint)) === true);
}

/** Finds devices for claims on one node: tries one candidate after the other until all requests and constraints are met. */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #claims: readonly ResourceClaim[];
  readonly #pools: readonly Pool[];
  readonly #requests: readonly (readonly (readonly Alternative[])[])[];
  readonly #constraints: readonly (readonly ConstraintSet[])[];
  readonly #taken: readonly Taken[][];
  readonly #usable: readonly ReachableDevice[];
  readonly #counters = new Map<string, PoolCounters>();
  readonly #mine = new Map<string, Taken[]>();
  readonly #selectable = new Map<string, boolean>();
  #steps = 0;

  /** Throws when the claims cannot be understood, or ask for more than there can be. */
  constructor(claims: readonly ResourceClaim[], options: AllocatorOptions) {
    this.#options = options;
    this.#pools = options.pools.for(options.node);
    this.#usable = this.#pools.flatMap(({ state, devices }) => (state === 'usable' ? devices : []));
    this.#claims = claims;
    this.#taken = claims.map(() => []);
    this.#requests = claims.map((claim) => {
      const requests = (claim.spec.devices?.requests ?? []).map((request) => this.#alternatives(claim, request));
      const least = requests.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
      if (least > maxDevices) throw new Error(`claim ${claimText(claim)}: number of requested devices ${least} exceeds the claim limit of ${maxDevices}`);
      return requests;
    });
    this.#constraints = claims.map((claim) => (claim.spec.devices?.constraints ?? []).map((constraint) => new ConstraintSet(constraint)));
  }

  /** An allocation for each claim; else why not. Throws when something is wrong with the claims, or it takes too long. */
  allocate(): readonly AllocationResult[] | string {
    if (this.#claim(0) === 'done') return this.#claims.map((claim, i) => allocationOf(claim, this.#taken[i]!, this.#options.node));
    return this.#pools.some(({ state }) => state === 'invalid') ? 'invalid resource pools were encountered' : 'cannot allocate all claims';
  }

  #alternatives(claim: ResourceClaim, { name, exactly, firstAvailable }: DeviceRequest): Alternative[] {
    const all = exactly === undefined ? (firstAvailable ?? []).map((one) => ({ names: [`${name}/${one.name}`, name], own: one.name, request: one as ExactDeviceRequest })) : [{ names: [name], own: name, request: exactly }];
    return all.map(({ names, own, request }) => {
      const at = `claim ${claimText(claim)}, request ${own}`;
      const deviceClass = this.#options.devices.classOf(request.deviceClassName);
      if (deviceClass === undefined) throw new Error(`${at}: could not retrieve device class ${request.deviceClassName}: deviceclass.resource.k8s.io ${JSON.stringify(request.deviceClassName)} not found`);
      if (request.allocationMode !== 'All') return { names, request, deviceClass, count: request.count ?? 1 };
      const draft: Alternative = { names, request, deviceClass, count: 0 };
      const devices = this.#pools.flatMap(({ name: pool, state, devices: some }) => {
        if (state !== 'usable') throw new Error(`${at}: asks for all devices, but resource pool ${pool} is currently ${state === 'invalid' ? 'invalid' : 'being updated'}`);
        return some.filter((device) => this.#isSelectable(device, draft, claim) && this.#consumed(device, request) !== undefined);
      });
      return { ...draft, all: devices, count: devices.length };
    });
  }

  #isSelectable(device: ReachableDevice, { names, request, deviceClass }: Alternative, claim: ResourceClaim): boolean {
    const key = `${claimText(claim)} ${names[0]} ${device.id}`;
    let known = this.#selectable.get(key);
    if (known === undefined) {
      const { devices } = this.#options;
      known = devices.matches(device, deviceClass.spec.selectors, `class ${deviceClass.metadata.name ?? ''}`) && devices.matches(device, request.selectors, `claim ${claimText(claim)}`);
      this.#selectable.set(key, known);
    }
    return known;
  }

  #claim(claim: number): Outcome {
    return claim >= this.#claims.length ? 'done' : this.#request(claim, 0);
  }

  #request(claim: number, index: number): Outcome {
    const alternatives = this.#requests[claim]![index];
    // What is too much for the next claim may not be, when this one chooses otherwise.
    if (alternatives === undefined) return this.#claim(claim + 1) === 'done' ? 'done' : 'no';
    let outcome: Outcome = 'too many';
    for (const alternative of alternatives) {
      const one = alternative.all?.length === 0 ? 'no' : this.#device({ claim, index, alternative }, 0, 0);
      if (one === 'done') return one;
      if (one === 'no') outcome = one;
    }
    return outcome;
  }

  /** `from`: of the devices that can be used, those before were tried for the request. */
  #device(at: { readonly claim: number; readonly index: number; readonly alternative: Alternative }, number: number, from: number): Outcome {
    this.#steps++;
    if (this.#steps > maxSteps || (this.#steps % stepsBetweenLooks === 0 && this.#options.isLate?.() === true)) throw new Error(`node ${this.#options.node.metadata.name}: timed out trying to allocate devices`);
    const { claim, index, alternative } = at;
    if (number >= alternative.count) return this.#request(claim, index + 1);
    if (this.#taken[claim]!.length + alternative.count - number > maxDevices) return 'too many';
    // Where all devices are wanted, their order does not matter.
    const candidates = alternative.all === undefined ? this.#usable : alternative.all.slice(0, number + 1);
    for (let i = alternative.all === undefined ? from : number; i < candidates.length; i++) {
      if (!this.#take(candidates[i]!, claim, alternative)) continue;
      const outcome = this.#device(at, number + 1, i + 1);
      if (outcome === 'done') return outcome;
      this.#release(claim);
      if (outcome === 'too many') return outcome;
    }
    return 'no';
  }

  /** What the request takes of the device's capacity; undefined when there is not so much. */
  #consumed(device: ReachableDevice, { capacity }: ExactDeviceRequest): Consumed | undefined {
    const consumed = consumedOf(device.device, capacity);
    if (consumed === undefined) return undefined;
    const mine = (this.#mine.get(device.id) ?? []).flatMap((taken) => taken.consumed ?? []);
    return hasRoom(device.device, consumed, [...(this.#options.inUse.shared.get(device.id) ?? []), ...mine]) ? consumed : undefined;
  }

  /** The counters that the device takes from; undefined when it takes from none, or when somebody who shares it did so before. */
  #countersOf(device: ReachableDevice): PoolCounters | undefined {
    if ((device.device.consumesCounters ?? []).length === 0) return undefined;
    const { pools, inUse: { whole, shared } } = this.#options;
    if (isShared(device) && (shared.has(device.id) || this.#mine.has(device.id))) return undefined;
    const name = `${device.driver}/${device.pool}`;
    let counters = this.#counters.get(name);
    if (counters === undefined) this.#counters.set(name, (counters = new PoolCounters(pools.left(name, (one) => whole.has(`${name}/${one}`) || shared.has(`${name}/${one}`)))));
    return counters;
  }

  /** Has somebody the device, so that the request cannot? Administrators look at devices that others use, but a claim at each once. */
  #isInUse(device: ReachableDevice, claim: number, { adminAccess }: ExactDeviceRequest): boolean {
    if (adminAccess === true) return !isShared(device) && this.#taken[claim]!.some((taken) => taken.device.id === device.id);
    return this.#options.inUse.whole.has(device.id) || (!isShared(device) && this.#mine.has(device.id));
  }

  #take(device: ReachableDevice, claim: number, alternative: Alternative): boolean {
    const { request } = alternative;
    if (this.#isInUse(device, claim, request) || !this.#isSelectable(device, alternative, this.#claims[claim]!)) return false;
    const consumed = this.#consumed(device, request);
    if (consumed === undefined || !isTolerated(device, request.tolerations)) return false;
    const counters = this.#countersOf(device);
    if (counters?.take(device.device) === false) return false;
    const concerned = this.#concerned(claim, alternative);
    for (const [i, constraint] of concerned.entries()) {
      if (constraint.add(device)) continue;
      // To ask for all devices, and that they have in common what they have not, makes no sense.
      if (alternative.all !== undefined) throw new Error(`claim ${claimText(this.#claims[claim]!)}, request ${alternative.names[0]!.split('/').at(-1)}: cannot add device ${device.id} because a claim constraint would not be satisfied`);
      for (const before of concerned.slice(0, i)) before.removeLast();
      counters?.giveBack(device.device);
      return false;
    }
    const taken = { alternative, device, ...(isShared(device) && { consumed }), ...(counters !== undefined && { counters }) };
    this.#taken[claim]!.push(taken);
    this.#mine.set(device.id, [...(this.#mine.get(device.id) ?? []), taken]);
    return true;
  }

  /** Gives back what was taken last. */
  #release(claim: number): void {
    const taken = this.#taken[claim]!.pop();
    if (taken === undefined) return;
    const { alternative, device, counters } = taken;
    const others = (this.#mine.get(device.id) ?? []).filter((other) => other !== taken);
    if (others.length === 0) this.#mine.delete(device.id);
    else this.#mine.set(device.id, others);
    counters?.giveBack(device.device);
    for (const constraint of this.#concerned(claim, alternative)) constraint.removeLast();
  }

  #concerned(claim: number, { names }: Alternative): ConstraintSet[] {
    return this.#constraints[claim]!.filter((constraint) => constraint.concerns(names));
  }
}
