import { formatTime } from '../../../base/clock.ts';
import type { FieldError } from '../../field-error.ts';
import { invalid, tooMany } from '../../field-error.ts';
import { validateConditions } from '../../meta/condition-validation.ts';
import { isConditionTrue } from '../../meta/conditions.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { humanDuration } from '../../meta/time.ts';
import { devicetaintrules, resourcepoolstatusrequests, resourceslices } from '../../resources.ts';
import type { ResourceSlice } from '../../types/resource/v1.ts';
import type { ResourcePoolStatusRequest } from '../../types/resource/v1alpha3.ts';
import type { DeviceTaintRule } from '../../types/resource/v1beta2.ts';
import { ageColumn, column, nameColumn, timeOf } from '../columns.ts';
import type { ResourceDefinition, RuleContext } from '../definition.ts';
import { standardRules, statusAloneRules } from '../strategy.ts';
import { addDriverName, addLabelName, addPoolName, addTaint } from './common-rules.ts';
import { validateSlice } from './slice-validation.ts';

type Slice = Loose<ResourceSlice>;
type TaintRule = Loose<DeviceTaintRule>;

const sliceRules = standardRules<ResourceSlice>({ status: false, generation: true });

/** Fields behind features that are off are dropped, and taints know since when they are there. In place. */
function prepareDevices({ spec }: Slice, { nowMs }: RuleContext): void {
  for (const device of spec?.devices ?? []) {
    delete device.nodeAllocatableResourceMappings;
    for (const attribute of Object.values(device.attributes ?? {})) for (const field of ['bools', 'ints', 'strings', 'versions'] as const) delete attribute[field];
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(nowMs);
  }
}

/** Devices of a pool, as their driver publishes them. */
export const resourceSliceDefinition: ResourceDefinition<ResourceSlice> = {
  type: resourceslices,
  allowUnconditionalUpdate: true,
  prepareForCreate(object, context) {
    sliceRules.prepareForCreate(object, context);
    prepareDevices(object, context);
  },
  validate: (object) => validateSlice(object),
  update: {
    prepareForUpdate(object, old, context) {
      prepareDevices(object, context);
      sliceRules.update.prepareForUpdate?.(object, old, context);
    },
    validateUpdate: validateSlice,
  },
  warnings({ spec }: Slice) {
    const driver = spec?.driver ?? '';
    return driver === driver.toLowerCase() ? [] : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
  },
  columns: [
    nameColumn,
    column('Node', ({ spec }) => spec.nodeName ?? ''),
    column('Driver', ({ spec }) => spec.driver),
    column('Pool', ({ spec }) => spec.pool.name),
    ageColumn,
  ],
  selectableFields: (object) => {
    const spec = (object.spec as { nodeName?: string; driver?: string } | undefined) ?? {};
    return { 'spec.nodeName': spec.nodeName ?? '', 'spec.driver': spec.driver ?? '' };
  },
};

function validateTaintRule({ spec = {} }: TaintRule, old?: TaintRule): FieldError[] {
  const errors: FieldError[] = [];
  const { driver, pool, device } = spec.deviceSelector ?? {};
  if (driver !== undefined) addDriverName(errors, 'spec.deviceSelector.driver', driver);
  if (pool !== undefined) addPoolName(errors, 'spec.deviceSelector.pool', pool);
  if (device !== undefined) addLabelName(errors, 'spec.deviceSelector.device', device);
  addTaint(errors, 'spec.taint', spec.taint ?? {}, old?.spec?.taint);
  return errors;
}

const maxConditions = 8;
const taintRules = standardRules<DeviceTaintRule>({ status: true, generation: true });

/** Whoever changes the effect alone makes it a new taint. In place. */
function prepareTaint({ spec }: TaintRule, old: TaintRule | undefined, { nowMs }: RuleContext): void {
  if (spec?.taint === undefined) return;
  const before = old?.spec?.taint;
  if (before !== undefined && spec.taint.effect !== before.effect && spec.taint.timeAdded === before.timeAdded) delete spec.taint.timeAdded;
  spec.taint.timeAdded ??= formatTime(nowMs);
}

