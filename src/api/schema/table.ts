/**
 * The built-in schema: decodes the generated table on demand.
 *
 * A line of `types` is one definition, its columns parted by tabs: name (`+` stands for `io.k8s.api.`), kind as
 * `group/version/Kind`, map type (`c` atomic, `g` granular), then one column a field:
 * `name:type:tag:flags:mergeKey:mapKeys`, trailing empty parts left out.
 * - type: s string, b bytes, i int32, l int64, n number, t boolean, q quantity, x int-or-string, T time, M micro time,
 *   D duration, a any (with the place in `anyDefinitions`), `[` list of, `{` map of, `@` the line of a definition, base 36,
 *   `=` the name of a definition in the table of v1.36 (in the table of older versions, which is loaded on demand).
 * - tag: the protobuf field number, after those of the messages that JSON inlines (`2.1`).
 * - flags: r required; m merge, p replace, k retainKeys; A atomic, S set, L map; g granular, c atomic.
 * - mapKeys: joined by `+`.
 *
 * A line of `resources`: group, version, resource, kind, n(amespaced) or c(luster), short names, categories, verbs as
 * letters, storage version hash, then one column a subresource: `name:verbs` and `:group/version/Kind` where it is not the parent's.
 */
import { resources as resourceText, types as typeText } from './generated/table.ts';
import type { AnySchema, FieldSchema, GroupVersionKind, ListType, ObjectSchema, ResourceSchema, ScalarSchema, SchemaTable, SubresourceSchema, ValueSchema } from './schema.ts';

const scalarKinds: Record<string, ScalarSchema['kind']> = {
  s: 'string', b: 'bytes', i: 'int32', l: 'int64', n: 'number', t: 'boolean', q: 'quantity', x: 'int-or-string', T: 'time', M: 'micro-time', D: 'duration',
};
const scalarSchemas = new Map(Object.entries(scalarKinds).map(([letter, kind]): [string, ScalarSchema] => [letter, { kind }]));
const anyDefinitions = [
  'io.k8s.apimachinery.pkg.runtime.RawExtension',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch',
];
const anySchemas: readonly AnySchema[] = anyDefinitions.map((definition) => ({ kind: 'any', definition }));
const plainAny: AnySchema = { kind: 'any' };
const strategies = { m: 'merge', p: 'replace', k: 'retainKeys' } as const;
const listTypes: Record<string, ListType> = { A: 'atomic', S: 'set', L: 'map' };
const mapTypes = { g: 'granular', c: 'atomic' } as const;
const none: readonly never[] = [];

function parseKind(text: string): GroupVersionKind {
  const [group = '', version = '', kind = ''] = text.split('/');
  return { group, version, kind };
}

class Definitions {
  readonly lines: readonly string[];
  readonly #others: Definitions | undefined;
  readonly #byLine: (ObjectSchema | undefined)[] = [];
  readonly #lineOfName = new Map<string, number>();
  readonly #lineOfKind = new Map<string, number>();

  /** `others`: where names are looked up that the text does not define itself. */
  constructor(text: string, others?: Definitions) {
    this.lines = text.split('\n');
    this.#others = others;
    for (let at = 0; at < this.lines.length; at++) {
      const line = this.lines[at]!;
      const end = line.indexOf('\t');
      this.#lineOfName.set(expandName(line.slice(0, end)), at);
      const kind = line.slice(end + 1, line.indexOf('\t', end + 1));
      if (kind !== '') this.#lineOfKind.set(kind, at);
    }
  }

  names(): Iterable<string> {
    return this.#lineOfName.keys();
  }

  byName(name: string): ObjectSchema | undefined {
    const at = this.#lineOfName.get(name);
    return at === undefined ? undefined : this.byLine(at);
  }

  byKind(group: string, version: string, kind: string): ObjectSchema | undefined {
    const at = this.#lineOfKind.get(`${group}/${version}/${kind}`) ?? (everyGroupKinds.has(kind) ? this.#lineOfKind.get(`/v1/${kind}`) : undefined);
    return at === undefined ? undefined : this.byLine(at);
  }

  byLine(at: number): ObjectSchema {
    return (this.#byLine[at] ??= this.#parse(this.lines[at]!));
  }

  #parse(line: string): ObjectSchema {
    const [name = '', kind = '', mapType = '', ...columns] = line.split('\t');
    const fields = new Map<string, FieldSchema>();
    const required: string[] = [];
    for (const column of columns) {
      const field = this.#parseField(column);
      fields.set(field.name, field);
      if (column.split(':')[3]?.includes('r') === true) required.push(field.name);
    }
    return {
      kind: 'object', name: expandName(name), fields, required,
      ...(mapType !== '' && { mapType: mapTypes[mapType as keyof typeof mapTypes] }),
      ...(kind !== '' && { kinds: [parseKind(kind)] }),
    };
  }

