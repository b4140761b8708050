/** What a driver publishes about a part of a pool. */
import type { FieldError } from '../../field-error.ts';
import { invalid, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { validateNodeSelector } from '../../pod/validation/validate-affinity.ts';
import type { ResourceSlice, ResourceSliceSpec } from '../../types/resource/v1.ts';
import { addDriverName, addLabelName, addPoolName, addSet } from './common-rules.ts';
import type { Errors } from './common-rules.ts';
import { addCounters, addDevice, addNodeName } from './device-validation.ts';

type Spec = Loose<ResourceSliceSpec>;

const maxDevices = 128;
const maxSpecialDevices = 64;
const maxCounterSets = 8;
const nodeChoice = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';

function addPool(errors: Errors, { pool = {} }: Spec): void {
  const { name, resourceSliceCount = 0, generation = 0 } = pool;
  addPoolName(errors, 'spec.pool.name', name);
  if (resourceSliceCount <= 0) errors.push(invalid('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero'));
  if (generation < 0) errors.push(invalid('spec.pool.generation', generation, 'must be greater than or equal to zero'));
}

function addNodes(errors: Errors, { nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: Spec): void {
  const set: string[] = [];
  if (nodeName === '') errors.push(invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'));
  else if (nodeName !== undefined) {
    set.push('`nodeName`');
    addNodeName(errors, 'spec.nodeName', nodeName);
  }
  if (nodeSelector !== undefined) {
    set.push('`nodeSelector`');
    validateNodeSelector(nodeSelector, 'spec.nodeSelector', errors);
    if ((nodeSelector.nodeSelectorTerms ?? []).length !== 1) errors.push(invalid('spec.nodeSelector.nodeSelectorTerms', nodeSelector.nodeSelectorTerms, 'must have exactly one node selector term'));
  }
  for (const [field, flag] of [['allNodes', allNodes], ['perDeviceNodeSelection', perDeviceNodeSelection]] as const) {
    if (flag === true) set.push(`\`${field}\``);
    else if (flag === false) errors.push(invalid(`spec.${field}`, flag, 'must be either unset or set to true'));
  }
  if (set.length === 0) errors.push(required('spec', nodeChoice));
  else if (set.length > 1) errors.push(invalid('spec', `{${set.join(', ')}}`, `${nodeChoice}, but multiple fields are set`));
}

/** `old`: what an update replaces. */
export function validateSlice({ spec = {} }: Loose<ResourceSlice>, old?: Loose<ResourceSlice>): FieldError[] {
  const errors: Errors = [];
  const { driver = '', nodeName, pool, devices, sharedCounters, perDeviceNodeSelection = false } = spec;
  addDriverName(errors, 'spec.driver', driver);
  addPool(errors, spec);
  if (old !== undefined) {
    const before = old.spec ?? {};
    errors.push(...validateImmutable('spec.pool.name', pool?.name ?? '', before.pool?.name ?? ''), ...validateImmutable('spec.driver', driver, before.driver ?? ''), ...validateImmutable('spec.nodeName', nodeName, before.nodeName));
  }
  addNodes(errors, spec);
  if (sharedCounters !== undefined && devices !== undefined) errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'));
  const special = (devices ?? []).some(({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0);
  addSet(errors, 'spec.devices', devices, special ? maxSpecialDevices : maxDevices, (device, at) => addDevice(errors, at, device, { old: old?.spec?.devices?.find(({ name }) => name === device.name), perDevice: perDeviceNodeSelection }), ({ name = '' }) => name);
  addSet(errors, 'spec.sharedCounters', sharedCounters, maxCounterSets, ({ name = '', counters }, at) => {
    if (name === '') errors.push(required(`${at}.name`));
    else addLabelName(errors, `${at}.name`, name);
    addCounters(errors, `${at}.counters`, counters);
  }, ({ name = '' }) => name);
  return errors;
}
