import type { NodeSelectorRequirement, NodeSelector, Node } from '../../../api/types/core/v1.ts';
import type { AllocationResult, DeviceAllocationConfiguration, DeviceClass, DeviceRequest, DeviceRequestAllocationResult, DeviceSelector, DeviceToleration, ExactDeviceRequest, ResourceClaim } from '../../../api/types/resource/v1.ts';
import { tolerates } from '../../../api/pod/tolerations.ts';
import { formatQuantity } from '../../../api/meta/quantity.ts';
import { ConstraintSet } from './constraints.ts';
import type { Consumed } from './consumable-capacity.ts';
import { consumedOf, hasRoom } from './consumable-capacity.ts';
import { PoolCounters } from './counters.ts';
import { claimText } from './pod-claims.ts';
import type { Pool, ReachableDevice } from './pools.ts';

/** A claim holds no more devices than this. */
const maxDevices = 32;
/** Looking for a combination stops here: it can be any number of them. */
const maxSteps = 200_000;

/** One way of meeting a request. */
interface Alternative {
  /** Of the request, and of the alternative within it: `request/alternative`. */
  readonly names: readonly string[];
  readonly request: ExactDeviceRequest;
  readonly deviceClass: DeviceClass;
  readonly count: number;
  /** When all devices are wanted: these. */
  readonly all?: readonly ReachableDevice[];
}

interface Taken {
  readonly alternative: Alternative;
  readonly device: ReachableDevice;
  /** Of a device that several may have. */
  readonly consumed?: Consumed;
  /** Whose counters it took from. */
  readonly counters?: PoolCounters;
}

/** What claims have, or are about to have. */
export interface DevicesInUse {
  /** Devices that somebody has alone. */
  readonly whole: ReadonlySet<string>;
  /** Of those that several may have, what each has. */
  readonly shared: ReadonlyMap<string, readonly Consumed[]>;
}

export interface AllocatorOptions {
  readonly node: Node;
  readonly pools: readonly Pool[];
  readonly inUse: DevicesInUse;
  readonly classOf: (name: string) => DeviceClass | undefined;
  /** Does the device match all of the selectors? Throws when that cannot be told. */
  readonly matches: (device: ReachableDevice, selectors: readonly DeviceSelector[] | undefined, owner: string) => boolean;
}

/** What this scheduler does not wait for yet is not taken: conditions that a device sets before it is bound. */
const isUnderstood = ({ device }: ReachableDevice): boolean => (device.bindingConditions ?? []).length === 0;

const isShared = ({ device }: ReachableDevice): boolean => device.allowMultipleAllocations === true;

