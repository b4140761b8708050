import type { NodeSelectorRequirement, NodeSelector, Node } from '../../../api/types/core/v1.ts';
import type { AllocationResult, DeviceAllocationConfiguration, DeviceClass, DeviceRequest, DeviceRequestAllocationResult, DeviceSelector, DeviceToleration, ExactDeviceRequest, ResourceClaim } from '../../../api/types/resource/v1.ts';
import { tolerates } from '../../../api/pod/tolerations.ts';
import { ConstraintSet } from './constraints.ts';
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

interface Taken { readonly alternative: Alternative; readonly device: ReachableDevice }

export interface AllocatorOptions {
  readonly node: Node;
  readonly pools: readonly Pool[];
  /** Devices that others have. */
  readonly inUse: ReadonlySet<string>;
  readonly classOf: (name: string) => DeviceClass | undefined;
  /** Does the device match all of the selectors? Throws when that cannot be told. */
  readonly matches: (device: ReachableDevice, selectors: readonly DeviceSelector[] | undefined, owner: string) => boolean;
}

/** What this scheduler cannot count yet is not taken: shared counters, and conditions that a device sets before it is bound. */
const isUnderstood = ({ device }: ReachableDevice): boolean => (device.consumesCounters ?? []).length === 0 && (device.bindingConditions ?? []).length === 0;

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
  readonly #mine = new Set<string>();
  readonly #selectable = new Map<string, boolean>();
  #steps = 0;

  constructor(claims: readonly ResourceClaim[], options: AllocatorOptions) {
    this.#options = options;
    this.#claims = claims;
    this.#requests = claims.map((claim) => (claim.spec.devices?.requests ?? []).map((request) => this.#alternatives(claim, request)));
    this.#constraints = claims.map((claim) => (claim.spec.devices?.constraints ?? []).map((constraint) => new ConstraintSet(constraint)));
    this.#taken = claims.map(() => []);
  }

  /** An allocation for each claim; undefined when there is none. Throws when it takes too long. */
  allocate(): AllocationResult[] | undefined {
    return this.#claim(0) ? this.#claims.map((claim, i) => allocationOf(claim, this.#taken[i]!)) : undefined;
  }

  #alternatives(claim: ResourceClaim, { name, exactly, firstAvailable }: DeviceRequest): Alternative[] {
    const all = exactly === undefined ? (firstAvailable ?? []).map((one) => ({ names: [`${name}/${one.name}`, name], request: one as ExactDeviceRequest })) : [{ names: [name], request: exactly }];
    return all.map(({ names, request }) => {
      const at = `claim ${claimText(claim)}, request ${names[0]}`;
      const deviceClass = this.#options.classOf(request.deviceClassName);
      if (deviceClass === undefined) throw new Error(`${at}: could not retrieve device class ${request.deviceClassName}`);
      if (request.capacity !== undefined) throw new Error(`${at}: not supported: requests of a device's capacity`);
      if (request.allocationMode !== 'All') return { names, request, deviceClass, count: request.count ?? 1 };
      const broken = this.#options.pools.find(({ state }) => state !== 'usable');
      if (broken !== undefined) throw new Error(`${at}: asks for all devices, but resource pool ${broken.name} is currently ${broken.state === 'invalid' ? 'invalid' : 'being updated'}`);
      const draft: Alternative = { names, request, deviceClass, count: 0 };
      const devices = this.#options.pools.flatMap(({ devices: some }) => some).filter((device) => this.#isSelectable(device, draft, claim));
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
    return alternatives.some((alternative) => !(alternative.all !== undefined && alternative.count === 0) && this.#device({ claim, index, alternative }, 0));
  }

  #device(at: { readonly claim: number; readonly index: number; readonly alternative: Alternative }, number: number): boolean {
    if (++this.#steps > maxSteps) throw new Error(`node ${this.#options.node.metadata.name}: timed out trying to allocate devices`);
    const { claim, index, alternative } = at;
    if (number >= alternative.count) return this.#request(claim, index + 1);
    if (this.#taken[claim]!.length + alternative.count - number > maxDevices) return false;
    for (const device of this.#candidates(alternative, number)) {
      if (!this.#take(device, claim, alternative)) continue;
      if (this.#device(at, number + 1)) return true;
      this.#release(device, claim, alternative);
    }
    return false;
  }

  *#candidates(alternative: Alternative, number: number): Iterable<ReachableDevice> {
    if (alternative.all !== undefined) yield alternative.all[number]!;
    else for (const { state, devices } of this.#options.pools) if (state === 'usable') yield* devices;
  }

  #take(device: ReachableDevice, claim: number, alternative: Alternative): boolean {
    const { adminAccess = false } = alternative.request;
    // Administrators look at devices that others use, but at each once.
    if (adminAccess ? this.#taken[claim]!.some((taken) => taken.device.id === device.id) : this.#options.inUse.has(device.id) || this.#mine.has(device.id)) return false;
    if (!this.#isSelectable(device, alternative, this.#claims[claim]!)) return false;
    const concerned = this.#concerned(claim, alternative);
    for (const [i, constraint] of concerned.entries()) {
      if (constraint.add(device)) continue;
      for (const before of concerned.slice(0, i)) before.removeLast();
      return false;
    }
    this.#taken[claim]!.push({ alternative, device });
    if (!adminAccess) this.#mine.add(device.id);
    return true;
  }

  #release(device: ReachableDevice, claim: number, alternative: Alternative): void {
    this.#taken[claim]!.pop();
    if (alternative.request.adminAccess !== true) this.#mine.delete(device.id);
    for (const constraint of this.#concerned(claim, alternative)) constraint.removeLast();
  }

  #concerned(claim: number, { names }: Alternative): ConstraintSet[] {
    return this.#constraints[claim]!.filter((constraint) => constraint.concerns(names));
  }
}

/** What is written into the claim's status. */
function allocationOf({ spec }: ResourceClaim, taken: readonly Taken[]): AllocationResult {
  const results = taken.map(({ alternative: { names, request }, device: { driver, pool, device } }): DeviceRequestAllocationResult => ({
    request: names[0]!, driver, pool, device: device.name,
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
  const nodeSelector = selectorOf(taken.map(({ device }) => device));
  return { devices: { results, ...(config.length > 0 && { config }) }, ...(nodeSelector !== undefined && { nodeSelector }) };
}

/** From where all of the devices are reached; undefined: from everywhere. */
function selectorOf(devices: readonly ReachableDevice[]): NodeSelector | undefined {
  const local = devices.find(({ nodeName }) => nodeName !== undefined && nodeName !== '')?.nodeName;
  if (local !== undefined) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [local] }] }] };
  const terms = devices.flatMap(({ nodeSelector }) => nodeSelector?.nodeSelectorTerms[0] ?? []);
  const unique = (requirements: readonly NodeSelectorRequirement[]): NodeSelectorRequirement[] => [...new Map(requirements.map((one) => [JSON.stringify(one), one])).values()];
  const matchFields = unique(terms.flatMap((term) => term.matchFields ?? []));
  const matchExpressions = unique(terms.flatMap((term) => term.matchExpressions ?? []));
  if (matchFields.length === 0 && matchExpressions.length === 0) return undefined;
  return { nodeSelectorTerms: [{ ...(matchFields.length > 0 && { matchFields }), ...(matchExpressions.length > 0 && { matchExpressions }) }] };
}