/** Keeps pods from devices. */
export const deviceTaintRuleDefinition: ResourceDefinition<DeviceTaintRule> = {
  type: devicetaintrules,
  allowUnconditionalUpdate: true,
  prepareForCreate(object, context) {
    taintRules.prepareForCreate(object, context);
    prepareTaint(object, undefined, context);
  },
  validate: (object) => validateTaintRule(object),
  update: {
    prepareForUpdate(object, old, context) {
      prepareTaint(object, old, context);
      taintRules.update.prepareForUpdate?.(object, old, context);
    },
    validateUpdate: validateTaintRule,
  },
  subresources: {
    status: statusAloneRules({
      validateUpdate({ status }) {
        const conditions = status?.conditions ?? [];
        return [...validateConditions(conditions, 'status.conditions'), ...(conditions.length > maxConditions ? [tooMany('status.conditions', conditions.length, maxConditions)] : [])];
      },
    }),
  },
  columns: [
    nameColumn,
    column('Key', ({ spec }) => spec.taint.key),
    column('Value', ({ spec }) => spec.taint.value ?? ''),
    column('Effect', ({ spec }) => spec.taint.effect),
    column('TimeAdded', ({ spec }, { nowMs }) => {
      const added = timeOf(spec.taint.timeAdded);
      return added === undefined ? '' : humanDuration(nowMs - added);
    }),
    ageColumn,
  ],
};

type Pools = NonNullable<NonNullable<ResourcePoolStatusRequest['status']>['pools']>;
type Count = 'totalDevices' | 'availableDevices' | 'allocatedDevices' | 'unavailableDevices';

const hasFailed = ({ status }: ResourcePoolStatusRequest): boolean => isConditionTrue(status?.conditions, 'Failed') && !isConditionTrue(status?.conditions, 'Complete');
const poolsOf = ({ status }: ResourcePoolStatusRequest): Pools => status?.pools ?? [];

/** A number over all pools, once the request was answered. */
function countColumn(name: string, count: (pool: Pools[number]) => number): NonNullable<ResourceDefinition<ResourcePoolStatusRequest>['columns']>[number] {
  return column(name, (request) => (request.status === undefined || hasFailed(request) ? '-' : String(poolsOf(request).reduce((sum, pool) => sum + count(pool), 0))));
}

const devices = (field: Count) => (pool: Pools[number]): number => pool[field] ?? 0;

function progressOf(request: ResourcePoolStatusRequest): string {
  const { status } = request;
  if (hasFailed(request)) return 'Failed';
  if (!isConditionTrue(status?.conditions, 'Complete')) return 'Pending';
  const shown = poolsOf(request).length;
  return (status?.poolCount ?? 0) > shown ? `Complete (${shown}/${status!.poolCount} pools)` : 'Complete';
}

const defaultLimit = 100;
const maxLimit = 1000;

function validateRequest({ spec }: Loose<ResourcePoolStatusRequest>): FieldError[] {
  const errors: FieldError[] = [];
  const { driver, poolName, limit = defaultLimit } = spec ?? {};
  addDriverName(errors, 'spec.driver', driver);
  if (poolName !== undefined) addPoolName(errors, 'spec.poolName', poolName);
  if (limit < 1) errors.push(invalid('spec.limit', limit, 'must be greater than or equal to 1'));
  if (limit > maxLimit) errors.push(invalid('spec.limit', limit, `must be less than or equal to ${maxLimit}`));
  return errors;
}

const requestRules = standardRules<ResourcePoolStatusRequest>({ status: true, generation: false });

/** Asks once how a driver's pools are. */
export const resourcePoolStatusRequestDefinition: ResourceDefinition<ResourcePoolStatusRequest> = {
  type: resourcepoolstatusrequests,
  applyDefaults(object) {
    const { spec } = object as Loose<ResourcePoolStatusRequest>;
    if (spec !== undefined) spec.limit ??= defaultLimit;
  },
  prepareForCreate: requestRules.prepareForCreate,
  validate: validateRequest,
  update: { ...requestRules.update, validateUpdate: (object, old) => validateImmutable('spec', object.spec, old.spec) },
  subresources: {
    status: statusAloneRules({
      validateUpdate: ({ status }, old) => (old.status === undefined ? validateConditions(status?.conditions, 'status.conditions') : validateImmutable('status', status, old.status)),
    }),
  },
  columns: [
    nameColumn,
    column('Driver', ({ spec }) => spec.driver),
    countColumn('Total', devices('totalDevices')),
    countColumn('Available', devices('availableDevices')),
    countColumn('Allocated', devices('allocatedDevices')),
    countColumn('Unavailable', devices('unavailableDevices')),
    countColumn('Errors', ({ validationError }) => Number(validationError !== undefined)),
    column('Pools', ({ status }) => status?.poolCount ?? 0, { type: 'integer' }),
    column('Status', progressOf),
    column('Completed', (request, { nowMs }) => {
      const completed = timeOf(request.status?.conditions?.find(({ type, status }) => type === 'Complete' && status === 'True')?.lastTransitionTime);
      return completed === undefined ? '<none>' : humanDuration(nowMs - completed);
    }),
  ],
};