function isTolerated({ device }: ReachableDevice, tolerations: readonly DeviceToleration[] | undefined): boolean {
  return (device.taints ?? []).every((taint) => (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') || tolerations?.some((toleration) => tolerates(toleration, taint)) === true);
}

/** Finds devices for claims on one node: tries one candidate after the other until all requests and constraints are met. */
export class Allocator {
  readonly #options: AllocatorOptions;
  readonly #claims: readonly ResourceClaim[];
  readonly #requests: readonly (readonly (readonly Alternative[])[])[];
  readonly #constraints: readonly (readonly ConstraintSet[])[];
  readonly #taken: readonly Taken[][];
  readonly #usable: readonly ReachableDevice[];
  readonly #counters = new Map<string, PoolCounters>();
  readonly #mine = new Set<string>();
  readonly #selectable = new Map<string, boolean>();
  #steps = 0;

  constructor(claims: readonly ResourceClaim[], options: AllocatorOptions) {
    this.#options = options;
    this.#usable = options.pools.flatMap(({ state, devices }) => (state === 'usable' ? devices : []));
    this.#claims = claims;
    this.#taken = claims.map(() => []);
    this.#requests = claims.map((claim) => (claim.spec.devices?.requests ?? []).map((request) => this.#alternatives(claim, request)));
    this.#constraints = claims.map((claim) => (claim.spec.devices?.constraints ?? []).map((constraint) => new ConstraintSet(constraint)));
  }

  /** An allocation for each claim; undefined when there is none. Throws when it takes too long. */
  allocate(): AllocationResult[] | undefined {
    return this.#claim(0) ? this.#claims.map((claim, i) => allocationOf(claim, this.#taken[i]!, this.#options.node)) : undefined;
  }

  #alternatives(claim: ResourceClaim, { name, exactly, firstAvailable }: DeviceRequest): Alternative[] {
    const all = exactly === undefined ? (firstAvailable ?? []).map((one) => ({ names: [`${name}/${one.name}`, name], request: one as ExactDeviceRequest })) : [{ names: [name], request: exactly }];
    return all.map(({ names, request }) => {
      const at = `claim ${claimText(claim)}, request ${names[0]}`;
      const deviceClass = this.#options.classOf(request.deviceClassName);
      if (deviceClass === undefined) throw new Error(`${at}: could not retrieve device class ${request.deviceClassName}`);
      if (request.allocationMode !== 'All') return { names, request, deviceClass, count: request.count ?? 1 };
      const broken = this.#options.pools.find(({ state }) => state !== 'usable');
      if (broken !== undefined) throw new Error(`${at}: asks for all devices, but resource pool ${broken.name} is currently ${broken.state === 'invalid' ? 'invalid' : 'being updated'}`);
      const draft: Alternative = { names, request, deviceClass, count: 0 };
      const devices = this.#options.pools.flatMap(({ devices: some }) => some).filter((device) => this.#isSelectable(device, draft, claim) && this.#consumed(device, request) !== undefined);
      return { ...draft, all: devices, count: devices.length };
    });
  }

  #isSelectable(device: ReachableDevice, { names, request, deviceClass }: Alternative, claim: ResourceClaim): boolean {
    const key = `${claimText(claim)} ${names[0]} ${device.id}`;
    let known = this.#selectable.get(key);
    if (known === undefined) {
      const { matches } = this.#options;
      known = isUnderstood(device) && isTolerated(device, request.tolerations)
        && matches(device, deviceClass.spec.selectors, `class ${deviceClass.metadata.name ?? ''}`) && matches(device, request.selectors, `claim ${claimText(claim)}`);
      this.#selectable.set(key, known);
    }
    return known;
  }

  #claim(claim: number): boolean {
    return claim >= this.#claims.length || this.#request(claim, 0);
  }

  #request(claim: number, index: number): boolean {
    const alternatives = this.#requests[claim]![index];
    if (alternatives === undefined) return this.#claim(claim + 1);
    return alternatives.some((alternative) => !(alternative.all !== undefined && alternative.count === 0) && this.#device({ claim, index, alternative }, 0, 0));
  }

  /** `from`: of the devices that can be used, those before were tried for the request. */
  #device(at: { readonly claim: number; readonly index: number; readonly alternative: Alternative }, number: number, from: number): boolean {
    if (++this.#steps > maxSteps) throw new Error(`node ${this.#options.node.metadata.name}: timed out trying to allocate devices`);
    const { claim, index, alternative } = at;
    if (number >= alternative.count) return this.#request(claim, index + 1);
    if (this.#taken[claim]!.length + alternative.count - number > maxDevices) return false;
    // Where all devices are wanted, their order does not matter.
    const candidates = alternative.all === undefined ? this.#usable : alternative.all.slice(0, number + 1);
    for (let i = alternative.all === undefined ? from : number; i < candidates.length; i++) {
      if (!this.#take(candidates[i]!, claim, alternative)) continue;
      if (this.#device(at, number + 1, i + 1)) return true;
      this.#release(claim);
    }
    return false;
  }

  /** What the request takes of the device's capacity; undefined when there is not so much. */
  #consumed(device: ReachableDevice, { capacity }: ExactDeviceRequest): Consumed | undefined {
    const consumed = consumedOf(device.device, capacity);
    if (consumed === undefined) return undefined;
    const mine = this.#taken.flat().flatMap((taken) => (taken.device.id === device.id && taken.consumed !== undefined ? [taken.consumed] : []));
    return hasRoom(device.device, consumed, [...(this.#options.inUse.shared.get(device.id) ?? []), ...mine]) ? consumed : undefined;
  }

  /** The counters that the device takes from; undefined when it takes from none, or when somebody who shares it did so before. */
  #countersOf(device: ReachableDevice): PoolCounters | undefined {
    if ((device.device.consumesCounters ?? []).length === 0) return undefined;
    const { pools, inUse: { whole, shared } } = this.#options;
    if (isShared(device) && (shared.has(device.id) || this.#taken.flat().some((taken) => taken.device.id === device.id))) return undefined;
    const name = `${device.driver}/${device.pool}`;
    let counters = this.#counters.get(name);
    if (counters === undefined) {
      const isTaken = (one: string): boolean => whole.has(`${name}/${one}`) || shared.has(`${name}/${one}`);
      this.#counters.set(name, (counters = new PoolCounters(pools.find((pool) => pool.name === name)?.slices ?? [], isTaken)));
    }
    return counters;
  }

  #take(device: ReachableDevice, claim: number, alternative: Alternative): boolean {
    const { request } = alternative;
    const shared = isShared(device);
    // Administrators look at devices that others use, but at each once.
    if (request.adminAccess === true ? !shared && this.#taken[claim]!.some((taken) => taken.device.id === device.id) : this.#options.inUse.whole.has(device.id) || this.#mine.has(device.id)) return false;
    if (!this.#isSelectable(device, alternative, this.#claims[claim]!)) return false;
    const consumed = this.#consumed(device, request);
    if (consumed === undefined) return false;
    const counters = this.#countersOf(device);
    if (counters?.take(device.device) === false) return false;
    const concerned = this.#concerned(claim, alternative);
    for (const [i, constraint] of concerned.entries()) {
      if (constraint.add(device)) continue;
      for (const before of concerned.slice(0, i)) before.removeLast();
      counters?.giveBack(device.device);
      return false;
    }
    this.#taken[claim]!.push({ alternative, device, ...(shared && { consumed }), ...(counters !== undefined && { counters }) });
    if (request.adminAccess !== true && !shared) this.#mine.add(device.id);
    return true;
  }

  /** Gives back what was taken last. */
  #release(claim: number): void {
    const taken = this.#taken[claim]!.pop();
    if (taken === undefined) return;
    const { alternative, device, counters } = taken;
    if (alternative.request.adminAccess !== true) this.#mine.delete(device.id);
    counters?.giveBack(device.device);
    for (const constraint of this.#concerned(claim, alternative)) constraint.removeLast();
  }

  #concerned(claim: number, { names }: Alternative): ConstraintSet[] {
    return this.#constraints[claim]!.filter((constraint) => constraint.concerns(names));
  }
}

/** Who has a part of a device gets a name for it when it is decided that he does. */
export const unnamedShare = '';

const texts = (consumed: Consumed): Record<string, string> => Object.fromEntries([...consumed].map(([name, amount]) => [name, typeof amount === 'string' ? amount : formatQuantity(amount)]));

/** What is written into the claim's status. */
function allocationOf({ spec }: ResourceClaim, taken: readonly Taken[], node: Node): AllocationResult {
  const results = taken.map(({ alternative: { names, request }, device: { driver, pool, device }, consumed }): DeviceRequestAllocationResult => ({
    request: names[0]!, driver, pool, device: device.name,
    ...(consumed !== undefined && { shareID: unnamedShare }),
    ...(consumed !== undefined && consumed.size > 0 && { consumedCapacity: texts(consumed) }),
    ...(request.adminAccess !== undefined && { adminAccess: request.adminAccess }),
    ...(request.tolerations !== undefined && { tolerations: request.tolerations }),
  }));
  const chosen = [...new Map(taken.map(({ alternative }) => [alternative.names[0]!, alternative])).values()];
  const config: DeviceAllocationConfiguration[] = [];
  for (const deviceClass of new Set(chosen.map((alternative) => alternative.deviceClass))) {
    const requests = chosen.filter((alternative) => alternative.deviceClass === deviceClass).map(({ names }) => names[0]!);
    for (const one of deviceClass.spec.config ?? []) config.push({ ...one, source: 'FromClass', requests });
  }
  const names = new Set(chosen.flatMap((alternative) => alternative.names));
  for (const one of spec.devices?.config ?? []) if ((one.requests ?? []).length === 0 || one.requests?.some((name) => names.has(name)) === true) config.push({ ...one, source: 'FromClaim' });
  const nodeSelector = selectorOf(taken.map(({ device }) => device), node);
  return { devices: { results, ...(config.length > 0 && { config }) }, ...(nodeSelector !== undefined && { nodeSelector }) };
}

/** From where all of the devices are reached; undefined: from everywhere. */
function selectorOf(devices: readonly ReachableDevice[], { metadata: { name = '' } }: Node): NodeSelector | undefined {
  const isLocal = devices.some(({ nodeName, device }) => (nodeName !== undefined && nodeName !== '') || device.bindsToNode === true);
  if (isLocal) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }] };
  const terms = devices.flatMap(({ nodeSelector }) => nodeSelector?.nodeSelectorTerms[0] ?? []);
  const unique = (requirements: readonly NodeSelectorRequirement[]): NodeSelectorRequirement[] => [...new Map(requirements.map((one) => [JSON.stringify(one), one])).values()];
  const matchFields = unique(terms.flatMap((term) => term.matchFields ?? []));
  const matchExpressions = unique(terms.flatMap((term) => term.matchExpressions ?? []));
  if (matchFields.length === 0 && matchExpressions.length === 0) return undefined;
  return { nodeSelectorTerms: [{ ...(matchFields.length > 0 && { matchFields }), ...(matchExpressions.length > 0 && { matchExpressions }) }] };
}
