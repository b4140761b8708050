import { compareQuantity, quantityOf } from '../meta/quantity.ts';
import type { Quantity } from '../meta/quantity.ts';
import { quantityFrom } from '../meta/resource-list.ts';
import type { PersistentVolumeClaim } from '../types/core/v1.ts';
import type { QuotaEvaluator } from './evaluator.ts';
import { objectCountName, scopeValueMatches } from './evaluator.ts';

const countName = objectCountName('', 'persistentvolumeclaims');
const claimNames = ['persistentvolumeclaims', 'requests.storage'];
const classSuffix = '.storageclass.storage.k8s.io/';
const legacyClassAnnotation = 'volume.beta.kubernetes.io/storage-class';
const nanosPerByte = 1_000_000_000n;
const one = quantityOf(1);

/** Quotas count whole bytes. */
function wholeBytes(quantity: Quantity): Quantity {
  const rest = quantity.nanos % nanosPerByte;
  return rest === 0n ? quantity : { nanos: quantity.nanos - rest + nanosPerByte, format: quantity.format };
}

/** What is asked for, or what has been given, where an expansion was taken back and given already. */
function storage({ spec, status }: PersistentVolumeClaim): Quantity | undefined {
  const asked = spec?.resources?.requests?.['storage'];
  if (asked === undefined) return undefined;
  const given = status?.allocatedResources?.['storage'];
  const wanted = quantityFrom(asked);
  return wholeBytes(given !== undefined && compareQuantity(quantityFrom(given), wanted) > 0 ? quantityFrom(given) : wanted);
}

/** Every VolumeAttributesClass that the claim has, wants or is being changed to. */
function attributesClasses({ spec, status }: PersistentVolumeClaim): string[] {
  const named = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName];
  return [...new Set(named.filter((name) => name !== undefined && name !== ''))] as string[];
}

/** Did a change of a claim's status change what is used? */
export function claimUsageChanged(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  if (claim.status?.allocatedResources?.['storage'] !== old.status?.allocatedResources?.['storage']) return true;
  return attributesClasses(claim).sort().join(' ') !== attributesClasses(old).sort().join(' ');
}

export const persistentVolumeClaimEvaluator: QuotaEvaluator = {
  group: '',
  resource: 'persistentvolumeclaims',
  handles({ operation, subresource, object, oldObject }) {
    if (subresource === '') return operation === 'CREATE' || operation === 'UPDATE';
    return subresource === 'status' && claimUsageChanged(object as PersistentVolumeClaim, oldObject as PersistentVolumeClaim);
  },
  counts: (name) => name === countName || claimNames.includes(name) || claimNames.some((one) => name.endsWith(`${classSuffix}${one}`)),
  matchesScope: (scope, object) => scope.scopeName === 'VolumeAttributesClass' && scopeValueMatches(scope, attributesClasses(object as PersistentVolumeClaim)),
  usage(object) {
    const claim = object as PersistentVolumeClaim;
    const usage: Record<string, Quantity> = { persistentvolumeclaims: one, [countName]: one };
    const className = claim.metadata.annotations?.[legacyClassAnnotation] ?? claim.spec?.storageClassName ?? '';
    if (className !== '') usage[`${className}${classSuffix}persistentvolumeclaims`] = one;
    const size = storage(claim);
    if (size !== undefined) {
      usage['requests.storage'] = size;
      if (className !== '') usage[`${className}${classSuffix}requests.storage`] = size;
    }
    return usage;
  },
};
