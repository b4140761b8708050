import type { ResourceSchema, SchemaTable } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { ForeignApis, ForeignOpenApiPart, ForeignSwagger } from '../aggregation/foreign-apis.ts';
import { noForeignApis } from '../aggregation/foreign-apis.ts';
import { accepts, parseAccept } from '../discovery/accept.ts';
import type { EncodedDocument } from '../discovery/discovery.ts';
import { notAcceptable, sameList } from '../discovery/discovery.ts';
import { groupResources } from '../discovery/documents.ts';
import { contentHash } from '../discovery/hash.ts';
import type { Descriptions } from './definitions.ts';
import { encodeSwagger } from './gnostic.ts';
import type { PathItem } from './operations.ts';
import { discoveryPaths, resourcePaths } from './operations.ts';
import { withForeignSwagger } from './foreign-swagger.ts';
import type { DocumentOptions, Swagger } from './v2.ts';
import { isWritten } from './written-schema.ts';
import { swaggerDocument } from './v2.ts';
import { openApiV3Document } from './v3.ts';

export interface OpenApiOptions {
  /** Where definitions are looked up that no resource names: Status, DeleteOptions, Scale … Default: the built-in table. */
  readonly table?: SchemaTable;
  /** The version of Kubernetes that the documents state, e.g. `v1.36.0`. */
  readonly version?: string;
  readonly descriptions?: Descriptions;
  /** What other servers serve. Default nothing. */
  readonly foreign?: ForeignApis;
}

const encoder = new TextEncoder();
const protobufTypes = ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'];
/** Part of every hash in the v3 index. Raise it when the same resources come to be described in another way: clients cache by hash. */
const generation = '2';

/** One document of v3. */
interface Part {
  readonly members: readonly ResourceSchema[];
  items(): readonly PathItem[];
}

/**
 * Serves /openapi/v2, /openapi/v3 and the documents that the latter lists. Nothing is made before it is asked for, and
 * what has been made is kept, encoded, until the list of resources changes.
 */
export class OpenApi {
  readonly #resources: () => readonly ResourceSchema[];
  readonly #options: DocumentOptions;
  readonly #foreign: ForeignApis;
  #seen: readonly ResourceSchema[] = [];
  #seenForeign: readonly ForeignSwagger[] = [];
  #seenParts: readonly ForeignOpenApiPart[] = [];
  readonly #documents = new Map<string, EncodedDocument>();
  #parts: ReadonlyMap<string, Part> = new Map();

