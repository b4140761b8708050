import type { Quantity } from '../../api/meta/quantity.ts';
import { addQuantity, compareQuantity, quantityOf, value } from '../../api/meta/quantity.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, CapacityRequirements, Device, DeviceCapacity } from '../../api/types/resource/v1.ts';

type Amount = Quantity | string;
/** By the capacity's name. */
export type Consumed = ReadonlyMap<string, Amount>;

function roundedUp(asked: string, { min, step }: CapacityRequestPolicyRange): Amount {
  if (compareQuantity(asked, min) < 0) return min;
  if (step === undefined) return asked;
  const steps = Math.ceil((value(asked) - value(min)) / value(step));
  return quantityOf(value(min) + value(step) * steps, 'BinarySI');
}

/** What a request for so much takes: more, where the device gives by steps; by default, where nothing is asked for. */
function taken(asked: string | undefined, { requestPolicy: policy, value: all }: DeviceCapacity): Amount {
  if (asked === undefined) return policy?.default ?? all;
  if (policy?.validRange !== undefined) return roundedUp(asked, policy.validRange);
  return policy?.validValues?.find((one) => compareQuantity(asked, one) <= 0) ?? asked;
}

function isAllowed(amount: Amount, policy: CapacityRequestPolicy | undefined): boolean {
  if (policy === undefined || (policy.default !== undefined && compareQuantity(amount, policy.default) === 0)) return true;
  const { validRange: range, validValues = [] } = policy;
  if (range === undefined) return validValues.length === 0 || validValues.some((one) => compareQuantity(amount, one) === 0);
  if (range.max !== undefined && compareQuantity(amount, range.max) > 0) return false;
  return range.step === undefined || (value(amount) - value(range.min)) % value(range.step) === 0;
}

/**
 * What a request takes of each capacity of the device (KEP-5075); undefined when the device has no such capacity or does
 * not give that much of it.
 */
export function consumedOf({ capacity = {} }: Device, request: CapacityRequirements | undefined): Consumed | undefined {
  const requests = request?.requests ?? {};
  if (Object.keys(requests).some((name) => capacity[name] === undefined)) return undefined;
  const consumed = new Map<string, Amount>();
  for (const [name, one] of Object.entries(capacity)) {
    const amount = taken(requests[name], one);
    if (!isAllowed(amount, one.requestPolicy)) return undefined;
    consumed.set(name, amount);
  }
  return consumed;
}

/** Has the device so much left, beside what others have of it? */
export function hasRoom({ capacity = {} }: Device, consumed: Consumed, others: readonly Consumed[]): boolean {
  return [...consumed].every(([name, amount]) => {
    const sum = others.reduce<Amount>((total, other) => addQuantity(total, other.get(name) ?? '0'), amount);
    return compareQuantity(sum, capacity[name]?.value ?? '0') <= 0;
  });
}
