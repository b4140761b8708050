import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { decodeObject } from '../codec/strict.ts';
import { formatFieldError } from '../field-error.ts';
import type { KubeObject } from '../meta/object.ts';
import { builtinSchema } from '../schema/table.ts';
import { definitionFor } from './registry.ts';

const context = { nowMs: Date.UTC(2026, 0, 1) };
const root = new URL('../../../', import.meta.url).pathname;

/** A manifest's object as the API server would take it in. */
function admit(value: Record<string, unknown>): string[] {
  const [group, version] = String(value['apiVersion']).includes('/') ? (String(value['apiVersion']).split('/') as [string, string]) : ['', String(value['apiVersion'])];
  const schema = builtinSchema.resources.find((one) => one.group === group && one.version === version && one.kind === value['kind']);
  if (schema === undefined) return [`no kind ${String(value['kind'])} in ${String(value['apiVersion'])}`];
  const { object, unknownFields, errors } = decodeObject(value, schema.schema);
  const definition = definitionFor(schema);
  const typed = object as unknown as KubeObject;
  typed.metadata.uid = 'u';
  if (schema.namespaced) typed.metadata.namespace ??= 'default';
  definition.applyDefaults?.(typed);
  definition.prepareForCreate?.(typed, context);
  // Addresses and ports of services are handed out by the server before it looks.
  const mine = schema.kind === 'Service' ? [] : (definition.validate?.(typed, context) ?? []).map(formatFieldError);
  return [...unknownFields, ...errors, ...mine, ...(definition.warnings?.(typed, undefined) ?? [])];
}

for (const file of globSync('examples/**/*.yaml', { cwd: root }).sort()) {
  test(`${file} is well`, () => {
    for (const document of parseAllDocuments(readFileSync(root + file, 'utf8'))) {
      const value = (document as unknown as { toJS(): Record<string, unknown> | null }).toJS();
      if (value !== null) assert.deepEqual(admit(value), []);
    }
  });
}
