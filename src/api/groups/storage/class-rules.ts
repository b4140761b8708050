/** What storage classes and volume attributes classes have in common: who makes the volumes, and with which parameters. */
import type { FieldError } from '../../field-error.ts';
import { invalid, required, tooLong } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import { byteLength, qualifiedName } from '../../meta/validation.ts';
import { addInvalid } from '../../pod/validation/rules.ts';

type Parameters = Readonly<Record<string, string>>;

const maxParameters = 512;
const maxParametersBytes = 256 * 1024;
const isDefaultKeys = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];

/** Is this the class of claims that name none? */
export const isDefaultClass = ({ metadata }: KubeObject): boolean => isDefaultKeys.some((key) => metadata.annotations?.[key] === 'true');

/** The name of a provisioner or driver: a qualified name, in whatever case. */
export function addProvisioner(errors: FieldError[], path: string, provisioner = ''): void {
  if (provisioner === '') errors.push(required(path));
  else addInvalid(errors, path, provisioner.toLowerCase(), qualifiedName(provisioner.toLowerCase()));
}

/** At most 512 parameters of 256 KiB together. */
export function addParameters(errors: FieldError[], path: string, parameters: Parameters = {}): void {
  const entries = Object.entries(parameters);
  if (entries.length > maxParameters) return void errors.push(tooLong(path, maxParameters));
  let totalBytes = 0;
  for (const [key, value] of entries) {
    if (key === '') errors.push(invalid(path, key, 'field can not be empty.'));
    totalBytes += byteLength(key) + byteLength(value);
  }
  if (totalBytes > maxParametersBytes) errors.push(tooLong(path, maxParametersBytes));
}
