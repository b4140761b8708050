/** Devices, as their driver publishes them. */
import { forbidden, invalid, required, tooLong } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { addQuantity, compareQuantity, formatQuantity, value } from '../../meta/quantity.ts';
import { byteLength, dns1123Subdomain } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import { validateNodeSelector } from '../../pod/validation/validate-affinity.ts';
import type { CapacityRequestPolicy, CapacityRequestPolicyRange, Counter, Device, DeviceAttribute, DeviceCapacity } from '../../types/resource/v1.ts';
import { addBindingConditions, addLabelName, addList, addMap, addQualifiedName, addSet, addTaint } from './common-rules.ts';
import type { Errors } from './common-rules.ts';

const maxAttributesAndCapacities = 32;
const maxTaints = 16;
const maxCounterConsumptions = 2;
const maxCounters = 32;
const maxValueBytes = 64;
const maxValidValues = 10;
const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;
const nodeChoice = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';

/** The name of a node. */
export function addNodeName(errors: Errors, path: string, name: string): void {
  addInvalid(errors, path, name, dns1123Subdomain(name));
}

/** Counters by name. */
export function addCounters(errors: Errors, path: string, counters: Readonly<Record<string, Loose<Counter>>> = {}): void {
  if (Object.keys(counters).length === 0) errors.push(required(path));
  else addMap(errors, path, counters, { max: maxCounters, key: (name) => addLabelName(errors, path, name) });
}

function addAttribute(errors: Errors, path: string, { string, version, ...rest }: Loose<DeviceAttribute>): void {
  if (string !== undefined && byteLength(string) > maxValueBytes) errors.push(tooLong(`${path}.string`, maxValueBytes));
  if (version !== undefined) {
    if (!semver.test(version)) errors.push(invalid(`${path}.version`, version, 'must be a string compatible with semver.org spec 2.0.0'));
    if (byteLength(version) > maxValueBytes) errors.push(tooLong(`${path}.version`, maxValueBytes));
  }
  const set = [string, version, rest.bool, rest.int].filter((one) => one !== undefined).length;
  if (set !== 1) errors.push(invalid(path, set === 0 ? '' : { ...rest, string, version }, 'exactly one value must be specified'));
}

function addValidValues(errors: Errors, path: string, values: readonly string[], { capacity, preset }: { readonly capacity: string; readonly preset: string }): void {
  values.forEach((one, i) => { if (i > 0 && compareQuantity(values[i - 1]!, one) > 0) errors.push(invalid(`${path}[${i}]`, one, 'values must be sorted in ascending order')); });
  addSet(errors, path, values, maxValidValues, (one, at) => {
    if (compareQuantity(one, capacity) > 0) errors.push(invalid(at, one, `option is larger than capacity value: ${capacity}`));
  }, (one) => String(value(one)));
  if (!values.some((one) => compareQuantity(one, preset) === 0)) errors.push(invalid(path, preset, 'default value is not valid according to the requestPolicy'));
}

function addRange(errors: Errors, path: string, { min, max, step }: Loose<CapacityRequestPolicyRange>, { capacity, preset }: { readonly capacity: string; readonly preset: string }): void {
  if (min === undefined) return void errors.push(required(`${path}.min`, 'required when validRange is defined'));
  if (compareQuantity(min, capacity) > 0) errors.push(invalid(`${path}.min`, min, `min is larger than capacity value: ${capacity}`));
  if (compareQuantity(preset, min) < 0) errors.push(invalid(`${path}.min`, preset, `default is less than min: ${min}`));
  if (max !== undefined) {
    if (compareQuantity(min, max) > 0) errors.push(invalid(`${path}.max`, min, `min is larger than max: ${max}`));
    if (compareQuantity(max, capacity) > 0) errors.push(invalid(`${path}.max`, max, `max is larger than capacity value: ${capacity}`));
    if (compareQuantity(preset, max) > 0) errors.push(invalid(`${path}.max`, preset, `default is more than max: ${max}`));
  }
  if (step === undefined) return;
  const first = formatQuantity(addQuantity(min, step));
  if (compareQuantity(first, capacity) > 0) errors.push(invalid(`${path}.step`, step, `one step ${first} is larger than capacity value: ${capacity}`));
  for (const one of [preset, ...(max === undefined ? [] : [max])]) {
    if ((value(one) - value(min)) % value(step) !== 0) errors.push(invalid(`${path}.step`, one, `value is not a multiple of a given step (${step}) from (${min})`));
  }
}

