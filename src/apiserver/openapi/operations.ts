/**
 * The paths and operations of the API, independent of the dialect that prints them: what can be done at which path,
 * with which parameters, on which kind.
 */
import type { GroupVersionKind, ObjectSchema, ResourceSchema, SchemaTable, SubresourceSchema } from '../../api/schema/schema.ts';
import { deleteParameters, deleteCollectionParameters, getParameters, listParameters, nameParameter, namespaceParameter, optionParameters, patchParameters, prettyParameter, remainderParameter, writeParameters } from './parameters.ts';
import type { Parameter } from './parameters.ts';

export type Method = 'delete' | 'get' | 'head' | 'options' | 'patch' | 'post' | 'put';

export interface Operation {
  readonly method: Method;
  readonly id: string;
  readonly tag: string;
  /** x-kubernetes-action. */
  readonly action?: string;
  readonly gvk?: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  /** 'patch': any patch type; a schema: the object (or options) that is sent. */
  readonly body?: { readonly schema: ObjectSchema | 'patch'; readonly required: boolean };
  readonly result: ObjectSchema | 'string';
  /** HTTP codes of success. */
  readonly codes: readonly number[];
  readonly watchable: boolean;
  /** May a patch be a strategic merge patch? Only for built-in kinds. */
  readonly strategic: boolean;
  /** Custom resources are JSON and YAML, nothing else. */
  readonly custom?: boolean;
}

export interface PathItem {
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

const metaType = 'io.k8s.apimachinery.pkg.apis.meta.v1.';
const connectMethods: readonly Method[] = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'];
const verbOfConnectMethod: Partial<Record<Method, string>> = { delete: 'delete', get: 'get', patch: 'patch', post: 'create', put: 'update' };

/** Kinds whose deletion answers with the object rather than with a Status. */
const returnsDeleted: ReadonlySet<string> = new Set([
  'PersistentVolumeClaim', 'Pod', 'PodTemplate', 'ResourceQuota', 'ServiceAccount', 'Service', 'PersistentVolume', 'DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice',
  'DeviceTaintRule', 'ResourcePoolStatusRequest', 'CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment', 'VolumeAttributesClass',
]);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `core`, `apps`, `rbacAuthorization`: how operation ids and tags name a group. */
export function groupTag(group: string): string {
  if (group === '') return 'core';
  const [first = '', ...rest] = group.replace(/\.k8s\.io$/, '').split(/[.-]/);
  return first + rest.map(capital).join('');
}

/** The paths of one resource and of its subresources. */
export function resourcePaths(resource: ResourceSchema, table: SchemaTable): PathItem[] {
  return new ResourcePaths(resource, table).all();
}

class ResourcePaths {
  readonly #resource: ResourceSchema;
  readonly #table: SchemaTable;
  readonly #tag: string;
  /** `CoreV1`: the middle of operation ids. */
  readonly #middle: string;
  readonly #gvk: GroupVersionKind;
  readonly #base: string;
  readonly #scope: readonly Parameter[];

  /** Of the kind itself. */
  readonly #schema: ObjectSchema;
  readonly #custom: boolean;

  constructor(resource: ResourceSchema, table: SchemaTable) {
    this.#resource = resource;
    this.#custom = resource.openApi !== undefined;
    this.#schema = resource.openApi?.object ?? resource.schema;
    this.#table = table;
    const group = groupTag(resource.group);
    this.#tag = `${group}_${resource.version}`;
    this.#middle = capital(group) + capital(resource.version);
    this.#gvk = { group: resource.group, version: resource.version, kind: resource.kind };
    const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
    this.#base = resource.namespaced ? `${root}/namespaces/{namespace}/${resource.resource}` : `${root}/${resource.resource}`;
    this.#scope = resource.namespaced ? [namespaceParameter] : [];
  }

