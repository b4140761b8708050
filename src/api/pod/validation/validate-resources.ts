/** Requests, limits and claims of containers and of the pod as a whole. */
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import type { Quantity } from '../../meta/quantity.ts';
import { addQuantity, formatQuantity, parseQuantity } from '../../meta/quantity.ts';
import { quantityFrom } from '../../meta/resource-list.ts';
import { dns1123Label, qualifiedName } from '../../meta/validation.ts';
import type { ResourceRequirements } from '../../types/core/v1.ts';
import { isExtendedResource, isHugePageResource, isIntegerResource, isNativeResource, isOvercommitAllowed, isPodLevelResource, isStandardContainerResource, isStandardResource, podLevelResources } from './resource-names.ts';
import type { Errors, LooseSpec } from './rules.ts';
import { addInvalid, isSidecar, negativeMessage } from './rules.ts';

type Level = 'container' | 'pod';
type Quantities = Readonly<Record<string, string>>;

const nanosPerUnit = 1_000_000_000n;

const compare = (a: string, b: string): number => {
  if (a === b) return 0;
  const [left, right] = [quantityFrom(a).nanos, quantityFrom(b).nanos];
  return left === right ? 0 : left < right ? -1 : 1;
};

/** A name of a resource: one of Kubernetes' own, or one with a domain (upstream's validateResourceName). True when it is well. */
export function validateResourceName(name: string, path: string, errors: Errors): boolean {
  const wrong = qualifiedName(name);
  if (wrong.length > 0) addInvalid(errors, path, name, wrong);
  else if (!name.includes('/') && !isStandardResource(name)) errors.push(invalid(path, name, 'must be a standard resource type or fully qualified'));
  else return true;
  return false;
}

/** A resource that containers ask for (upstream's validateContainerResourceName). */
export function validateContainerResourceName(name: string, path: string, errors: Errors): void {
  if (isStandardContainerResource(name) && name.length < 63) return;
  validateResourceName(name, path, errors);
  if (!name.includes('/')) {
    if (!isStandardContainerResource(name)) errors.push(invalid(path, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(path, name, "doesn't follow extended resource name standard"));
  }
}

function validatePodResourceName(name: string, path: string, errors: Errors): void {
  if (name === 'cpu' || name === 'memory') return;
  if (validateResourceName(name, path, errors) && !isPodLevelResource(name)) errors.push(notSupported(path, name, podLevelResources));
}

/** An amount that is not negative, and whole where the resource is counted (upstream's ValidateResourceQuantityValue). */
export function validateResourceQuantity(name: string, quantity: string, path: string, errors: Errors): void {
  if (quantity.startsWith('-') && quantityFrom(quantity).nanos < 0n) errors.push(invalid(path, quantity, negativeMessage));
  if (name !== 'cpu' && name !== 'memory' && isIntegerResource(name) && quantityFrom(quantity).nanos % nanosPerUnit !== 0n) errors.push(invalid(path, quantity, 'must be an integer'));
}

function validateHugePages(name: string, quantity: string, path: string, errors: Errors): void {
  let pageNanos = 0n;
  try {
    pageNanos = parseQuantity(name.slice('hugepages-'.length)).nanos;
  } catch {
    // A size that is no quantity divides nothing.
  }
  const { nanos } = quantityFrom(quantity);
  if (pageNanos <= 0n || nanos % pageNanos !== 0n) errors.push(invalid(path, quantity, `${quantity} is not positive integer multiple of ${name}`));
}

function validateList(list: Quantities | undefined, level: Level, path: string, errors: Errors): void {
  for (const name in list) {
    const at = `${path}[${name}]`;
    if (level === 'container') validateContainerResourceName(name, at, errors);
    else validatePodResourceName(name, at, errors);
    validateResourceQuantity(name, list[name]!, at, errors);
    if (isHugePageResource(name)) validateHugePages(name, list[name]!, at, errors);
  }
}

function validateRequests(requests: Quantities, limits: Quantities | undefined, path: string, errors: Errors): void {
  for (const name in requests) {
    const request = requests[name]!;
    const limit = limits?.[name];
    if (limit !== undefined) {
      const order = compare(request, limit);
      if (order !== 0 && !isOvercommitAllowed(name)) errors.push(invalid(`${path}.requests`, request, `must be equal to ${name} limit of ${limit}`));
      else if (order > 0) errors.push(invalid(`${path}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`));
    } else if (!isOvercommitAllowed(name)) {
      errors.push(required(`${path}.limits`, 'Limit must be set for non overcommitable resources'));
    }
  }
}

/** Names in `resources.claims` stand in the pod's `resourceClaims`, each use once. */
function validateClaims(claims: Loose<ResourceRequirements>['claims'], podClaims: ReadonlySet<string>, path: string, errors: Errors): void {
  const used = new Set<string>();
  claims?.forEach(({ name = '', request = '' }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') return void errors.push(required(at));
    if (used.has(name)) errors.push(duplicate(at, name));
    else {
      const key = request === '' ? name : `${name}/${request}`;
      if (request !== '') addInvalid(errors, `${at}.request`, request, dns1123Label(request));
      if (used.has(key)) errors.push(duplicate(at, key));
      else if (request === '') for (const other of used) if (other.startsWith(`${name}/`)) errors.push(duplicate(at, name));
      used.add(key);
    }
    if (!podClaims.has(name)) {
      const known = podClaims.size === 0 ? ' which is empty' : `: ${[...podClaims].sort().join(', ')}`;
      errors.push({ reason: 'FieldValueNotFound', field: at, message: `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${known}` });
    }
  });
}

const noClaims: ReadonlySet<string> = new Set();

/** The names and amounts that are asked for; requests within limits. */
export function validateResources(resources: Loose<ResourceRequirements> | undefined, level: Level, path: string, errors: Errors, podClaims: ReadonlySet<string> = noClaims): void {
  if (resources === undefined) return;
  const { limits, requests, claims } = resources;
  if (limits !== undefined) validateList(limits, level, `${path}.limits`, errors);
  if (requests !== undefined) {
    validateList(requests, level, `${path}.requests`, errors);
    validateRequests(requests, limits, path, errors);
  }
  const names = [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})];
  if (names.some(isHugePageResource) && !names.includes('cpu') && !names.includes('memory')) errors.push(forbidden(path, 'HugePages require cpu or memory'));
  if (claims !== undefined) validateClaims(claims, podClaims, `${path}.claims`, errors);
}

