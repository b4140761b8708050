import { partialMetadata, partialMetadataList } from '../../api/codec/partial-metadata.ts';
import type { IncludeObject } from '../../api/codec/table.ts';
import { parseIncludeObject, toTable } from '../../api/codec/table.ts';
import { encodeProtobuf } from '../../api/codec/protobuf.ts';
import { encodeYaml } from '../../api/codec/yaml.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import type { ListAnswer, StoredAnswer } from '../answer.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ServedResource } from '../served-resources.ts';
import { ListBody } from './list-body.ts';
import type { Negotiated } from './negotiate.ts';

/** An answer ready to be sent. */
export interface Rendered {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** A list whose bytes are only put together while they are sent. */
export interface RenderedList {
  readonly contentType: string;
  readonly list: ListBody;
}

/** What rendering needs to know of the request. */
export interface RenderContext {
  readonly negotiated: Negotiated;
  /** Indented, for people. */
  readonly pretty: boolean;
  readonly includeObject: IncludeObject;
  readonly nowMs: number;
}

const encoder = new TextEncoder();
const json = 'application/json';

/** `includeObject` of the query, where a table was asked for. */
export function includeObjectOf(query: URLSearchParams | undefined): IncludeObject {
  return parseIncludeObject(query?.get('includeObject') ?? null);
}

/** Any object that is not stored. */
export function renderObject(object: object, context: Pick<RenderContext, 'negotiated' | 'pretty'>): Rendered {
  if (context.negotiated.format === 'protobuf') return renderProtobuf(object);
  if (context.negotiated.format === 'yaml') return { contentType: 'application/yaml', bytes: encoder.encode(encodeYaml(object)) };
  return { contentType: json, bytes: encoder.encode(`${context.pretty ? JSON.stringify(object, null, 2) : JSON.stringify(object)}\n`) };
}

/** Kinds without a binary form go as JSON: the content type tells. */
function renderProtobuf(object: object): Rendered {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string };
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  const schema = builtinSchema.kind(group, version, kind);
  if (schema === undefined) return { contentType: json, bytes: encoder.encode(`${JSON.stringify(object)}\n`) };
  return { contentType: 'application/vnd.kubernetes.protobuf', bytes: encodeProtobuf(object, schema) };
}

/** The object in the version that is served. */
export function servedObject(served: ServedResource, object: CachedObject): KubeObject {
  return served.conversion === undefined ? object.object : served.conversion.fromStored(object.object);
}

/** Its JSON in the version that is served: the cache's own bytes where nothing has to be converted. */
export function servedBytes(served: ServedResource, object: CachedObject): Uint8Array {
  return served.conversion === undefined ? object.bytes : encoder.encode(JSON.stringify(served.conversion.fromStored(object.object)));
}

export function renderStored(answer: StoredAnswer, context: RenderContext): Rendered {
  const { negotiated } = context;
  if (negotiated.format === 'json' && negotiated.as === undefined && !context.pretty) return { contentType: json, bytes: servedBytes(answer.served, answer.object) };
  return renderObject(transformed(answer.served, servedObject(answer.served, answer.object), context), context);
}

/** One object as it was asked for: whole, as a table of one row, or its metadata. */
export function transformed(served: ServedResource, object: KubeObject, context: RenderContext & { readonly withoutDefinitions?: boolean }): object {
  switch (context.negotiated.as) {
    case undefined: return object;
    case 'Table': return toTable(served.definition.columns, [object], {
      context: { nowMs: context.nowMs }, includeObject: context.includeObject, version: context.negotiated.version,
      ...(context.withoutDefinitions === true && { withoutDefinitions: true }),
    });
    case 'PartialObjectMetadata': return partialMetadata(object, context.negotiated.version);
  }
}

function listMetadata(answer: ListAnswer): { resourceVersion: string; continue?: string; remainingItemCount?: number } {
  return {
    resourceVersion: String(answer.revision),
    ...(answer.continue !== undefined && { continue: answer.continue }),
    ...(answer.remaining !== undefined && { remainingItemCount: answer.remaining }),
  };
}

export function renderList(answer: ListAnswer, context: RenderContext): Rendered | RenderedList {
  const { negotiated } = context;
  const { served, items } = answer;
  if (negotiated.format === 'json' && negotiated.as === undefined && !context.pretty) {
    const head = `{"kind":"${served.schema.kind}List","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(listMetadata(answer))},"items":[`;
    return { contentType: json, list: listBody(head, served, items) };
  }
  const objects = items.map((item) => servedObject(served, item));
  switch (negotiated.as) {
    case undefined: return renderObject({ kind: `${served.schema.kind}List`, apiVersion: served.apiVersion, metadata: listMetadata(answer), items: objects }, context);
    case 'Table': return renderObject(toTable(served.definition.columns, objects, {
      context: { nowMs: context.nowMs }, includeObject: context.includeObject, version: negotiated.version, metadata: listMetadata(answer),
    }), context);
    case 'PartialObjectMetadata': return renderObject(partialMetadataList(objects, listMetadata(answer), negotiated.version), context);
  }
}

const tail = encoder.encode(']}\n');

function listBody(head: string, served: ServedResource, items: readonly CachedObject[]): ListBody {
  const converted = served.conversion === undefined ? undefined : items.map((item) => servedBytes(served, item));
  const bytesOf = converted === undefined ? (index: number): Uint8Array => items[index]!.bytes : (index: number): Uint8Array => converted[index]!;
  return new ListBody({ head: encoder.encode(head), count: items.length, bytesOf, tail });
}
