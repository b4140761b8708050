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
import type { Negotiated } from './negotiate.ts';

/** An answer ready to be sent: one piece, or several for large lists. */
export interface Rendered {
  readonly contentType: string;
  readonly chunks: readonly Uint8Array[];
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
  if (context.negotiated.format === 'yaml') return { contentType: 'application/yaml', chunks: [encoder.encode(encodeYaml(object))] };
  return { contentType: json, chunks: [encoder.encode(`${context.pretty ? JSON.stringify(object, null, 2) : JSON.stringify(object)}\n`)] };
}

/** Kinds without a binary form go as JSON: the content type tells. */
function renderProtobuf(object: object): Rendered {
  const { apiVersion = '', kind = '' } = object as { apiVersion?: string; kind?: string };
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
  const schema = builtinSchema.kind(group, version, kind);
  if (schema === undefined) return { contentType: json, chunks: [encoder.encode(`${JSON.stringify(object)}\n`)] };
  return { contentType: 'application/vnd.kubernetes.protobuf', chunks: [encodeProtobuf(object, schema)] };
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
  if (negotiated.format === 'json' && negotiated.as === undefined && !context.pretty) return { contentType: json, chunks: [servedBytes(answer.served, answer.object)] };
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

export function renderList(answer: ListAnswer, context: RenderContext): Rendered {
  const { negotiated } = context;
  const { served, items } = answer;
  if (negotiated.format === 'json' && negotiated.as === undefined && !context.pretty) {
    const head = `{"kind":"${served.schema.kind}List","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(listMetadata(answer))},"items":[`;
    return { contentType: json, chunks: joinItems(encoder.encode(head), served, items) };
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

/** Pieces of about this size: large enough for few writes, small enough not to need one huge buffer. */
const chunkBytes = 512 * 1024;
/** Memory that is about to be filled need not be cleared first, where the platform can do without. */
const allocate: (size: number) => Uint8Array = typeof Buffer === 'undefined' ? (size) => new Uint8Array(size) : (size) => Buffer.allocUnsafeSlow(size);
const comma = 0x2c;
const tail = encoder.encode(']}\n');

function joinItems(head: Uint8Array, served: ServedResource, items: readonly CachedObject[]): Uint8Array[] {
  const pieces = served.conversion === undefined ? undefined : items.map((item) => servedBytes(served, item));
  const bytesOf = (index: number): Uint8Array => pieces?.[index] ?? items[index]!.bytes;
  const chunks: Uint8Array[] = [];
  let from = 0;
  let first = true;
  do {
    let size = first ? head.length : 0;
    let to = from;
    for (; to < items.length && (size < chunkBytes || to === from); to++) size += bytesOf(to).length + 1;
    const last = to >= items.length;
    const chunk = allocate(size - (from === 0 && to > from ? 1 : 0) + (last ? tail.length : 0));
    let at = 0;
    if (first) {
      chunk.set(head);
      at = head.length;
      first = false;
    }
    for (let i = from; i < to; i++) {
      if (i > 0) chunk[at++] = comma;
      const bytes = bytesOf(i);
      chunk.set(bytes, at);
      at += bytes.length;
    }
    if (last) chunk.set(tail, at);
    chunks.push(chunk);
    from = to;
  } while (from < items.length);
  return chunks;
}