  all(): PathItem[] {
    const { verbs, namespaced, kind } = this.#resource;
    const items: PathItem[] = [];
    const suffix = namespaced ? `Namespaced${kind}` : kind;
    if (namespaced && verbs.includes('list')) {
      items.push({ path: this.#base.replace('/namespaces/{namespace}', ''), parameters: [prettyParameter], operations: [this.#list(`list${this.#middle}${kind}ForAllNamespaces`)] });
    }
    this.#push(items, this.#base, [...this.#scope, prettyParameter], [
      verbs.includes('deletecollection') && this.#deleteCollection(`delete${this.#middle}Collection${suffix}`),
      verbs.includes('list') && this.#list(`list${this.#middle}${suffix}`),
      verbs.includes('create') && this.#create(`create${this.#middle}${suffix}`, this.#schema, this.#gvk),
    ]);
    const named = `${this.#base}/{name}`;
    this.#push(items, named, [nameParameter, ...this.#scope, prettyParameter], [
      verbs.includes('delete') && this.#delete(`delete${this.#middle}${suffix}`),
      verbs.includes('get') && this.#read(`read${this.#middle}${suffix}`, this.#schema, this.#gvk),
      verbs.includes('patch') && this.#patch(`patch${this.#middle}${suffix}`, this.#schema, this.#gvk),
      verbs.includes('update') && this.#replace(`replace${this.#middle}${suffix}`, this.#schema, this.#gvk),
    ]);
    for (const sub of this.#resource.subresources) items.push(...this.#subresource(sub, suffix, `${named}/${sub.name}`));
    return items;
  }

