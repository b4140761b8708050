/**
 * Writes `src/api/schema/generated/table.ts`: every v1.36 type, field and resource in a compact text that
 * `src/api/schema/table.ts` decodes on demand (the format is described there). Names, types, numbers and rules only.
 * Beside it `older.ts`, the same for versions that v1.36 no longer serves: loaded only when one of them is turned on.
 *
 * Usage: node scripts/generate/schema.ts PATH-TO/kubernetes-1.36 PATH-TO/kubernetes-1.20
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addOlderTypes, isPayload, olderResources } from './older.ts';
import type { Definition, Field, GroupVersionKind, Resource, Schema, Swagger } from './swagger.ts';
import { bareKinds, categories, groupOrder, inlined, packageGroups, protobufToJson, shortNames } from './names.ts';

export interface Message { fields: Record<string, { type: string; id: number; rule?: string; keyType?: string }> }
interface Namespace { nested?: Record<string, Namespace>; fields?: Message['fields'] }

const scalars: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'q',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'x',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'T',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'M',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Duration': 'D',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'a0',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'a1',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'a2',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'a3',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'a4',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'a5',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': 'a6',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSON': 'a1',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrArray': 'a3',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrBool': 'a4',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1beta1.JSONSchemaPropsOrStringArray': 'a5',
};
const protobufScalars: Record<string, string> = { string: 's', bytes: 'b', bool: 't', int32: 'i', int64: 'l', double: 'n' };

/** `io.k8s.api.core.v1.Pod` <-> `k8s.io.api.core.v1.Pod`. */
const toMessage = (definition: string): string => definition.replace('io.k8s.', 'k8s.io.').replace('apiextensions-apiserver', 'apiextensions_apiserver').replace('kube-aggregator', 'kube_aggregator');
const toDefinition = (message: string): string => message.replace('k8s.io.', 'io.k8s.').replace('apiextensions_apiserver', 'apiextensions-apiserver').replace('kube_aggregator', 'kube-aggregator');

function collectMessages(namespace: Namespace, path: string, into: Map<string, Message>): Map<string, Message> {
  for (const [name, nested] of Object.entries(namespace.nested ?? {})) {
    if (nested.fields !== undefined) into.set(path + name, { fields: nested.fields });
    collectMessages(nested, `${path}${name}.`, into);
  }
  return into;
}

export class TypeTable {
  readonly definitions = new Map<string, Definition>();
  readonly #swagger: Swagger;
  readonly #messages: Map<string, Message>;
  readonly #groups: Map<string, string>;

  constructor(swagger: Swagger, messages: Map<string, Message>) {
    this.#swagger = swagger;
    this.#messages = messages;
    this.#groups = new Map(Object.entries(packageGroups));
    for (const [name, schema] of Object.entries(swagger.definitions)) {
      const match = /^io\.k8s\.api\.([a-z]+)\.v\w+\./.exec(name);
      const gvk = schema['x-kubernetes-group-version-kind'];
      if (match !== null && gvk?.length === 1) this.#groups.set(match[1]!, gvk[0]!.group);
    }
    for (const name of Object.keys(swagger.definitions)) if (scalars[name] === undefined) this.#fromSwagger(name);
    for (const name of messages.keys()) {
      const kind = this.#kindOfMessage(name);
      if (kind !== undefined) this.#fromMessage(toDefinition(name));
    }
  }

