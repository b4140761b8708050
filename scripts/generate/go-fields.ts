/**
 * Writes `src/api/schema/generated/go-fields.ts`: what Go's JSON says of a field that is empty, which neither OpenAPI
 * nor protobuf tell. Managed fields are computed from what Go would write (the format is described in
 * `src/api/schema/go-fields.ts`).
 *
 * Usage: node scripts/generate/go-fields.ts FOLDER, which holds kubernetes/api, apimachinery, apiextensions-apiserver
 * and kube-aggregator of the release, each under its name.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtinSchema, definitionNames } from '../../src/api/schema/table.ts';

interface GoField { readonly json: string; readonly type: string; readonly options: readonly string[]; readonly default: string | undefined }
interface GoStruct { readonly fields: readonly GoField[]; readonly inlined: readonly string[] }

/** The structs of one Go package by name. */
export function parsePackage(folder: string): Map<string, GoStruct> {
  const structs = new Map<string, GoStruct>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go') && !name.startsWith('zz_') && !name.endsWith('.pb.go'))) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, name, body] of text.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) structs.set(name!, parseStruct(body!));
    // `type ProbeHandler = Handler` and `type A B` have the fields of the other.
    for (const [, name, other] of text.matchAll(/^type (\w+) =? ?([A-Z]\w+)$/gm)) {
      const target = structs.get(other!);
      if (target !== undefined) structs.set(name!, target);
    }
  }
  return structs;
}

function parseStruct(body: string): GoStruct {
  const fields: GoField[] = [];
  const inlined: string[] = [];
  let fallback: string | undefined;
  for (const line of body.split('\n')) {
    const marker = /^\s*\/\/ \+default=(.*)$/.exec(line);
    if (marker !== null) fallback = marker[1];
    const field = /^\s+(?:(\w+)\s+)?([*[\]\w.]+)\s+`(?:.*\s)?json:"([^"]*)".*`/.exec(line);
    if (field === null) continue;
    const [json = '', ...options] = field[3]!.split(',');
    if (json === '' || options.includes('inline')) inlined.push(field[2]!.replace('*', ''));
    else if (json !== '-') fields.push({ json, type: field[2]!, options, default: fallback });
    fallback = undefined;
  }
  return { fields, inlined };
}

/** The fields of a struct, and of what is inlined into it. */
export function* allFields(struct: GoStruct, structs: ReadonlyMap<string, GoStruct>): Generator<GoField> {
  yield* struct.fields;
  for (const name of struct.inlined) {
    const inner = structs.get(name);
    if (inner !== undefined) yield* allFields(inner, structs);
  }
}

const folders: readonly (readonly [RegExp, (match: RegExpExecArray) => string])[] = [
  [/^io\.k8s\.api\.(\w+)\.(\w+)\.\w+$/, ([, group, version]) => `api/${group}/${version}`],
  [/^io\.k8s\.apimachinery\.pkg\.apis\.meta\.v1\.\w+$/, () => 'apimachinery/pkg/apis/meta/v1'],
  [/^io\.k8s\.apiextensions-apiserver\.pkg\.apis\.apiextensions\.(\w+)\.\w+$/, ([, version]) => `apiextensions-apiserver/pkg/apis/apiextensions/${version}`],
  [/^io\.k8s\.kube-aggregator\.pkg\.apis\.apiregistration\.(\w+)\.\w+$/, ([, version]) => `kube-aggregator/pkg/apis/apiregistration/${version}`],
];

function encode(root: string): string[] {
  const packages = new Map<string, Map<string, GoStruct>>();
  const lines: string[] = [];
  for (const name of definitionNames()) {
    const found = folders.map(([pattern, folder]) => [pattern.exec(name), folder] as const).find(([match]) => match !== null);
    // What is never stored has no managed fields.
    if (found === undefined || /(?:List|Options|Review)$/.test(name)) continue;
    const folder = join(root, found[1](found[0]!));
    if (!existsSync(folder)) continue;
    let structs = packages.get(folder);
    if (structs === undefined) packages.set(folder, (structs = parsePackage(folder)));
    const struct = structs.get(name.slice(name.lastIndexOf('.') + 1));
    if (struct === undefined) continue;
    const schema = builtinSchema.definition(name)!;
    const texts: string[] = [];
    for (const field of allFields(struct, structs)) {
      const kind = schema.fields.get(field.json)?.value.kind;
      if (kind === undefined || field.json === 'kind' || field.json === 'apiVersion') continue;
      const pointer = field.type.startsWith('*');
      const omits = field.options.includes('omitempty') || field.options.includes('omitzero');
      // To `omitempty` a struct is never empty.
      const struct = !pointer && !['string', 'bytes', 'int32', 'int64', 'number', 'boolean', 'list', 'map'].includes(kind);
      const always = !omits || (struct && !field.options.includes('omitzero'));
            if (always) texts.push(`${pointer ? '*' : ''}${field.json}`);
      else if (pointer && !['object', 'list', 'map'].includes(kind)) texts.push(`^${field.json}`);
      else if (field.default?.startsWith('"') === true) texts.push(`~${field.json}=${JSON.parse(field.default) as string}`);
    }
    if (texts.length > 0) lines.push(`${name.replace(/^io\.k8s\.api\./, '+')}\t${texts.join(' ')}`);
  }
  return lines;
}

if (import.meta.main) {
  const [root] = process.argv.slice(2);
  if (root === undefined) throw new Error('usage: generate/go-fields.ts FOLDER (with api, apimachinery, apiextensions-apiserver and kube-aggregator)');
  const lines = encode(root);
  writeFileSync(join(import.meta.dirname, '../../src/api/schema/generated/go-fields.ts'), `// Generated by scripts/generate/go-fields.ts from the Kubernetes v1.36 API. Do not edit. The format: ../go-fields.ts.
export const goFields: string = \`${lines.join('\n')}\`;
`);
  console.log(`${lines.length} types`);
}
