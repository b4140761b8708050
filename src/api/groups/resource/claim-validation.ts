/** What claims on devices, and classes of them, must say. */
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required, tooLong } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, dns1123Label, dns1123Subdomain } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { DeviceClaim, DeviceClass, DeviceConstraint, DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest, OpaqueDeviceConfiguration, ResourceClaimSpec } from '../../types/resource/v1.ts';
import { addDriverName, addFullName, addList, addLabelName, addOpaqueObject, addSet, addToleration } from './common-rules.ts';
import type { Errors } from './common-rules.ts';
import { checkSelector } from './selector-loader.ts';

export const maxRequests = 32;
export const maxConfigs = 32;
const maxSelectors = 32;
const maxAlternatives = 8;
const maxExpressionBytes = 10 * 1024;
const maxParametersBytes = 10 * 1024;
const referenceMessage = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Names of a claim's requests, and of the alternatives of each. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export function requestNamesOf(claim: Loose<DeviceClaim> | undefined): RequestNames {
  return new Map((claim?.requests ?? []).map(({ name = '', firstAvailable = [] }) => [name, new Set(firstAvailable.map((one) => one.name ?? ''))]));
}

/** `request`, or `request/alternative`. */
export function addRequestReference(errors: Errors, path: string, name: string, names: RequestNames): void {
  const [request = '', alternative, ...more] = name.split('/');
  if (more.length > 0) return void errors.push(invalid(path, name, referenceMessage));
  for (const part of name.split('/')) addInvalid(errors, path, part, dns1123Label(part));
  const alternatives = names.get(request);
  if (alternatives === undefined || (alternative !== undefined && !alternatives.has(alternative))) errors.push(invalid(path, name, referenceMessage));
}

function addSelector(errors: Errors, path: string, { cel }: Loose<DeviceSelector>): void {
  if (cel === undefined) errors.push(required(`${path}.cel`));
  else if (byteLength(cel.expression ?? '') > maxExpressionBytes) errors.push(tooLong(`${path}.cel.expression`, maxExpressionBytes));
  else errors.push(...checkSelector(cel.expression ?? '', `${path}.cel.expression`));
}

/** What an exact request and each of several alternatives say alike. */
function addDevices(errors: Errors, path: string, { deviceClassName = '', selectors, allocationMode = '', count = 0, tolerations }: Loose<ExactDeviceRequest> | Loose<DeviceSubRequest>): void {
  if (deviceClassName === '') errors.push(required(`${path}.deviceClassName`));
  else addInvalid(errors, `${path}.deviceClassName`, deviceClassName, dns1123Subdomain(deviceClassName));
  addList(errors, `${path}.selectors`, selectors, maxSelectors, (selector, at) => addSelector(errors, at, selector));
  if (allocationMode === 'All') {
    if (count !== 0) errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) errors.push(invalid(`${path}.count`, count, 'must be greater than zero'));
  } else errors.push(notSupported(`${path}.allocationMode`, allocationMode, ['All', 'ExactCount']));
  tolerations?.forEach((toleration, i) => addToleration(errors, `${path}.tolerations[${i}]`, toleration));
}

function addRequest(errors: Errors, path: string, { name, exactly, firstAvailable = [] }: Loose<DeviceRequest>): void {
  addLabelName(errors, `${path}.name`, name);
  if (exactly === undefined && firstAvailable.length === 0) errors.push(required(path, 'exactly one of `exactly` or `firstAvailable` is required'));
  else if (exactly !== undefined && firstAvailable.length > 0) errors.push(invalid(path, null, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'));
  else if (exactly !== undefined) addDevices(errors, `${path}.exactly`, exactly);
  else {
    addSet(errors, `${path}.firstAvailable`, firstAvailable, maxAlternatives, (one, at) => {
      addLabelName(errors, `${at}.name`, one.name);
      addDevices(errors, at, one);
    }, (one) => one.name ?? '');
  }
}

function addReferences(errors: Errors, path: string, requests: readonly string[] | undefined, names: RequestNames): void {
  addSet(errors, path, requests, maxRequests, (name, at) => addRequestReference(errors, at, name, names), (name) => name);
}

function addConstraint(errors: Errors, path: string, { requests, matchAttribute, distinctAttribute }: Loose<DeviceConstraint>, names: RequestNames): void {
  addReferences(errors, `${path}.requests`, requests, names);
  if (matchAttribute !== undefined) addFullName(errors, `${path}.matchAttribute`, matchAttribute);
  else if (distinctAttribute !== undefined) addFullName(errors, `${path}.distinctAttribute`, distinctAttribute);
  // The wording is upstream's.
  else errors.push(required(path, 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'));
}

/** What a driver is told, and by whom it is understood. */
export function addConfiguration(errors: Errors, path: string, opaque: Loose<OpaqueDeviceConfiguration> | undefined, stored = false): void {
  if (opaque === undefined) return void errors.push(required(`${path}.opaque`));
  addDriverName(errors, `${path}.opaque.driver`, opaque.driver);
  addOpaqueObject(errors, `${path}.opaque.parameters`, opaque.parameters, maxParametersBytes, stored);
}

/** Configuration for some requests, or for all where it names none. */
export function addRequestConfiguration(errors: Errors, path: string, { requests, opaque }: { readonly requests?: readonly string[] | undefined; readonly opaque?: Loose<OpaqueDeviceConfiguration> | undefined }, names: RequestNames): void {
  addReferences(errors, `${path}.requests`, requests, names);
  addConfiguration(errors, path, opaque);
}

/** The spec of a claim, or of a claim that a template makes. */
export function validateClaimSpec(spec: Loose<ResourceClaimSpec> | undefined, path: string): FieldError[] {
  const errors: Errors = [];
  const devices = spec?.devices;
  const names = requestNamesOf(devices);
  const at = `${path}.devices`;
  addSet(errors, `${at}.requests`, devices?.requests, maxRequests, (request, where) => addRequest(errors, where, request), ({ name = '' }) => name);
  addList(errors, `${at}.constraints`, devices?.constraints, 32, (constraint, where) => addConstraint(errors, where, constraint, names));
  addList(errors, `${at}.config`, devices?.config, maxConfigs, (config, where) => addRequestConfiguration(errors, where, config, names));
  return errors;
}

const extendedResource = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const isExtendedResourceName = (name: string): boolean => extendedResource.test(name) && !/(^|\.)kubernetes\.io\//.test(name) && byteLength(`requests.${name}`.split('/')[1] ?? '') <= 63 && byteLength(name.split('/')[0] ?? '') <= 244;

/** A class of devices. `old`: configuration that an update leaves as it is may be bigger. */
export function validateDeviceClass({ spec = {} }: Loose<DeviceClass>, old?: Loose<DeviceClass>): FieldError[] {
  const errors: Errors = [];
  const stored = old !== undefined && semanticEqual(spec.config, old.spec?.config);
  addList(errors, 'spec.selectors', spec.selectors, maxSelectors, (selector, at) => addSelector(errors, at, selector));
  addList(errors, 'spec.config', spec.config, maxConfigs, ({ opaque }, at) => addConfiguration(errors, at, opaque, stored));
  const { extendedResourceName: name } = spec;
  if (name !== undefined && !isExtendedResourceName(name)) errors.push(invalid('spec.extendedResourceName', name, 'must be a valid extended resource name'));
  return errors;
}

