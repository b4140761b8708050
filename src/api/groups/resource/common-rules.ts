/** Names and lists of dynamic resource allocation, checked alike wherever they stand. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, notSupported, required, tooLong, tooMany } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, dns1123Label, dns1123Subdomain, dnsSubdomainMaxLength, labelValue, qualifiedName, regexMessage } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';
import type { DeviceTaint, DeviceToleration } from '../../types/resource/v1.ts';

export type Errors = FieldError[];

const maxDriverBytes = 63;
const maxIdentifierBytes = 32;
const identifier = /^[A-Za-z_][A-Za-z0-9_]*$/;
const identifierMessage = regexMessage("a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'", '[A-Za-z_][A-Za-z0-9_]*', 'my_name', 'MY_NAME', 'MyName');
const taintEffects = ['NoExecute', 'NoSchedule', 'None'];
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Each member by `check`, unless there are more than `max`. */
export function addList<T>(errors: Errors, path: string, list: readonly T[] | undefined, max: number, check: (item: T, path: string) => void): void {
  if ((list ?? []).length > max) return void errors.push(tooMany(path, list!.length, max));
  list?.forEach((item, i) => check(item, `${path}[${i}]`));
}

/** A list whose members differ in what `keyOf` says, which is shown. */
export function addSet<T>(errors: Errors, path: string, list: readonly T[] | undefined, max: number, check: (item: T, path: string) => void, keyOf: (item: T) => unknown): void {
  if ((list ?? []).length > max) return void errors.push(tooMany(path, list!.length, max));
  addList(errors, path, list, max, check);
  const seen = new Set<string>();
  list?.forEach((item, i) => {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(`${path}[${i}]`, key));
    seen.add(text);
  });
}

/** A map of at most `max` entries, its keys and its values. Keys are missed where the map stands. */
export function addMap<T>(errors: Errors, path: string, map: Readonly<Record<string, T>> | undefined, { max, key, value }: { readonly max: number; readonly key: (name: string) => void; readonly value?: (item: T, path: string) => void }): void {
  const entries = Object.entries(map ?? {});
  if (entries.length > max) return void errors.push(tooMany(path, entries.length, max));
  for (const [name, item] of entries) {
    key(name);
    value?.(item, `${path}[${name}]`);
  }
}

/** A driver is called as CSI drivers are; upper case is tolerated. */
export function addDriverName(errors: Errors, path: string, name = ''): void {
  if (name === '') return void errors.push(required(path));
  if (byteLength(name) > maxDriverBytes) errors.push(tooLong(path, maxDriverBytes));
  addInvalid(errors, path, name, dns1123Subdomain(name.toLowerCase()));
}

/** Subdomains joined by slashes. */
export function addPoolName(errors: Errors, path: string, name = ''): void {
  if (name === '') return void errors.push(required(path));
  if (byteLength(name) > dnsSubdomainMaxLength) errors.push(tooLong(path, dnsSubdomainMaxLength));
  for (const part of name.split('/')) addInvalid(errors, path, part, dns1123Subdomain(part));
}

export function addLabelName(errors: Errors, path: string, name = ''): void {
  addInvalid(errors, path, name, dns1123Label(name));
}

function addIdentifier(errors: Errors, path: string, name: string): void {
  if (byteLength(name) > maxIdentifierBytes) errors.push(tooLong(path, maxIdentifierBytes));
  if (!identifier.test(name)) errors.push(invalid(path, name, identifierMessage));
}

/** The name of an attribute or a capacity: `[driver/]name`. */
export function addQualifiedName(errors: Errors, path: string, name: string): void {
  const parts = name.split('/');
  if (parts.length > 2) return;
  const [domain, id = ''] = parts.length === 1 ? [undefined, parts[0]] : [parts[0]!, parts[1]];
  if (domain === '') errors.push(invalid(path, '', 'the domain must not be empty'));
  else if (domain !== undefined) addDriverName(errors, path, domain);
  if (domain !== undefined && id === '') errors.push(invalid(path, '', 'the name must not be empty'));
  else addIdentifier(errors, path, id);
}