/** What the containers ask for together: the largest moment of the pod's life, init containers included. */
function aggregateRequests(spec: LooseSpec): Map<string, Quantity> {
  const total = new Map<string, Quantity>();
  const add = (into: Map<string, Quantity>, list: Quantities | undefined): void => {
    for (const name in list) into.set(name, addQuantity(into.get(name) ?? quantityFrom('0'), quantityFrom(list[name]!)));
  };
  for (const container of spec.containers ?? []) add(total, container.resources?.requests);
  const sidecars = new Map<string, Quantity>();
  const peak = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const moment = new Map(sidecars);
    add(moment, container.resources?.requests);
    if (isSidecar(container)) add(sidecars, container.resources?.requests);
    for (const [name, amount] of moment) if ((peak.get(name)?.nanos ?? 0n) < amount.nanos) peak.set(name, amount);
  }
  for (const [name, amount] of sidecars) total.set(name, addQuantity(total.get(name) ?? quantityFrom('0'), amount));
  for (const [name, amount] of peak) if ((total.get(name)?.nanos ?? 0n) < amount.nanos) total.set(name, amount);
  return total;
}

/** Resources of the pod as a whole: no less than its containers request together, no less than any of them may use. */
export function validatePodResources(spec: LooseSpec, path: string, errors: Errors): void {
  const { resources } = spec;
  if (resources === undefined) return;
  if (resources.claims !== undefined) errors.push(forbidden(`${path}.claims`, 'claims cannot be set for Resources at pod-level'));
  validateResources({ ...(resources.limits && { limits: resources.limits }), ...(resources.requests && { requests: resources.requests }) }, 'pod', path, errors);
  for (const [name, amount] of aggregateRequests(spec)) {
    // What a pod cannot ask for as a whole stays the containers' affair.
    if (!isPodLevelResource(name)) continue;
    const request = resources.requests?.[name] ?? '0';
    if (amount.nanos > quantityFrom(request).nanos) errors.push(invalid(`${path}.requests[${name}]`, request, `must be greater than or equal to aggregate container requests of ${formatQuantity(amount)}`));
  }
  spec.containers?.forEach((container, i) => {
    const limits = container.resources?.limits ?? {};
    for (const name in limits) {
      const podLimit = resources.limits?.[name];
      if (podLimit !== undefined && compare(limits[name]!, podLimit) > 0) {
        errors.push(invalid(`${path}.containers[${i}][${name}].limits`, limits[name]!, `must be less than or equal to pod limits of ${podLimit}`));
      }
    }
  });
}
