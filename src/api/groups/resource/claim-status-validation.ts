/** The status of a claim: what was allocated, to whom it is given, and what drivers say about the devices. */
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, tooLong, tooMany } from '../../field-error.ts';
import { validateConditions } from '../../meta/condition-validation.ts';
import { semanticEqual } from '../../meta/equal.ts';
import { validateInterfaceAddress } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { byteLength } from '../../meta/validation.ts';
import { addEnum, addRequired } from '../../pod/validation/rules.ts';
import { validateNodeSelector } from '../../pod/validation/validate-affinity.ts';
import type { AllocatedDeviceStatus, AllocationResult, NetworkDeviceData, ResourceClaim } from '../../types/resource/v1.ts';
import { addBindingConditions, addDriverName, addLabelName, addList, addOpaqueObject, addPoolName, addSet, addShareId } from './common-rules.ts';
import type { Errors } from './common-rules.ts';
import { addRequestConfiguration, addRequestReference, maxConfigs, maxRequests, requestNamesOf } from './claim-validation.ts';
import type { RequestNames } from './claim-validation.ts';

type Claim = Loose<ResourceClaim>;

const maxConsumers = 256;
const maxDeviceConditions = 8;
const maxDataBytes = 10 * 1024;
const maxAddresses = 16;

/** A device, or a share of one, as upstream's internal type shows it. */
interface DeviceId {
  readonly driver?: string | undefined;
  readonly pool?: string | undefined;
  readonly device?: string | undefined;
  readonly shareID?: string | undefined;
}

const idOf = ({ driver = '', pool = '', device = '', shareID = '' }: DeviceId): unknown => ({ Driver: driver, Pool: pool, Device: device, ShareID: shareID });
const keyOf = (device: DeviceId): string => JSON.stringify(idOf(device));

function addNetworkData(errors: Errors, path: string, data: Loose<NetworkDeviceData> | undefined): void {
  if (data === undefined) return;
  if (byteLength(data.interfaceName ?? '') > 256) errors.push(tooLong(`${path}.interfaceName`, 256));
  if (byteLength(data.hardwareAddress ?? '') > 128) errors.push(tooLong(`${path}.hardwareAddress`, 128));
  addSet(errors, `${path}.ips`, data.ips, maxAddresses, (ip, at) => errors.push(...validateInterfaceAddress(at, ip)), (ip) => ip);
}

function addDevice(errors: Errors, path: string, device: Loose<AllocatedDeviceStatus>, allocated: ReadonlySet<string>): void {
  addDriverName(errors, `${path}.driver`, device.driver);
  addPoolName(errors, `${path}.pool`, device.pool);
  addLabelName(errors, `${path}.device`, device.device);
  addShareId(errors, `${path}.shareID`, device.shareID);
  if (!allocated.has(keyOf(device))) errors.push(invalid(path, idOf(device), 'must be an allocated device in the claim'));
  const conditions = device.conditions ?? [];
  if (conditions.length > maxDeviceConditions) errors.push(tooMany(`${path}.conditions`, conditions.length, maxDeviceConditions));
  errors.push(...validateConditions(conditions, `${path}.conditions`));
  if (device.data !== undefined) addOpaqueObject(errors, `${path}.data`, device.data, maxDataBytes);
  addNetworkData(errors, `${path}.networkData`, device.networkData);
}

function addAllocation(errors: Errors, path: string, { devices = {}, nodeSelector }: Loose<AllocationResult>, names: RequestNames): void {
  addList(errors, `${path}.devices.results`, devices.results, maxRequests, (result, at) => {
    addRequestReference(errors, `${at}.request`, result.request ?? '', names);
    addDriverName(errors, `${at}.driver`, result.driver);
    addPoolName(errors, `${at}.pool`, result.pool);
    addLabelName(errors, `${at}.device`, result.device);
    addBindingConditions(errors, at, result);
    addShareId(errors, `${at}.shareID`, result.shareID);
  });
  addList(errors, `${path}.devices.config`, devices.config, 2 * maxConfigs, (config, at) => {
    addEnum(errors, `${at}.source`, config.source, ['FromClaim', 'FromClass']);
    addRequestConfiguration(errors, at, config, names);
  });
  if (nodeSelector !== undefined) validateNodeSelector(nodeSelector, `${path}.nodeSelector`, errors);
}

function addReservations(errors: Errors, claim: Claim, old: Claim): void {
  const path = 'status.reservedFor';
  const consumers = claim.status?.reservedFor ?? [];
  if (consumers.length === 0) return;
  if (claim.status?.allocation === undefined) return void errors.push(forbidden(path, 'may not be specified when `allocated` is not set'));
  const before = old.status?.reservedFor ?? [];
  const added = consumers.some((consumer) => !before.some((one) => semanticEqual(one, consumer)));
  if (claim.metadata?.deletionTimestamp !== undefined && added) errors.push(forbidden(path, 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'));
}

/** What the scheduler, controllers and drivers write. */
export function validateClaimStatus(claim: Claim, old: Claim): FieldError[] {
  const errors: Errors = [];
  const { reservedFor, devices, allocation } = claim.status ?? {};
  const allocated = new Set((allocation?.devices?.results ?? []).map(keyOf));
  addSet(errors, 'status.reservedFor', reservedFor, maxConsumers, (consumer, at) => { for (const field of ['resource', 'name', 'uid'] as const) addRequired(errors, `${at}.${field}`, consumer[field]); }, ({ uid = '' }) => uid);
  addSet(errors, 'status.devices', devices, Number.POSITIVE_INFINITY, (device, at) => addDevice(errors, at, device, allocated), idOf);
  addReservations(errors, claim, old);
  if (allocation !== undefined && old.status?.allocation !== undefined) errors.push(...validateImmutable('status.allocation', allocation, old.status.allocation));
  else if (allocation !== undefined) addAllocation(errors, 'status.allocation', allocation, requestNamesOf(claim.spec?.devices));
  return errors;
}

/** What is said about devices that are given back goes with them, in place. */
export function dropDeallocatedDevices({ status }: Claim, old: Claim): void {
  if (status?.devices === undefined) return;
  const allocated = new Set((status.allocation?.devices?.results ?? []).map(keyOf));
  const before = new Set((old.status?.allocation?.devices?.results ?? []).map(keyOf));
  const kept = status.devices.filter((device) => allocated.has(keyOf(device)) || !before.has(keyOf(device)));
  if (kept.length > 0) status.devices = kept;
  else delete status.devices;
}