  #push(items: PathItem[], path: string, parameters: readonly Parameter[], operations: readonly (Operation | false)[]): void {
    const present = operations.filter((operation) => operation !== false);
    if (present.length > 0) items.push({ path, parameters, operations: present });
  }

  #subresource(sub: SubresourceSchema, suffix: string, path: string): PathItem[] {
    const schema = sub.group === this.#resource.group && sub.version === this.#resource.version && sub.kind === this.#resource.kind ? this.#schema : this.#table.kind(sub.group, sub.version, sub.kind);
    if (schema === undefined) return [];
    const parameters = [nameParameter, ...this.#scope];
    const gvk = { group: sub.group, version: sub.version, kind: sub.kind };
    const id = suffix + capital(sub.name);
    if (/Options$/.test(sub.kind)) return this.#connect(sub, gvk, [...parameters, ...optionParameters(schema)], id, path);
    if (sub.name === 'log') {
      const options = this.#table.kind('', 'v1', 'PodLogOptions');
      const query = options === undefined ? [] : optionParameters(options);
      return [{ path, parameters: [...parameters, ...query, prettyParameter], operations: [this.#read(`read${this.#middle}${id}`, 'string', gvk)] }];
    }
    const items: PathItem[] = [];
    this.#push(items, path, [...parameters, prettyParameter], [
      sub.verbs.includes('get') && this.#read(`read${this.#middle}${id}`, schema, gvk),
      sub.verbs.includes('patch') && this.#patch(`patch${this.#middle}${id}`, schema, gvk),
      sub.verbs.includes('create') && this.#create(`create${this.#middle}${id}`, schema, gvk),
      sub.verbs.includes('update') && this.#replace(`replace${this.#middle}${id}`, schema, gvk),
    ]);
    return items;
  }

  #connect(sub: SubresourceSchema, gvk: GroupVersionKind, parameters: readonly Parameter[], id: string, path: string): PathItem[] {
    const proxy = sub.name === 'proxy';
    const operations = (suffix: string): Operation[] => connectMethods
      .filter((method) => proxy || sub.verbs.includes(verbOfConnectMethod[method] ?? ''))
      .map((method) => ({ ...this.#common(gvk, 'connect'), method, id: `connect${this.#middle}${capital(method)}${id}${suffix}`, parameters: [], result: 'string', codes: [200] }));
    const items: PathItem[] = [{ path, parameters, operations: operations('') }];
    if (proxy) items.push({ path: `${path}/{path}`, parameters: [...parameters, remainderParameter], operations: operations('WithPath') });
    return items;
  }

  #common(gvk: GroupVersionKind, action: string): { tag: string; action: string; gvk: GroupVersionKind; watchable: boolean; strategic: boolean; custom: boolean } {
    return { tag: this.#tag, action, gvk, watchable: false, strategic: !this.#custom && this.#table.kind(this.#gvk.group, this.#gvk.version, this.#gvk.kind) !== undefined, custom: this.#custom };
  }

  #list(id: string): Operation {
    return { ...this.#common(this.#gvk, 'list'), method: 'get', id, parameters: listParameters, result: listSchemaOf(this.#resource, this.#table), codes: [200], watchable: !this.#custom && this.#resource.verbs.includes('watch') };
  }

  #create(id: string, schema: ObjectSchema, gvk: GroupVersionKind): Operation {
    return { ...this.#common(gvk, 'post'), method: 'post', id, parameters: writeParameters, body: { schema, required: true }, result: schema, codes: [200, 201, 202] };
  }

  #replace(id: string, schema: ObjectSchema, gvk: GroupVersionKind): Operation {
    return { ...this.#common(gvk, 'put'), method: 'put', id, parameters: writeParameters, body: { schema, required: true }, result: schema, codes: [200, 201] };
  }

  #patch(id: string, schema: ObjectSchema, gvk: GroupVersionKind): Operation {
    return { ...this.#common(gvk, 'patch'), method: 'patch', id, parameters: patchParameters, body: { schema: 'patch', required: true }, result: schema, codes: this.#custom ? [200] : [200, 201] };
  }

  #read(id: string, schema: ObjectSchema | 'string', gvk: GroupVersionKind): Operation {
    return { ...this.#common(gvk, 'get'), method: 'get', id, parameters: this.#custom ? getParameters : [], result: schema, codes: [200] };
  }

  #delete(id: string): Operation {
    const result = !this.#custom && returnsDeleted.has(this.#resource.kind) ? this.#schema : this.#meta('Status');
    return { ...this.#common(this.#gvk, 'delete'), method: 'delete', id, parameters: deleteParameters, body: { schema: this.#meta('DeleteOptions'), required: false }, result, codes: [200, 202] };
  }

  #deleteCollection(id: string): Operation {
    if (this.#custom) return { ...this.#common(this.#gvk, 'deletecollection'), method: 'delete', id, parameters: listParameters, result: this.#meta('Status'), codes: [200] };
    return { ...this.#common(this.#gvk, 'deletecollection'), method: 'delete', id, parameters: deleteCollectionParameters, body: { schema: this.#meta('DeleteOptions'), required: false }, result: this.#meta('Status'), codes: [200] };
  }

  #meta(kind: string): ObjectSchema {
    return this.#table.definition(metaType + kind)!;
  }
}

/** The list type of a resource: the built-in one, or one made up for a custom resource. */
export function listSchemaOf(resource: ResourceSchema, table: SchemaTable): ObjectSchema {
  if (resource.openApi !== undefined) return resource.openApi.list;
  const builtin = table.definition(`${resource.schema.name}List`);
  if (builtin !== undefined) return builtin;
  const plain = { patchStrategy: [], listMapKeys: [] } as const;
  return {
    kind: 'object',
    name: `${resource.schema.name}List`,
    required: ['items'],
    kinds: [{ group: resource.group, version: resource.version, kind: `${resource.kind}List` }],
    fields: new Map([
      ['apiVersion', { ...plain, name: 'apiVersion', value: { kind: 'string' } }],
      ['items', { ...plain, name: 'items', value: { kind: 'list', items: resource.schema } }],
      ['kind', { ...plain, name: 'kind', value: { kind: 'string' } }],
      ['metadata', { ...plain, name: 'metadata', value: table.definition(`${metaType}ListMeta`)! }],
    ]),
  };
}

/** What stands at the roots: /api/, /apis/, /apis/G/ and each group and version. */
export function discoveryPaths(groups: readonly { readonly group: string; readonly versions: readonly { readonly version: string }[] }[], table: SchemaTable): PathItem[] {
  const item = (path: string, id: string, tag: string, kind: string): PathItem => ({
    path, parameters: [],
    operations: [{ method: 'get', id, tag, parameters: [], result: table.definition(metaType + kind)!, codes: [200], watchable: false, strategic: false }],
  });
  const items: PathItem[] = [item('/apis/', 'getAPIVersions', 'apis', 'APIGroupList')];
  for (const { group, versions } of groups) {
    const tag = groupTag(group);
    if (group === '') items.push(item('/api/', 'getCoreAPIVersions', 'core', 'APIVersions'));
    else items.push(item(`/apis/${group}/`, `get${capital(tag)}APIGroup`, tag, 'APIGroup'));
    for (const { version } of versions) items.push(item(group === '' ? `/api/${version}/` : `/apis/${group}/${version}/`, `get${capital(tag)}${capital(version)}APIResources`, `${tag}_${version}`, 'APIResourceList'));
  }
  const info = table.definition('io.k8s.apimachinery.pkg.version.Info');
  if (info !== undefined) items.push({ path: '/version/', parameters: [], operations: [{ method: 'get', id: 'getCodeVersion', tag: 'version', parameters: [], result: info, codes: [200], watchable: false, strategic: false }] });
  return items;
}