  /** Asks `resources` at each request; that it answers an equal list again is what keeps the documents. */
  constructor(resources: () => readonly ResourceSchema[], options: OpenApiOptions = {}) {
    this.#resources = resources;
    this.#foreign = options.foreign ?? noForeignApis;
    this.#options = {
      table: options.table ?? builtinSchema,
      version: options.version ?? 'v1.36.0',
      ...(options.descriptions !== undefined && { descriptions: options.descriptions }),
    };
  }

  /** Undefined for a path that names no document. The query (`?hash=`) is not part of the path. */
  respond(path: string, accept: string): EncodedDocument | undefined {
    this.#refresh();
    if (path === '/openapi/v2') return this.#v2(accept);
    if (path !== '/openapi/v3' && !path.startsWith('/openapi/v3/')) return undefined;
    const name = path.slice('/openapi/v3'.length).replace(/^\/|\/$/g, '');
    const part = this.#parts.get(name);
    if (name !== '' && part === undefined) return undefined;
    if (!parseAccept(accept).some((entry) => accepts(entry, 'application/json'))) return notAcceptable;
    return this.#document(path, 'application/json', () => encoder.encode(JSON.stringify(part === undefined ? this.#index() : openApiV3Document(part.items(), this.#options))));
  }

  #v2(accept: string): EncodedDocument {
    for (const entry of parseAccept(accept)) {
      if (protobufTypes.includes(entry.type)) return this.#document('v2 protobuf', protobufTypes[1]!, () => encodeSwagger(this.#swagger()));
      if (accepts(entry, 'application/json')) return this.#document('v2 json', 'application/json', () => encoder.encode(JSON.stringify(this.#swagger())));
    }
    return notAcceptable;
  }

  #swagger(): Swagger {
    return withForeignSwagger(swaggerDocument(this.#seen, this.#options), this.#foreign.swagger);
  }

  #document(key: string, contentType: string, make: () => Uint8Array): EncodedDocument {
    let document = this.#documents.get(key);
    if (document === undefined) {
      const body = make();
      this.#documents.set(key, (document = { code: 200, contentType, body, etag: `"${contentHash(body)}"` }));
    }
    return document;
  }

  /** What /openapi/v3 says: a URL for each document, which changes when the document does. */
  #index(): object {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    const urls = new Map([...this.#parts].map(([name, part]) => [name, `/openapi/v3/${name}?hash=${this.#hashOf(name, part)}`]));
    for (const { name, serverRelativeUrl } of this.#foreign.openApiParts) urls.set(name, serverRelativeUrl);
    for (const [name, serverRelativeURL] of [...urls].sort(([a], [b]) => (a < b ? -1 : 1))) paths[name] = { serverRelativeURL };
    return { paths };
  }

  /** Built-in types never change while the program runs, so their names will do; documents of other types are made and hashed. */
  #hashOf(name: string, { members }: Part): string {
    const { table, version, descriptions } = this.#options;
    const stamps = members.map(({ openApi }) => (openApi !== undefined && isWritten(openApi.object) ? openApi.object.stamp : undefined));
    if (stamps.length > 0 && stamps.every((stamp) => stamp !== undefined)) return contentHash(encoder.encode([generation, version, name, String(descriptions !== undefined), ...stamps].join(' ')));
    if (members.every((resource) => resource.openApi === undefined && table.definition(resource.schema.name) === resource.schema)) {
      const names = members.map((resource) => [resource.resource, ...resource.verbs, ...resource.subresources.map((sub) => sub.name)].join());
      return contentHash(encoder.encode([generation, version, name, String(descriptions !== undefined), ...names].join(' ')));
    }
    return this.respond(`/openapi/v3/${name}`, '')!.etag.slice(1, -1);
  }

  #refresh(): void {
    const now = this.#resources();
    const { swagger, openApiParts } = this.#foreign;
    if (sameList(now, this.#seen)) {
      // Documents of this server's own do not change with those of others.
      if (swagger !== this.#seenForeign) for (const key of ['v2 json', 'v2 protobuf']) this.#documents.delete(key);
      if (openApiParts !== this.#seenParts) this.#documents.delete('/openapi/v3');
      this.#seenForeign = swagger;
      this.#seenParts = openApiParts;
      return;
    }
    this.#seen = now;
    this.#seenForeign = swagger;
    this.#seenParts = openApiParts;
    this.#documents.clear();
    const { table } = this.#options;
    const groups = groupResources(now);
    const roots = new Map(discoveryPaths(groupResources(now.filter(({ openApi }) => openApi === undefined)), table).map((item) => [item.path, item]));
    const parts = new Map<string, Part>();
    for (const path of ['/api/', '/apis/', '/version/', ...groups.filter((group) => group.group !== '').map((group) => `/apis/${group.group}/`)]) {
      const item = roots.get(path);
      if (item !== undefined) parts.set(path.slice(1, -1), { members: [], items: () => [item] });
    }
    for (const { group, versions } of groups) {
      for (const { version, resources } of versions) {
        const name = group === '' ? `api/${version}` : `apis/${group}/${version}`;
        parts.set(name, { members: resources, items: () => [...(roots.has(`/${name}/`) ? [roots.get(`/${name}/`)!] : []), ...resources.flatMap((resource) => resourcePaths(resource, table))] });
      }
    }
    this.#parts = parts;
  }
}
