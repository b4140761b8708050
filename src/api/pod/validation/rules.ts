/**
 * What all rules of pods share. A rule takes a part of a pod, its path and the list that errors go to; it reads what is
 * there, and costs nothing for what is not. Parts are read as loosely as a client may have written them.
 */
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required, tooLong } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength, dns1123Subdomain, regexMessage } from '../../meta/validation.ts';
import type { Container, EphemeralContainer, PodSpec, Volume } from '../../types/core/v1.ts';
import type { ObjectMeta } from '../../types/meta/v1.ts';

export type Errors = FieldError[];
export type LooseSpec = Loose<PodSpec>;
export type LooseVolume = Loose<Volume>;
export type LooseContainer = Loose<Container>;
export type LooseMeta = Loose<ObjectMeta>;
/** What regular, init and ephemeral containers have in common. */
export type AnyContainer = LooseContainer | Loose<EphemeralContainer>;

/** The volumes of a pod that are well-formed, by name. */
export type Volumes = ReadonlyMap<string, LooseVolume>;

export const negativeMessage = 'must be greater than or equal to 0';
export const notPositiveMessage = 'must be greater than zero';
export const fileModeMessage = 'must be a number between 0 and 0777 (octal), both inclusive';

/** One error for every message about a value. */
export function addInvalid(errors: Errors, path: string, value: unknown, messages: readonly string[]): void {
  for (const message of messages) errors.push(invalid(path, value, message));
}

export function addNonNegative(errors: Errors, path: string, value: number | undefined): void {
  if (value !== undefined && value < 0) errors.push(invalid(path, value, negativeMessage));
}

/** A value that must be given and be one of a few. */
export function addEnum(errors: Errors, path: string, value: string | undefined, supported: readonly string[]): void {
  if (value !== undefined && supported.includes(value)) return;
  errors.push(value === undefined || value === '' ? required(path) : notSupported(path, value, supported));
}

/** A value that may be missing, and is one of a few otherwise. */
export function addOptionalEnum(errors: Errors, path: string, value: string | undefined, supported: readonly string[]): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(path, value, supported));
}

/** A text that must not be empty. */
export function addRequired(errors: Errors, path: string, value: string | undefined): void {
  if (value === undefined || value === '') errors.push(required(path));
}

export function addFileMode(errors: Errors, path: string, mode: number | undefined): void {
  if (mode !== undefined && (mode > 0o777 || mode < 0)) errors.push(invalid(path, mode, fileModeMessage));
}

const httpPath = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const httpPathRegex = new RegExp(`^${httpPath}$`);

/** `example.com/path`: a domain, a slash and a path. */
export function addDomainPrefixedPath(errors: Errors, path: string, value: string): void {
  if (value === '') return void errors.push(required(path));
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) return void errors.push(invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")'));
  addInvalid(errors, path, value.slice(0, slash), dns1123Subdomain(value.slice(0, slash)));
  const rest = value.slice(slash + 1);
  if (!httpPathRegex.test(rest)) errors.push(invalid(path, rest, regexMessage('Invalid path', httpPath)));
}

/** The name of a CSI driver: a domain of at most 63 characters. */
export function addDriverName(errors: Errors, path: string, driver: string): void {
  if (driver === '') return void errors.push(required(path));
  if (byteLength(driver) > 63) errors.push(tooLong(path, 63));
  addInvalid(errors, path, driver, dns1123Subdomain(driver.toLowerCase()));
}

/** No `..` among the elements of a path. */
export function addNoBacksteps(errors: Errors, path: string, target: string): void {
  if (target.includes('..') && target.split('/').includes('..')) errors.push(invalid(path, target, "must not contain '..'"));
}

/** A relative path without `..`. */
export function addDescendingPath(errors: Errors, path: string, target: string): void {
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'));
  addNoBacksteps(errors, path, target);
}

/** A relative path without `..`, and not beginning with two dots: the kubelet keeps those names for itself. */
export function addLocalPath(errors: Errors, path: string, target: string): void {
  addDescendingPath(errors, path, target);
  if (target.startsWith('..') && !target.startsWith('../')) errors.push(invalid(path, target, "must not start with '..'"));
}

/** Visits init, regular and ephemeral containers with their paths, in upstream's order. `path` is the spec's. */
export function visitContainers(spec: LooseSpec, path: string, visit: (container: AnyContainer, at: string) => void): void {
  spec.initContainers?.forEach((container, i) => visit(container, `${path}.initContainers[${i}]`));
  spec.containers?.forEach((container, i) => visit(container, `${path}.containers[${i}]`));
  spec.ephemeralContainers?.forEach((container, i) => visit(container, `${path}.ephemeralContainers[${i}]`));
}

/** An init container that keeps running beside the regular ones. */
export const isSidecar = (container: { readonly restartPolicy?: string | undefined }): boolean => container.restartPolicy === 'Always';
