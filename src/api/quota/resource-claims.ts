import { addQuantity, quantityOf, subtractQuantity } from '../meta/quantity.ts';
import type { Quantity } from '../meta/quantity.ts';
import type { ResourceList } from '../meta/resource-list.ts';
import type { DeviceRequest, ResourceClaim } from '../types/resource/v1.ts';
import type { QuotaContext, QuotaEvaluator } from './evaluator.ts';
import { objectCountName } from './evaluator.ts';
import { isExtendedQuotaName, podUsage } from './pods.ts';

const countName = objectCountName('resource.k8s.io', 'resourceclaims');
const classSuffix = '.deviceclass.resource.k8s.io/devices';
const implicitPrefix = 'requests.deviceclass.resource.kubernetes.io/';
/** The most that a claim can be given: what "all" may come to. */
const maxDevices = 32;

/** How many devices one request may get. */
function count({ allocationMode, count }: { readonly allocationMode?: string; readonly count?: number }): number {
  // Modes that are not known count as nothing.
  return allocationMode === undefined || allocationMode === 'ExactCount' ? (count ?? 1) : allocationMode === 'All' ? maxDevices : 0;
}

/** Of alternatives, each class counts with the most that any of them asks of it. */
function devicesOf(request: DeviceRequest): Map<string, number> {
  const devices = new Map<string, number>();
  const alternatives = (request.firstAvailable ?? []).length > 0 ? request.firstAvailable! : request.exactly === undefined ? [] : [request.exactly];
  for (const one of alternatives) devices.set(one.deviceClassName, Math.max(devices.get(one.deviceClassName) ?? 0, count(one)));
  return devices;
}

/** What the pod that a claim was made for is charged with already. */
function chargedToPod(claim: ResourceClaim, { podOf, nowMs }: QuotaContext): ResourceList {
  if (claim.metadata.annotations?.['resource.kubernetes.io/extended-resource-claim'] !== 'true') return {};
  const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== 'Pod' || owner.apiVersion !== 'v1') return {};
  const pod = podOf?.(claim.metadata.namespace ?? '', owner.name);
  if (pod === undefined || pod.metadata.uid !== owner.uid) return {};
  const made = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  return made === undefined || made === claim.metadata.name ? podUsage(pod, nowMs) : {};
}

export const resourceClaimEvaluator: QuotaEvaluator = {
  group: 'resource.k8s.io',
  resource: 'resourceclaims',
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  counts(name, { deviceClassOf, extendedResourceOf }) {
    if (name === countName || name.endsWith(classSuffix)) return true;
    if (name.startsWith(implicitPrefix) && extendedResourceOf?.(name.slice(implicitPrefix.length)) !== undefined) return true;
    return isExtendedQuotaName(name) && deviceClassOf?.(name.slice('requests.'.length)) !== undefined;
  },
  matchesScope: () => false,
  usage(object, context) {
    const claim = object as ResourceClaim;
    const usage: Record<string, Quantity> = { [countName]: quantityOf(1) };
    const byClass = new Map<string, Quantity>();
    for (const request of claim.spec.devices?.requests ?? []) {
      for (const [className, devices] of devicesOf(request)) byClass.set(className, addQuantity(byClass.get(className) ?? quantityOf(0), quantityOf(devices)));
    }
    const charged = chargedToPod(claim, context);
    const addRest = (name: string, quantity: Quantity): void => {
      const rest = charged[name] === undefined ? quantity : subtractQuantity(quantity, charged[name]);
      if (rest.nanos > 0n) usage[name] = rest;
    };
    for (const [className, quantity] of byClass) {
      usage[`${className}${classSuffix}`] = quantity;
      addRest(`${implicitPrefix}${className}`, quantity);
      const extended = context.extendedResourceOf?.(className);
      if (extended !== undefined) addRest(`requests.${extended}`, quantity);
    }
    return usage;
  },
};
