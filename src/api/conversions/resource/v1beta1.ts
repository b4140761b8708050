/**
 * resource.k8s.io/v1beta1: a device request holds what v1 has under `exactly`, and a device holds under `basic` what
 * v1 has in the device itself.
 */
import type { KubeObject } from '../../meta/object.ts';
import type { Loose } from '../../meta/loose.ts';
import type { Device, DeviceRequest, ExactDeviceRequest, ResourceClaim, ResourceClaimSpec, ResourceClaimTemplate, ResourceSlice } from '../../types/resource/v1.ts';
import type { Device as OldDevice, DeviceRequest as OldRequest, ResourceClaimSpec as OldClaimSpec, ResourceSlice as OldSlice } from '../../types/resource/v1beta1.ts';
import type { VersionRules } from '../version-rules.ts';

/** A request that names a class asks for one device, unless it says otherwise. */
function defaultRequests(spec: Loose<OldClaimSpec> | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    if ((request.deviceClassName ?? '') === '') continue;
    request.allocationMode ||= 'ExactCount';
    if (request.allocationMode === 'ExactCount') request.count ||= 1;
  }
}

function requestToStored({ name, firstAvailable, ...exactly }: OldRequest): DeviceRequest {
  const asked = Object.values(exactly).some((value) => value !== undefined && value !== '' && value !== 0);
  return { name, ...(firstAvailable !== undefined && { firstAvailable }), ...(asked && { exactly: exactly as ExactDeviceRequest }) };
}

const requestFromStored = ({ exactly, ...request }: DeviceRequest): OldRequest => ({ ...request, ...exactly });

function withRequests<To extends OldClaimSpec | ResourceClaimSpec, From extends DeviceRequest | OldRequest>(spec: OldClaimSpec | ResourceClaimSpec | undefined, convert: (request: From) => DeviceRequest | OldRequest): To | undefined {
  if (spec?.devices?.requests === undefined) return spec as To | undefined;
  return { ...spec, devices: { ...spec.devices, requests: (spec.devices.requests as From[]).map(convert) } } as To;
}

const claimSpec = (spec: unknown, to: 'stored' | 'served'): ResourceClaimSpec | OldClaimSpec | undefined =>
  to === 'stored' ? withRequests<ResourceClaimSpec, OldRequest>(spec as OldClaimSpec | undefined, requestToStored) : withRequests<OldClaimSpec, DeviceRequest>(spec as ResourceClaimSpec | undefined, requestFromStored);

const claim = (object: KubeObject, to: 'stored' | 'served'): KubeObject => {
  const spec = claimSpec((object as ResourceClaim).spec, to);
  return { ...object, ...(spec !== undefined && { spec }) } as KubeObject;
};

const template = (object: KubeObject, to: 'stored' | 'served'): KubeObject => {
  const { spec } = object as Loose<ResourceClaimTemplate>;
  const inner = claimSpec(spec?.spec, to);
  return { ...object, ...(inner !== undefined && { spec: { ...spec, spec: inner } }) } as KubeObject;
};

export const resourceClaimRules: VersionRules = {
  applyDefaults: (object) => defaultRequests((object as Loose<ResourceClaim>).spec as Loose<OldClaimSpec>),
  toStored: (object) => claim(object, 'stored'),
  fromStored: (object) => claim(object, 'served'),
};

export const resourceClaimTemplateRules: VersionRules = {
  applyDefaults: (object) => defaultRequests((object as Loose<ResourceClaimTemplate>).spec?.spec as Loose<OldClaimSpec>),
  toStored: (object) => template(object, 'stored'),
  fromStored: (object) => template(object, 'served'),
};

const deviceToStored = ({ name, basic }: OldDevice): Device => ({ name, ...basic });

const deviceFromStored = ({ name, ...basic }: Device): OldDevice => ({ name, basic });

function withDevices<From extends Device | OldDevice>(object: KubeObject, convert: (device: From) => Device | OldDevice): KubeObject {
  const { spec } = object as Loose<ResourceSlice | OldSlice>;
  if (spec?.devices === undefined) return object;
  return { ...object, spec: { ...spec, devices: (spec.devices as From[]).map(convert) } } as KubeObject;
}

/** `nodeName` and `allNodes` are no pointers in v1beta1: empty and false are the same as not given. */
function withoutEmptySpec(object: KubeObject): KubeObject {
  const { spec } = object as Loose<ResourceSlice>;
  if (spec === undefined || (spec.nodeName !== '' && spec.allNodes !== false)) return object;
  const { nodeName, allNodes, ...rest } = spec;
  return { ...object, spec: { ...rest, ...((nodeName ?? '') !== '' && { nodeName }), ...(allNodes === true && { allNodes }) } } as KubeObject;
}

export const resourceSliceRules: VersionRules = {
  toStored: (object) => withDevices<OldDevice>(withoutEmptySpec(object), deviceToStored),
  fromStored: (object) => withDevices<Device>(withoutEmptySpec(object), deviceFromStored),
};
