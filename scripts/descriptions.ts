/**
 * Field descriptions for `kubectl explain` and OpenAPI, read from the type package that ships them (the JSDoc of
 * @kubernetes/client-node's generated models). They are upstream's prose: part of what is built, never of what is
 * committed.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { definitionNames } from '../src/api/schema/table.ts';

/** Definition name -> the type's description under the empty key, each field's under its name. */
export type DescriptionTable = Record<string, Record<string, string>>;

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `io.k8s.api.apps.v1.Deployment` is V1Deployment; where two groups share a name, the group stands before it. */
function modelNames(definition: string): string[] {
  const match = /\.([a-z]+)\.(v\w+)\.(\w+)$/.exec(definition);
  if (match === null) return [];
  const [, group = '', version = '', kind = ''] = match;
  return [`${capitalized(group)}${capitalized(version)}${kind}`, `${capitalized(version)}${kind}`];
}

function plain(comment: string): string {
  return comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '')).join('\n').trim().replaceAll('\\"', '"').replaceAll('\\\\', '\\');
}

function parseModel(text: string): Record<string, string> {
  const result: Record<string, string> = {};
  const about = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export declare class/.exec(text);
  if (about !== null) result[''] = plain(about[1]!);
  for (const [, comment, field] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*'([^']+)'\??:/g)) result[field!] = plain(comment!);
  return result;
}

/** The package says nothing of fields that refer to another type. Of these, every kind and every list of one has its metadata. */
const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
function describeMetadata(definition: string, fields: Record<string, string>): void {
  if (fields['kind'] === undefined || fields['apiVersion'] === undefined) return;
  fields['metadata'] ??= definition.endsWith('List') ? `Standard list metadata. More info: ${conventions}#types-kinds` : `Standard object's metadata. More info: ${conventions}#metadata`;
}

/** Empty where the package is not installed: then `explain` shows types without prose. */
export function collectDescriptions(root: string): DescriptionTable {
  const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');
  if (!existsSync(models)) return {};
  const known = new Set(readdirSync(models).filter((name) => name.endsWith('.d.ts')).map((name) => name.slice(0, -'.d.ts'.length)));
  const table: DescriptionTable = {};
  for (const definition of definitionNames()) {
    const model = modelNames(definition).find((name) => known.has(name));
    if (model === undefined) continue;
    const fields = parseModel(readFileSync(join(models, `${model}.d.ts`), 'utf8'));
    describeMetadata(definition, fields);
    table[definition] = fields;
  }
  return table;
}
