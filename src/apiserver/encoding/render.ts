import { partialMetadata } from '../../api/codec/partial-metadata.ts';
import type { IncludeObject } from '../../api/codec/table.ts';
import { parseIncludeObject, toTable } from '../../api/codec/table.ts';
import type { Column } from '../../api/groups/definition.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { ApiError } from '../../api/status.ts';
import type { StoredAnswer } from '../answer.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { ServedResource } from '../served-resources.ts';
import { contentTypeOf, effectiveFormat, encodeObject } from './encode.ts';
import type { Negotiated } from './negotiate.ts';

/** An answer ready to be sent. */
export interface Rendered {
  readonly contentType: string;
  readonly bytes: Uint8Array;
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

/** `includeObject` of the query, where a table was asked for. */
export function includeObjectOf(query: URLSearchParams | undefined): IncludeObject {
  return parseIncludeObject(query?.get('includeObject') ?? null);
}

/** Any object that is not stored. Kinds without a binary form go as JSON: the content type tells. */
export function renderObject(object: object, context: Pick<RenderContext, 'negotiated' | 'pretty'>): Rendered {
  const shown = context.negotiated.as === 'PartialObjectMetadata' && 'metadata' in object && (object as { kind?: string }).kind !== 'Status' ? partialMetadata(object as KubeObject, context.negotiated.version) : object;
  return render(shown, context);
}

function render(object: object, { negotiated, pretty }: Pick<RenderContext, 'negotiated' | 'pretty'>): Rendered {
  const format = effectiveFormat(negotiated.format, object);
  return { contentType: contentTypeOf(format), bytes: encodeObject(object, format, pretty) };
}

/** An object that is not stored, as a table of one row. */
export function renderTable(object: object, columns: readonly Column<never>[], context: RenderContext): Rendered {
  return render(tableOf(columns, object as KubeObject, context), context);
}

/** The object in the version that is served. */
export function servedObject(served: ServedResource, object: CachedObject): KubeObject {
  return served.conversion === undefined ? object.object : served.conversion.fromStored(object.object);
}

/** Its JSON in the version that is served: the cache's own bytes where nothing has to be converted. */
export function servedBytes(served: ServedResource, object: CachedObject): Uint8Array {
  return served.conversion === undefined ? object.bytes : encoder.encode(JSON.stringify(served.conversion.fromStored(object.object)));
}

/** One stored object. Throws NotAcceptable where the client wants a list. */
export function renderStored(answer: StoredAnswer, context: RenderContext): Rendered {
  const { negotiated } = context;
  if (negotiated.format === 'json' && negotiated.as === undefined && !context.pretty) return { contentType: 'application/json', bytes: servedBytes(answer.served, answer.object) };
  if (negotiated.as === 'PartialObjectMetadataList') throw notAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${internalType(answer.served.schema)})`);
  return render(transformed(answer.served, servedObject(answer.served, answer.object), context), context);
}

/** 406 for a transformation that what is asked for does not allow. */
export const notAcceptable = (message: string): ApiError => new ApiError('NotAcceptable', message);

/** The Go type that upstream names in messages: `*core.Pod`. */
export function internalType({ group, kind }: Pick<ResourceSchema, 'group' | 'kind'>): string {
  const name = group === '' || group === 'events.k8s.io' ? 'core' : group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : group.split('.', 1)[0]!;
  return `*${name}.${kind}`;
}

/** One object as it was asked for: whole, as a table of one row, or its metadata. */
export function transformed(served: ServedResource, object: KubeObject, context: RenderContext & { readonly withoutDefinitions?: boolean }): object {
  switch (context.negotiated.as) {
    // Upstream's watches leave objects as they are that cannot become a list.
    case undefined: case 'PartialObjectMetadataList': return object;
    case 'Table': return tableOf(served.definition.columns, object, context);
    case 'PartialObjectMetadata': return partialMetadata(object, context.negotiated.version);
  }
}

function tableOf(columns: readonly Column<never>[] | undefined, object: KubeObject, { negotiated, nowMs, includeObject, withoutDefinitions = false }: RenderContext & { readonly withoutDefinitions?: boolean }): object {
  return toTable(columns as readonly Column<KubeObject>[] | undefined, [object], { context: { nowMs }, includeObject, version: negotiated.version, withoutDefinitions });
}
