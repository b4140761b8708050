import { JsonSyntaxError, scanJson } from '../../codec/json-scan.ts';
import { maxJsonDepth } from '../../codec/json.ts';
import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid, required, tooLong } from '../../field-error.ts';
import { mapsEqual } from '../../meta/equal.ts';
import { validateImmutable } from '../../meta/object-meta.ts';
import { configMapKey } from '../../meta/validation.ts';
import { secrets } from '../../resources.ts';
import type { Secret } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { decodedLength, immutableDataMessage, maxDataBytes } from './config-map.ts';

export const serviceAccountNameKey = 'kubernetes.io/service-account.name';
const redacted = '<secret contents redacted>';

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
}

function base64Of(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

const goTypes: Readonly<Record<string, string>> = { boolean: 'bool', number: 'number', string: 'string' };

/** Is the value a JSON object? Says what is wrong otherwise in Go's words, of which at most one character is the secret's. */
function validateJson(field: string, base64: string): FieldError[] {
  const text = new TextDecoder().decode(bytesOf(base64));
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && !Array.isArray(value)) return [];
    return [invalid(field, redacted, `json: cannot unmarshal ${goTypes[typeof value] ?? 'array'} into Go value of type map[string]interface {}`)];
  } catch {
    return [invalid(field, redacted, jsonProblem(text))];
  }
}

function jsonProblem(text: string): string {
  try {
    scanJson(text, { maxDepth: maxJsonDepth });
    return 'invalid JSON';
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error.message;
    throw error;
  }
}

/** What each well-known type asks of the data. */
function validateType({ type, data = {}, metadata }: Secret): FieldError[] {
  const has = (key: string): boolean => Object.hasOwn(data, key);
  const missing = (...keys: readonly string[]): FieldError[] => keys.filter((key) => !has(key)).map((key) => required(`data[${key}]`));
  const json = (key: string): FieldError[] => (has(key) ? validateJson(`data[${key}]`, data[key]!) : missing(key));
  switch (type) {
    case 'kubernetes.io/service-account-token':
      return (metadata.annotations?.[serviceAccountNameKey] ?? '') === '' ? [required(`metadata.annotations[${serviceAccountNameKey}]`)] : [];
    case 'kubernetes.io/dockercfg': return json('.dockercfg');
    case 'kubernetes.io/dockerconfigjson': return json('.dockerconfigjson');
    case 'kubernetes.io/basic-auth': return has('username') || has('password') ? [] : missing('username', 'password');
    case 'kubernetes.io/ssh-auth': return (data['ssh-privatekey'] ?? '') === '' ? [required('data[ssh-privatekey]')] : [];
    case 'kubernetes.io/tls': return missing('tls.crt', 'tls.key');
    default: return [];
  }
}

function validateSecret(object: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let totalBytes = 0;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    for (const message of configMapKey(key)) errors.push(invalid(`data[${key}]`, key, message));
    totalBytes += decodedLength(value);
  }
  if (totalBytes > maxDataBytes) errors.push(tooLong('data', maxDataBytes));
  return [...errors, ...validateType(object)];
}

export const secretDefinition: ResourceDefinition<Secret> = {
  type: secrets,
  allowUnconditionalUpdate: true,
  applyDefaults(object) {
    object.type ||= 'Opaque';
    // stringData is write-only: it is folded into data as soon as the object is read.
    if (object.stringData === undefined) return;
    const data = { ...object.data };
    for (const [key, value] of Object.entries(object.stringData)) data[key] = base64Of(value);
    if (Object.keys(data).length > 0) object.data = data;
    delete object.stringData;
  },
  validate: validateSecret,
  update: {
    prepareForUpdate(object, old) {
      if ((object.type ?? '') === '' && old.type !== undefined) object.type = old.type;
    },
    validateUpdate(object, old) {
      const errors = validateImmutable('type', object.type ?? '', old.type ?? '');
      if (old.immutable === true) {
        if (object.immutable !== true) errors.push(forbidden('immutable', immutableDataMessage));
        if (!mapsEqual(object.data, old.data)) errors.push(forbidden('data', immutableDataMessage));
      }
      return [...errors, ...validateSecret(object)];
    },
  },
  columns: [nameColumn, column('Type', ({ type }) => type ?? ''), column('Data', ({ data = {} }) => Object.keys(data).length), ageColumn],
  selectableFields: ({ type }) => ({ type: type ?? '' }),
};