  /** A definition that the OpenAPI document lacks is a kind when it has metadata, or is known to be one. */
  #kindOfMessage(message: string): GroupVersionKind | undefined {
    const fields = this.#messages.get(message)!.fields;
    const parts = message.split('.');
    const [group, version, kind] = parts.slice(-3) as [string, string, string];
    const meta = /(ObjectMeta|ListMeta)$/.test(fields['metadata']?.type ?? '');
    if (message.includes('testapigroup') || (!meta && !bareKinds.has(kind) && !(group === 'imagepolicy' && kind === 'ImageReview'))) return undefined;
    if (kind === 'PodSignature' || kind.startsWith('PartialObjectMetadata')) return group === 'meta' ? { group: 'meta.k8s.io', version, kind } : undefined;
    if (group === 'meta') return kind === 'TableOptions' ? { group: 'meta.k8s.io', version, kind } : { group: '', version: 'v1', kind };
    const name = this.#groups.get(group);
    // PodTemplateSpec and the like carry metadata without being kinds.
    return name === undefined || kind.endsWith('TemplateSpec') || kind === 'PersistentVolumeClaimTemplate' ? undefined : { group: name, version, kind };
  }

  /** Protobuf tags by JSON name; a field of an inlined struct has the tags of its wrappers before its own. */
  #tags(message: string): Map<string, { tag: string; field: Message['fields'][string]; scope: string }> {
    const tags = new Map<string, { tag: string; field: Message['fields'][string]; scope: string }>();
    for (const [name, field] of Object.entries(this.#messages.get(message)?.fields ?? {})) {
      if (inlined.has(name) && protobufScalars[field.type] === undefined) {
        for (const [inner, value] of this.#tags(this.#resolve(field.type, message))) tags.set(inner, { ...value, tag: `${field.id}.${value.tag}` });
      } else tags.set(this.#jsonName(message, name), { tag: String(field.id), field, scope: message });
    }
    return tags;
  }

  #jsonName(message: string, name: string): string {
    if (message.endsWith('.JSONSchemaProps') && (name === 'ref' || name === 'schema')) return `$${name}`;
    return protobufToJson[name] ?? name;
  }

  #resolve(type: string, scope: string): string {
    return type.startsWith('.') ? type.slice(1) : `${scope.slice(0, scope.lastIndexOf('.'))}.${type}`;
  }

  #fromSwagger(name: string): void {
    const schema = this.#swagger.definitions[name]!;
    const tags = this.#tags(toMessage(name));
    const fields = Object.entries(schema.properties ?? {}).map(([property, value]): Field => {
      if (value.default !== undefined) throw new Error(`${name}.${property} has a default: the table has no place for it`);
      const tag = tags.get(property);
      if (tag === undefined && this.#messages.has(toMessage(name)) && property !== 'kind' && property !== 'apiVersion') throw new Error(`${name}.${property} has no protobuf tag`);
      const duration = tag?.field.type.endsWith('meta.v1.Duration') === true;
      const strategies = value['x-kubernetes-patch-strategy']?.split(',') ?? [];
      const flags = [
        schema.required?.includes(property) === true ? 'r' : '',
        ...strategies.map((strategy) => ({ merge: 'm', replace: 'p', retainKeys: 'k' })[strategy]!),
        { atomic: 'A', set: 'S', map: 'L', none: '' }[value['x-kubernetes-list-type'] ?? 'none']!,
        { granular: 'g', atomic: 'c', none: '' }[value['x-kubernetes-map-type'] ?? 'none']!,
      ].join('');
      return { name: property, type: duration ? 'D' : this.typeOfSwagger(value), tag: tag?.tag ?? '', flags, mergeKey: value['x-kubernetes-patch-merge-key'] ?? '', mapKeys: (value['x-kubernetes-list-map-keys'] ?? []).join('+') };
    });
    const kinds = schema['x-kubernetes-group-version-kind'] ?? [];
    this.definitions.set(name, { name, kinds: kinds.length > 1 ? kinds.filter((kind) => kind.group === '') : kinds, mapType: { granular: 'g', atomic: 'c', none: '' }[schema['x-kubernetes-map-type'] ?? 'none']!, fields });
  }

  typeOfSwagger(schema: Schema): string {
    if (schema.$ref !== undefined) {
      const name = schema.$ref.replace('#/definitions/', '');
      return scalars[name] ?? `@${name}`;
    }
    if (schema.items !== undefined) return `[${this.typeOfSwagger(schema.items)}`;
    if (schema.additionalProperties !== undefined) return `{${this.typeOfSwagger(schema.additionalProperties)}`;
    switch (schema.type) {
      case 'string': return schema.format === 'byte' ? 'b' : 's';
      case 'integer': return schema.format === 'int32' ? 'i' : 'l';
      case 'number': return 'n';
      case 'boolean': return 't';
      default: return 'a';
    }
  }

  #fromMessage(name: string): void {
    if (this.definitions.has(name) || scalars[name] !== undefined) return;
    const kind = this.#kindOfMessage(toMessage(name));
    const definition: Definition = { name, kinds: kind === undefined ? [] : [kind], mapType: '', fields: [] };
    this.definitions.set(name, definition);
    if (kind !== undefined) for (const property of ['apiVersion', 'kind']) definition.fields.push({ name: property, type: 's', tag: '', flags: '', mergeKey: '', mapKeys: '' });
    for (const [property, { tag, field, scope }] of this.#tags(toMessage(name))) {
      const one = this.#typeOfMessageField(field.type, scope);
      const type = field.keyType !== undefined ? `{${one}` : field.rule === 'repeated' ? `[${one}` : one;
      definition.fields.push({ name: property, type, tag, flags: '', mergeKey: '', mapKeys: '' });
    }
    definition.fields.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #typeOfMessageField(type: string, scope: string): string {
    const scalar = protobufScalars[type];
    if (scalar !== undefined) return scalar;
    const message = this.#resolve(type, scope);
    const fields = Object.entries(this.#messages.get(message)?.fields ?? {});
    // ExtraValue and Verbs: protobuf cannot repeat inside a map, so Go wraps the list in a message.
    if (fields.length === 1 && fields[0]![0] === 'items' && fields[0]![1].type === 'string') return '[s';
    const definition = toDefinition(message);
    const special = scalars[definition];
    if (special !== undefined) return special;
    this.#fromMessage(definition);
    return `@${definition}`;
  }

  /** The definitions in `names` as text; those that they name are there too, or in another text: `=NAME`. */
  encode(names: readonly string[]): string {
    const index = new Map(names.map((name, at) => [name, at.toString(36)]));
    return names.map((name) => {
      const { kinds, mapType, fields } = this.definitions.get(name)!;
      const kind = kinds[0] === undefined ? '' : `${kinds[0].group}/${kinds[0].version}/${kinds[0].kind}`;
      const texts = fields.map((field) => {
        const type = field.type.replace(/@(.*)$/, (_, target: string) => {
          const at = index.get(target);
          if (at === undefined && !this.definitions.has(target)) throw new Error(`${name}.${field.name} refers to ${target}, which is not there`);
          return at === undefined ? `=${shortName(target)}` : `@${at}`;
        });
        return [field.name, type, field.tag, field.flags, field.mergeKey, field.mapKeys].join(':').replace(/:+$/, '');
      });
      return [shortName(name), kind, mapType, ...texts].join('\t');
    }).join('\n');
  }
}