function addRequestPolicy(errors: Errors, path: string, { default: preset, validValues = [], validRange }: Loose<CapacityRequestPolicy>, capacity: string): void {
  if (validValues.length > 0 && validRange !== undefined) errors.push(forbidden(path, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'));
  else if (validValues.length > 0) {
    if (preset === undefined) errors.push(required(`${path}.default`, 'required when validValues is defined'));
    else addValidValues(errors, `${path}.validValues`, validValues, { capacity, preset });
  } else if (validRange !== undefined) {
    if (preset === undefined) errors.push(required(`${path}.default`, 'required when validRange is defined'));
    else addRange(errors, `${path}.validRange`, validRange, { capacity, preset });
  }
}

function addCapacity(errors: Errors, path: string, { value: capacity = '0', requestPolicy }: Loose<DeviceCapacity>, shared: boolean): void {
  if (requestPolicy === undefined) return;
  if (shared) addRequestPolicy(errors, `${path}.requestPolicy`, requestPolicy, capacity);
  else errors.push(forbidden(`${path}.requestPolicy`, 'allowMultipleAllocations must be true'));
}

/** Where the device can be reached, where each device of a slice says so itself. */
function addNodes(errors: Errors, path: string, { nodeName, nodeSelector, allNodes }: Loose<Device>, perDevice: boolean): void {
  if (!perDevice) {
    if (nodeName !== undefined || nodeSelector !== undefined || allNodes !== undefined) errors.push(invalid(path, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'));
    return;
  }
  if (nodeName === '') errors.push(invalid(`${path}.nodeName`, nodeName, 'must not be empty'));
  else if (nodeName !== undefined) addNodeName(errors, `${path}.nodeName`, nodeName);
  if (nodeSelector !== undefined) validateNodeSelector(nodeSelector, `${path}.nodeSelector`, errors);
  if (allNodes === false) errors.push(invalid(`${path}.allNodes`, allNodes, 'must be either unset or set to true'));
  const set = [...((nodeName ?? '') === '' ? [] : ['`nodeName`']), ...(nodeSelector === undefined ? [] : ['`nodeSelector`']), ...(allNodes === true ? ['`allNodes`'] : [])];
  if (set.length === 0) errors.push(required(path, nodeChoice));
  else if (set.length > 1) errors.push(invalid(path, `{${set.join(', ')}}`, nodeChoice));
}

/** One device of a slice. `old`: taints that an update leaves as they are, are not looked at again. */
export function addDevice(errors: Errors, path: string, device: Loose<Device>, { old, perDevice }: { readonly old: Loose<Device> | undefined; readonly perDevice: boolean }): void {
  const { attributes = {}, capacity = {}, taints, consumesCounters, allowMultipleAllocations = false } = device;
  addLabelName(errors, `${path}.name`, device.name);
  const size = Object.keys(attributes).length + Object.keys(capacity).length;
  if (size > maxAttributesAndCapacities) errors.push(invalid(path, size, `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`));
  addMap(errors, `${path}.attributes`, attributes, { max: Number.POSITIVE_INFINITY, key: (name) => addQualifiedName(errors, `${path}.attributes`, name), value: (one, at) => addAttribute(errors, at, one) });
  addMap(errors, `${path}.capacity`, capacity, { max: Number.POSITIVE_INFINITY, key: (name) => addQualifiedName(errors, `${path}.capacity`, name), value: (one, at) => addCapacity(errors, at, one, allowMultipleAllocations) });
  if (old === undefined || !semanticEqual(old.taints, taints)) addList(errors, `${path}.taints`, taints, maxTaints, (taint, at) => addTaint(errors, at, taint));
  addSet(errors, `${path}.consumesCounters`, consumesCounters, maxCounterConsumptions, ({ counterSet = '', counters }, at) => {
    if (counterSet === '') errors.push(required(`${at}.counterSet`));
    else addLabelName(errors, `${at}.counterSet`, counterSet);
    addCounters(errors, `${at}.counters`, counters);
  }, ({ counterSet = '' }) => counterSet);
  addNodes(errors, path, device, perDevice);
  addBindingConditions(errors, path, device);
}