  #parseField(column: string): FieldSchema {
    const [name = '', type = '', tags = '', flags = '', mergeKey = '', mapKeys = ''] = column.split(':');
    const tagPath = tags === '' ? none : tags.split('.').map(Number);
    const patchStrategy: ('merge' | 'replace' | 'retainKeys')[] = [];
    let listType: ListType | undefined;
    let mapType: 'granular' | 'atomic' | undefined;
    for (const flag of flags) {
      if (flag in strategies) patchStrategy.push(strategies[flag as keyof typeof strategies]);
      else if (flag in listTypes) listType = listTypes[flag];
      else if (flag in mapTypes) mapType = mapTypes[flag as keyof typeof mapTypes];
    }
    const parse = (): ValueSchema => this.#parseType(type);
    let value: ValueSchema | undefined;
    return {
      name,
      get value(): ValueSchema { return (value ??= parse()); },
      ...(tagPath.length > 0 && { tag: tagPath.at(-1)! }),
      ...(tagPath.length > 1 && { wrappers: tagPath.slice(0, -1) }),
      patchStrategy: patchStrategy.length === 0 ? none : patchStrategy,
      ...(mergeKey !== '' && { patchMergeKey: mergeKey }),
      ...(listType !== undefined && { listType }),
      listMapKeys: mapKeys === '' ? none : mapKeys.split('+'),
      ...(mapType !== undefined && { mapType }),
    };
  }

  #parseType(type: string): ValueSchema {
    switch (type[0]) {
      case '[': return { kind: 'list', items: this.#parseType(type.slice(1)) };
      case '{': return { kind: 'map', values: this.#parseType(type.slice(1)) };
      case '=': return this.#others!.byName(expandName(type.slice(1)))!;
      case '@': return this.byLine(Number.parseInt(type.slice(1), 36));
      case 'a': return anySchemas[Number(type.slice(1) || '-1')] ?? plainAny;
      default: return scalarSchemas.get(type)!;
    }
  }
}

/** Kinds of meta/v1 that every group and version knows. */
const everyGroupKinds: ReadonlySet<string> = new Set(['CreateOptions', 'DeleteOptions', 'GetOptions', 'ListOptions', 'PatchOptions', 'UpdateOptions', 'WatchEvent', 'Status', 'APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList']);

const expandName = (name: string): string => (name.startsWith('+') ? `io.k8s.api.${name.slice(1)}` : name);

const verbNames: Record<string, string> = { c: 'create', d: 'delete', D: 'deletecollection', g: 'get', l: 'list', p: 'patch', u: 'update', w: 'watch' };
const parseVerbs = (letters: string): readonly string[] => Array.from(letters, (letter) => verbNames[letter]!);
const parseList = (text: string): readonly string[] => (text === '' ? none : text.split(','));

function parseResource(line: string, definitions: () => Definitions): ResourceSchema {
  const [group = '', version = '', resource = '', kind = '', scope, shortNames = '', categories = '', verbs = '', storageVersionHash = '', ...subresources] = line.split('\t');
  let schema: ObjectSchema | undefined;
  return {
    group, version, resource, kind,
    singular: kind.toLowerCase(),
    namespaced: scope === 'n',
    shortNames: parseList(shortNames),
    categories: parseList(categories),
    verbs: parseVerbs(verbs),
    subresources: subresources.map((text): SubresourceSchema => {
      const [name = '', subVerbs = '', other] = text.split(':');
      return { name, verbs: parseVerbs(subVerbs), ...(other === undefined ? { group, version, kind } : parseKind(other)) };
    }),
    ...(storageVersionHash !== '' && { storageVersionHash }),
    get schema(): ObjectSchema { return (schema ??= definitions().byKind(group, version, kind)!); },
  };
}

class BuiltinSchema implements SchemaTable {
  #definitions: Definitions | undefined;
  #resources: readonly ResourceSchema[] | undefined;
  #byResource: Map<string, ResourceSchema> | undefined;

  #older: Definitions | undefined;

  readonly #open = (): Definitions => (this.#definitions ??= new Definitions(typeText));

  get resources(): readonly ResourceSchema[] {
    return (this.#resources ??= resourceText.split('\n').map((line) => parseResource(line, this.#open)));
  }

  definition(name: string): ObjectSchema | undefined {
    return this.#open().byName(name) ?? this.#older?.byName(name);
  }

  kind(group: string, version: string, kind: string): ObjectSchema | undefined {
    return this.#open().byKind(group, version, kind) ?? this.#older?.byKind(group, version, kind);
  }

  /** Makes the types of older versions known, once and for all servers of the process. Returns their resources. */
  addOlder(older: { readonly types: string; readonly resources: string }): readonly ResourceSchema[] {
    this.#older ??= new Definitions(older.types, this.#open());
    const definitions = this.#older;
    return older.resources.split('\n').map((line) => parseResource(line, () => definitions));
  }

  resource(group: string, version: string, resource: string): ResourceSchema | undefined {
    this.#byResource ??= new Map(this.resources.map((entry) => [`${entry.group}/${entry.version}/${entry.resource}`, entry]));
    return this.#byResource.get(`${group}/${version}/${resource}`);
  }

  definitionNames(): Iterable<string> {
    return this.#open().names();
  }
}

const table = new BuiltinSchema();

/** Every type and resource of Kubernetes v1.36. Nothing is decoded before it is asked for. */
export const builtinSchema: SchemaTable = table;

/**
 * The resources of API versions that Kubernetes v1.36 no longer serves, up to those of v1.20. Their table is read when
 * this is first asked for; from then on `builtinSchema` knows their types, though not their resources.
 */
export function loadOlderResources(): Promise<readonly ResourceSchema[]> {
  return (olderResources ??= import('./generated/older.ts').then((older) => table.addOlder(older)));
}

let olderResources: Promise<readonly ResourceSchema[]> | undefined;

/** The OpenAPI names of all built-in definitions of v1.36, among them those of payloads that no resource serves. */
export const definitionNames = (): Iterable<string> => table.definitionNames();

/** True when upstream serves the resource unless told otherwise: stable versions only; beta and alpha need runtime-config. */
export function servedByDefault(resource: { readonly version: string }): boolean {
  return /^v\d+$/.test(resource.version);
}