/** An attribute with the driver that defines it. */
export function addFullName(errors: Errors, path: string, name: string): void {
  addQualifiedName(errors, path, name);
  if (!name.includes('/')) errors.push(invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash'));
}

/** Which share of a device was given: a UUID. */
export function addShareId(errors: Errors, path: string, id: string | undefined): void {
  if (id === undefined || uuid.test(id)) return;
  const known = uuid.test(id.toLowerCase().replace(/^(urn:uuid:|\{)|\}$/g, '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'));
  const wrong = id.length === 36 || id.length === 32 ? 'invalid UUID format' : `invalid UUID length: ${id.length}`;
  errors.push(invalid(path, id, known ? 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters' : `error validating uid: ${wrong}`));
}

/** A taint; an effect that was there before is let be. */
export function addTaint(errors: Errors, path: string, { key = '', value = '', effect = '' }: Loose<DeviceTaint>, old?: Loose<DeviceTaint>): void {
  addInvalid(errors, `${path}.key`, key, qualifiedName(key));
  if (value !== '') addInvalid(errors, `${path}.value`, value, labelValue(value));
  if (old?.effect === effect) return;
  if (effect === '') errors.push(required(`${path}.effect`));
  else if (!taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects));
}

export function addToleration(errors: Errors, path: string, { key = '', operator = '', value = '', effect = '' }: Loose<DeviceToleration>): void {
  if (key !== '') addInvalid(errors, `${path}.key`, key, qualifiedName(key));
  if (operator === 'Exists') {
    if (value !== '') errors.push(invalid(`${path}.value`, value, 'must be empty for operator `Exists`'));
  } else if (operator === 'Equal') addInvalid(errors, `${path}.value`, value, labelValue(value));
  else errors.push(operator === '' ? required(`${path}.operator`) : notSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect !== '' && !taintEffects.includes(effect)) errors.push(notSupported(`${path}.effect`, effect, taintEffects));
}

const maxBindingConditions = 4;

/** What must have become true of a device before a pod is bound to it, and what must not. */
export function addBindingConditions(errors: Errors, path: string, { bindingConditions: wanted = [], bindingFailureConditions: failures = [] }: { readonly bindingConditions?: readonly string[] | undefined; readonly bindingFailureConditions?: readonly string[] | undefined }): void {
  const [wantedPath, failuresPath] = [`${path}.bindingConditions`, `${path}.bindingFailureConditions`];
  const check = (condition: string, at: string): void => addInvalid(errors, at, condition, qualifiedName(condition));
  addList(errors, wantedPath, wanted, maxBindingConditions, check);
  addList(errors, failuresPath, failures, maxBindingConditions, check);
  wanted.forEach((condition, i) => { if (wanted.indexOf(condition) < i) errors.push(duplicate(`${wantedPath}[${i}]`, condition)); });
  failures.forEach((condition, i) => {
    if (failures.indexOf(condition) < i) errors.push(duplicate(`${failuresPath}[${i}]`, condition));
    if (wanted.includes(condition)) errors.push(invalid(`${failuresPath}[${i}]`, condition, 'bindingFailureConditions must not overlap with bindingConditions'));
  });
  if (wanted.length === 0 && failures.length > 0) errors.push(invalid(wantedPath, null, 'bindingConditions are required to use bindingFailureConditions'));
  if (failures.length === 0 && wanted.length > 0) errors.push(invalid(failuresPath, null, 'bindingFailureConditions are required to use bindingConditions'));
}

/** An object of a driver's own making, at most so big. `stored`: it stood there before and may be bigger. */
export function addOpaqueObject(errors: Errors, path: string, value: unknown, maxBytes: number, stored = false): void {
  if (value === undefined || value === null) errors.push(required(path));
  else if (!stored && byteLength(JSON.stringify(value)) > maxBytes) errors.push(tooLong(path, maxBytes));
  else if (typeof value !== 'object' || Array.isArray(value)) errors.push(invalid(path, '<value omitted>', 'must be a valid JSON object'));
}
