/** Environment variables and where their values come from. */
import { invalid, notSupported, required } from '../../field-error.ts';
import type { Loose } from '../../meta/loose.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { configMapKey, dns1123Label, dns1123Subdomain, envVarName, qualifiedName } from '../../meta/validation.ts';
import type { ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, FileKeySelector, ObjectFieldSelector, ResourceFieldSelector } from '../../types/core/v1.ts';
import type { Errors, Volumes } from './rules.ts';
import { addInvalid, addLocalPath } from './rules.ts';

const environmentFields = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs'];
const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
/** What the downward API knows at all (upstream's ConvertDownwardAPIFieldLabel). */
const knownFields = new Set([
  'metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName', 'spec.schedulerName',
  'status.phase', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs', 'spec.host',
]);

/** `metadata.labels['a']`: the path and what stands in the brackets. */
function splitSubscript(path: string): { path: string; subscript: string } | undefined {
  const open = path.indexOf("['");
  return open < 0 || !path.endsWith("']") ? undefined : { path: path.slice(0, open), subscript: path.slice(open + 2, -2) };
}

/** A field of the pod, as the environment or a volume may show it. */
export function validateFieldRef(reference: Loose<ObjectFieldSelector>, use: 'environment' | 'volume', path: string, errors: Errors): void {
  const { apiVersion = '', fieldPath = '' } = reference;
  if (apiVersion === '') return void errors.push(required(`${path}.apiVersion`));
  if (fieldPath === '') return void errors.push(required(`${path}.fieldPath`));
  const unconvertible = (detail: string): void => void errors.push(invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: ${detail}`));
  if (apiVersion !== 'v1') return unconvertible(`unsupported pod version: ${apiVersion}`);
  const split = splitSubscript(fieldPath);
  if (split !== undefined) {
    if (split.path === 'metadata.annotations') addInvalid(errors, path, split.subscript.toLowerCase(), qualifiedName(split.subscript.toLowerCase()));
    else if (split.path === 'metadata.labels') addInvalid(errors, path, split.subscript, qualifiedName(split.subscript));
    else unconvertible(`field label does not support subscript: ${fieldPath}`);
    return;
  }
  if (!knownFields.has(fieldPath)) return unconvertible(`field label not supported: ${fieldPath}`);
  // An old name of spec.nodeName.
  const name = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  const allowed = use === 'environment' ? environmentFields : volumeFields;
  if (!allowed.includes(name)) errors.push(notSupported(`${path}.fieldPath`, name, allowed));
}

const resourceFields = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const isHugePages = (resource: string): boolean => resource.startsWith('requests.hugepages-') || resource.startsWith('limits.hugepages-');

function divisorsOf(resource: string): { readonly allowed: readonly string[]; readonly what: string } | undefined {
  if (isHugePages(resource)) return { allowed: byteDivisors, what: 'hugepages' };
  switch (resource.slice(resource.indexOf('.') + 1)) {
    case 'cpu': return { allowed: ['1m', '1'], what: 'cpu' };
    case 'memory': return { allowed: byteDivisors, what: 'memory' };
    case 'ephemeral-storage': return { allowed: byteDivisors, what: 'local ephemeral storage' };
    default: return undefined;
  }
}

/** A container's request or limit, as the environment or a volume may show it. */
export function validateResourceFieldRef(reference: Loose<ResourceFieldSelector>, use: 'environment' | 'volume', path: string, errors: Errors): void {
  const { containerName = '', resource = '', divisor = '0' } = reference;
  if (use === 'volume' && containerName === '') errors.push(required(`${path}.containerName`));
  else if (resource === '') errors.push(required(`${path}.resource`));
  else if (!resourceFields.includes(resource) && !isHugePages(resource)) errors.push(notSupported(`${path}.resource`, resource, resourceFields));
  if (divisor === '0' || compareQuantity(divisor, '0') === 0) return;
  const divisors = divisorsOf(resource);
  if (divisors === undefined || divisors.allowed.includes(divisor)) return;
  const list = divisors.what === 'cpu' ? '1m and 1' : byteDivisors.join(', ');
  errors.push(invalid(`${path}.divisor`, resource, `only divisor's values ${list} are supported with the ${divisors.what} resource`));
}

function validateKeyRef({ name = '', key = '' }: Loose<ConfigMapKeySelector>, path: string, errors: Errors): void {
  addInvalid(errors, `${path}.name`, name, dns1123Subdomain(name));
  if (key === '') errors.push(required(`${path}.key`));
  else addInvalid(errors, `${path}.key`, key, configMapKey(key));
}

function validateFileKeyRef({ volumeName = '', path: file = '', key = '' }: Loose<FileKeySelector>, path: string, volumes: Volumes, errors: Errors): void {
  if (volumeName === '') errors.push(required(`${path}.volumeName`));
  else {
    addInvalid(errors, `${path}.volumeName`, volumeName, dns1123Label(volumeName));
    if (!volumes.has(volumeName)) errors.push({ reason: 'FieldValueNotFound', field: `${path}.volumeName`, message: `Not found: ${JSON.stringify(volumeName)}` });
  }
  if (file === '') errors.push(required(`${path}.path`));
  else addLocalPath(errors, `${path}.path`, file);
  if (key === '') errors.push(required(`${path}.key`));
  else addInvalid(errors, `${path}.key`, key, envVarName(key));
}

function validateValueFrom(source: Loose<EnvVarSource>, value: string, path: string, volumes: Volumes, errors: Errors): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  let count = 0;
  if (fieldRef !== undefined) {
    count++;
    validateFieldRef(fieldRef, 'environment', `${path}.fieldRef`, errors);
  }
  if (resourceFieldRef !== undefined) {
    count++;
    validateResourceFieldRef(resourceFieldRef, 'environment', `${path}.resourceFieldRef`, errors);
  }
  if (configMapKeyRef !== undefined) {
    count++;
    validateKeyRef(configMapKeyRef, `${path}.configMapKeyRef`, errors);
  }
  if (secretKeyRef !== undefined) {
    count++;
    validateKeyRef(secretKeyRef, `${path}.secretKeyRef`, errors);
  }
  if (fileKeyRef !== undefined) {
    count++;
    validateFileKeyRef(fileKeyRef, `${path}.fileKeyRef`, volumes, errors);
  }
  if (count === 0) errors.push(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'));
  else if (value !== '') errors.push(invalid(path, '', 'may not be specified when `value` is not empty'));
  else if (count > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
}

export function validateEnv(variables: readonly Loose<EnvVar>[] | undefined, path: string, volumes: Volumes, errors: Errors): void {
  if (variables === undefined) return;
  for (let i = 0; i < variables.length; i++) {
    const { name = '', value = '', valueFrom } = variables[i]!;
    if (name === '') errors.push(required(`${path}[${i}].name`));
    else addInvalid(errors, `${path}[${i}].name`, name, envVarName(name));
    if (valueFrom !== undefined) validateValueFrom(valueFrom, value, `${path}[${i}].valueFrom`, volumes, errors);
  }
}

export function validateEnvFrom(sources: readonly Loose<EnvFromSource>[] | undefined, path: string, errors: Errors): void {
  sources?.forEach(({ prefix = '', configMapRef, secretRef }, i) => {
    const at = `${path}[${i}]`;
    if (prefix !== '') addInvalid(errors, `${at}.prefix`, prefix, envVarName(prefix));
    for (const [field, reference] of [['configMapRef', configMapRef], ['secretRef', secretRef]] as const) {
      if (reference === undefined) continue;
      const { name = '' } = reference;
      if (name === '') errors.push(required(`${at}.${field}.name`));
      else addInvalid(errors, `${at}.${field}.name`, name, dns1123Subdomain(name));
    }
    if (configMapRef === undefined && secretRef === undefined) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (configMapRef !== undefined && secretRef !== undefined) errors.push(invalid(path, '', 'may not have more than one field specified at a time'));
  });
}
