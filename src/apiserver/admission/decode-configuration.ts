import type { FieldError } from '../../api/field-error.ts';
import { formatFieldError } from '../../api/field-error.ts';
import { aggregated } from './refuse.ts';

/** The configuration of one plug-in as it was read, not looked into yet. */
export interface PluginConfiguration {
  /** For messages: a file, or `the configuration of NAME`. */
  readonly source: string;
  readonly value: unknown;
}

/** A configuration that says what cannot be. One line, for whoever started the server. */
export class ConfigurationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigurationError';
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** A map with no other fields than these (an empty list: none). Throws ConfigurationError. */
export function recordOf(value: unknown, path: string, fields: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigurationError(`${path}: wants a map, not ${JSON.stringify(value)}`);
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) throw new ConfigurationError(`strict decoding error: unknown field ${JSON.stringify(path === 'configuration' ? unknown : `${path}.${unknown}`)}`);
  return value as Fields;
}

export function listOf(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ConfigurationError(`${path}: wants a list, not ${JSON.stringify(value)}`);
  return value;
}

export function text(value: unknown, path: string): string {
  if (typeof value !== 'string') throw new ConfigurationError(`${path}: wants a text, not ${JSON.stringify(value)}`);
  return value;
}

export const strings = (values: readonly unknown[], path: string): string[] => values.map((value, i) => text(value, `${path}[${i}]`));

export function integer(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new ConfigurationError(`${path}: wants a whole number, not ${JSON.stringify(value)}`);
  return value;
}

export interface ExpectedKind { readonly group: string; readonly versions: readonly string[]; readonly kind: string }

/**
 * Reads a plug-in's configuration of one kind: `build` gets its fields and may add field errors. No configuration is an
 * empty one. Throws ConfigurationError that names its source.
 */
export function decodeConfiguration<T>(configuration: PluginConfiguration | undefined, expected: ExpectedKind, build: (fields: Fields, errors: FieldError[]) => T): T {
  const errors: FieldError[] = [];
  if (configuration === undefined) return build({}, errors);
  try {
    const { value } = configuration;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigurationError(`wants a ${expected.kind}, not ${JSON.stringify(value)}`);
    const { apiVersion, kind, ...fields } = value as Fields;
    const known = expected.versions.map((version) => `${expected.group}/${version}`);
    if (kind !== expected.kind || typeof apiVersion !== 'string' || !known.includes(apiVersion)) throw new ConfigurationError(`wants ${known[0]!} ${expected.kind}, not ${String(apiVersion)} ${String(kind)}`);
    const result = build(fields, errors);
    if (errors.length > 0) throw new ConfigurationError(aggregated(errors.map(formatFieldError)));
    return result;
  } catch (error) {
    throw error instanceof ConfigurationError ? new ConfigurationError(`${configuration.source}: ${error.message}`) : error;
  }
}
