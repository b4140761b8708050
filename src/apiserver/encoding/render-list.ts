import { listKindOf } from '../../api/resource-type.ts';
import { partialMetadata } from '../../api/codec/partial-metadata.ts';
import { columnDefinitions, tableRow } from '../../api/codec/table.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { nextTurn } from '../../base/next-turn.ts';
import type { ListAnswer } from '../answer.ts';
import { contentTypeOf, effectiveFormat } from './encode.ts';
import { ListBody } from './list-body.ts';
import type { Shell } from './list-encodings.ts';
import { listEncoding } from './list-encodings.ts';
import type { RenderContext } from './render.ts';
import { internalType, notAcceptable, servedObject } from './render.ts';

/** Items of kinds that are built in do not say what they are: the list does. Custom resources' do, as upstream's. */
function withoutType(object: KubeObject): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object;
  return rest;
}

/** A list whose bytes are only put together while they are sent. */
export interface RenderedList {
  readonly contentType: string;
  readonly list: ListBody;
}

const encoder = new TextEncoder();
const jsonTail = encoder.encode(']}\n');

/** So many bytes of stored objects are encoded before others get their turn: a few milliseconds. */
const sliceBytes = 256 * 1024;

function listMetadata(answer: ListAnswer): { resourceVersion: string; continue?: string; remainingItemCount?: number } {
  return {
    resourceVersion: String(answer.revision),
    ...(answer.continue !== undefined && { continue: answer.continue }),
    ...(answer.remaining !== undefined && { remainingItemCount: answer.remaining }),
  };
}

/**
 * A collection as it was asked for. Plain JSON is copied from the cache while it is sent; everything else is encoded
 * object by object first, and a long list lets others have their turn meanwhile. Throws NotAcceptable where the client
 * wants no list.
 */
export function renderList(answer: ListAnswer, context: RenderContext): RenderedList | Promise<RenderedList> {
  const { negotiated, pretty } = context;
  const { served, items } = answer;
  if (negotiated.format === 'json' && negotiated.as === undefined && !pretty && served.conversion === undefined) {
    const head = `{"kind":"${listKindOf(served.schema)}","apiVersion":"${served.apiVersion}","metadata":${JSON.stringify(listMetadata(answer))},"items":[`;
    return { contentType: 'application/json', list: new ListBody({ head: encoder.encode(head), count: items.length, bytesOf: (index) => items[index]!.bytes, tail: jsonTail, separated: true, prefix: served.custom === undefined ? encoder.encode(`{"kind":"${served.schema.kind}","apiVersion":"${served.apiVersion}",`) : undefined }) };
  }
  const { shell, field, show } = shownAs(answer, context);
  const format = effectiveFormat(negotiated.format, shell);
  const encoding = listEncoding(format, shell, field, pretty);
  const pieces: Uint8Array[] = [];
  /** Encodes the next slice; answers whether that was all. */
  const advance = (): boolean => {
    for (let size = 0; pieces.length < items.length && size < sliceBytes;) {
      const item = items[pieces.length]!;
      size += item.bytes.length;
      pieces.push(encoding.item(show(servedObject(served, item)), pieces.length));
    }
    return pieces.length === items.length;
  };
  const finish = (): RenderedList => {
    const { head, tail } = encoding.frame(pieces);
    return { contentType: contentTypeOf(format), list: new ListBody({ head, count: pieces.length, bytesOf: (index) => pieces[index]!, tail, separated: false }) };
  };
  return advance() ? finish() : inTurns(advance).then(finish);
}

/** Calls `advance`, a turn each, until it answers true. */
function inTurns(advance: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      try {
        if (advance()) resolve();
        else nextTurn(next);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    nextTurn(next);
  });
}

/** What the list is sent as, and each of its objects. */
function shownAs(answer: ListAnswer, context: RenderContext): { readonly shell: Shell; readonly field: 'items' | 'rows'; show(object: KubeObject): object } {
  const { served } = answer;
  const { as, version } = context.negotiated;
  const metadata = listMetadata(answer);
  const apiVersion = `meta.k8s.io/${version}`;
  switch (as) {
    case undefined: return { shell: { kind: listKindOf(served.schema), apiVersion: served.apiVersion, metadata }, field: 'items', show: served.custom === undefined ? withoutType : (object) => object };
    case 'PartialObjectMetadata': throw notAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${internalType(served.schema)}List)`);
    case 'PartialObjectMetadataList': return { shell: { kind: as, apiVersion, metadata }, field: 'items', show: context.negotiated.insteadOfProtobuf ? ({ metadata: own }) => ({ metadata: own }) : (object) => partialMetadata(object, version) };
    case 'Table': {
      const { columns } = served.definition;
      const options = { context: { nowMs: context.nowMs }, includeObject: context.includeObject, version };
      return { shell: { kind: as, apiVersion, metadata, columnDefinitions: columnDefinitions(columns) }, field: 'rows', show: (object) => tableRow(columns, object, options) };
    }
  }
}