const shortName = (name: string): string => name.replace(/^io\.k8s\.api\./, '+');

const verbLetters: Record<string, string> = { create: 'c', delete: 'd', deletecollection: 'D', get: 'g', list: 'l', patch: 'p', update: 'u', watch: 'w' };
const verbOfAction: Record<string, string> = { post: 'create', put: 'update', patch: 'patch', get: 'get', list: 'list', delete: 'delete', deletecollection: 'deletecollection' };
const verbOfConnect: Record<string, string> = { post: 'create', put: 'update', patch: 'patch', get: 'get', delete: 'delete' };

/** GA before beta before alpha, higher before lower: apimachinery's version.CompareKubeAwareVersionStrings. */
function versionRank(version: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)!;
  return (stage === undefined ? 2 : stage === 'beta' ? 1 : 0) * 1e6 + Number(major) * 1e3 + Number(minor ?? 0);
}

export function collectResources(swagger: Swagger): Resource[] {
  const resources = new Map<string, Resource>();
  for (const [path, operations] of Object.entries(swagger.paths)) {
    const match = /^\/(?:api|apis\/([^/]+))\/(v[^/]+)\/(watch\/)?(namespaces\/\{namespace\}\/)?([a-z]+)(?:\/(\{name\})(?:\/([a-z]+))?)?$/.exec(path);
    if (match === null) continue;
    const [, group = '', version, watch, scope, resource, , subresource] = match as unknown as [string, string | undefined, string, string?, string?, string?, string?, string?];
    const key = `${group}/${version}/${resource}`;
    for (const [method, operation] of Object.entries(operations)) {
      const gvk = operation['x-kubernetes-group-version-kind'];
      if (gvk === undefined) continue;
      let entry = resources.get(key);
      if (entry === undefined) resources.set(key, (entry = { group, version, resource: resource!, namespaced: false, kind: '', verbs: new Set(), subresources: new Map() }));
      if (scope !== undefined) entry.namespaced = true;
      if (subresource === undefined) {
        entry.kind = gvk.kind;
        const verb = watch === undefined ? verbOfAction[operation['x-kubernetes-action'] ?? ''] : 'watch';
        if (verb !== undefined) entry.verbs.add(verb);
      } else {
        let sub = entry.subresources.get(subresource);
        if (sub === undefined) entry.subresources.set(subresource, (sub = { verbs: new Set(), gvk }));
        const verb = operation['x-kubernetes-action'] === 'connect' ? verbOfConnect[method] : verbOfAction[operation['x-kubernetes-action'] ?? ''];
        if (verb !== undefined) sub.verbs.add(verb);
      }
    }
  }
  const rank = (group: string): number => (groupOrder.includes(group) ? groupOrder.indexOf(group) : groupOrder.length);
  return [...resources.values()].sort((a, b) => rank(a.group) - rank(b.group) || versionRank(b.version) - versionRank(a.version) || (a.resource < b.resource ? -1 : 1));
}

/** Every definition that is reached from `roots`, sorted by name. */
function reachable(definitions: ReadonlyMap<string, Definition>, roots: Iterable<string>): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const { type } of definitions.get(name)!.fields) {
      const target = /@(.*)$/.exec(type)?.[1];
      if (target !== undefined) visit(target);
    }
  };
  for (const root of roots) visit(root);
  return [...found].sort();
}

/** The hash of the group, version and kind that the resource is stored as: upstream's discovery.StorageVersionHash. */
export function storageVersionHash(resource: Resource, all: readonly Resource[]): string {
  if (!resource.verbs.has('watch')) return '';
  const preferred = resource.resource === 'events' ? { group: '', version: 'v1' } : all.find((other) => other.group === (resource.home ?? resource.group) && other.resource === resource.resource) ?? resource;
  return createHash('sha256').update(`${preferred.group}/${preferred.version}/${resource.kind}`).digest().subarray(0, 8).toString('base64');
}

export function encodeResources(resources: readonly Resource[], stored: readonly Resource[]): string {
  const letters = (verbs: Set<string>): string => [...verbs].sort().map((verb) => verbLetters[verb]!).join('');
  return resources.map((entry) => {
    const subresources = [...entry.subresources].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { verbs, gvk }]) => {
      const own = gvk.group === entry.group && gvk.version === entry.version && gvk.kind === entry.kind;
      return `${name}:${letters(verbs)}${own ? '' : `:${gvk.group}/${gvk.version}/${gvk.kind}`}`;
    });
    return [entry.group, entry.version, entry.resource, entry.kind, entry.namespaced ? 'n' : 'c', (shortNames[entry.resource] ?? []).join(','), (categories[entry.resource] ?? []).join(','), letters(entry.verbs), storageVersionHash(entry, stored), ...subresources].join('\t');
  }).join('\n');
}

/** Generates both tables from folders that hold upstream's swagger.json and protobuf.json, and the swagger.json of v1.20. */
export function generateSchema(folder: string, olderFolder: string): string {
  const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const swagger = read(join(folder, 'swagger.json')) as Swagger;
  const messages = collectMessages(read(join(folder, 'protobuf.json')) as Namespace, '', new Map());
  const types = new TypeTable(swagger, messages);
  addOlderTypes(types.definitions, read(join(olderFolder, 'swagger.json')) as Swagger, { typeOf: (schema) => types.typeOfSwagger(schema), scalars });
  const resources = collectResources(swagger);

  const older = olderResources(resources);
  const payload = [...types.definitions.values()].filter(({ name, kinds }) => kinds.length > 0 && !(name in swagger.definitions) && isPayload(name)).map(({ name }) => name);
  const main = reachable(types.definitions, [...Object.keys(swagger.definitions).filter((name) => types.definitions.has(name)), ...payload]);
  const inMain = new Set(main);
  const others = reachable(types.definitions, [...types.definitions.values()].filter(({ kinds }) => kinds.length > 0).map(({ name }) => name)).filter((name) => !inMain.has(name));

  const literal = (text: string): string => `\`${text.replace(/[\\`$]/g, '\\$&')}\``;
  const output = join(import.meta.dirname, '../../src/api/schema/generated');
  mkdirSync(output, { recursive: true });
  const write = (file: string, from: string, typeNames: readonly string[], lines: string): void => writeFileSync(join(output, file), `// Generated by scripts/generate/schema.ts from ${from}. Do not edit. The format: ../table.ts.
export const types: string = ${literal(types.encode(typeNames))};

export const resources: string = ${literal(lines)};
`);
  write('table.ts', 'the Kubernetes v1.36 API', main, encodeResources(resources, resources));
  write('older.ts', 'the Kubernetes APIs up to v1.20', others, encodeResources(older, resources));
  return `${main.length} types, ${resources.length} resources; of older versions ${others.length} types, ${older.length} resources`;
}

if (import.meta.main) {
  const [folder, olderFolder] = process.argv.slice(2);
  if (folder === undefined || olderFolder === undefined) throw new Error('usage: generate/schema.ts FOLDER (with swagger.json and protobuf.json) OLDER-FOLDER (with swagger.json)');
  console.log(generateSchema(folder, olderFolder));
}
