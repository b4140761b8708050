import { watchFrame } from '../../api/codec/protobuf.ts';
import { encodeJson } from '../../api/codec/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ApiError } from '../../api/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Change, ChangeType } from '../cache/change.ts';
import { encodeEventLine } from '../cache/change.ts';
import type { WatchSink } from '../cache/watcher.ts';
import type { ServedResource } from '../served-resources.ts';
import type { Negotiated } from './negotiate.ts';
import type { RenderContext } from './render.ts';
import { renderObject, servedBytes, servedObject, transformed } from './render.ts';

/** Where the lines of a watch go. */
export interface LineOutput {
  /** Lines of one commit, each whole. The array is the output's from then on. */
  write(lines: Uint8Array[]): void;
  end(): void;
}

/** The object of a bookmark, before its resource version has anything to tell. */
export function bookmarkObject(served: ServedResource, revision: number, initialEventsEnd: boolean): KubeObject {
  return {
    kind: served.schema.kind,
    apiVersion: served.apiVersion,
    metadata: { resourceVersion: String(revision), ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }) },
  };
}

/** The content type of a watch stream. */
export const watchContentType = ({ format, as }: Negotiated): string => (isBinary({ format, as }) ? 'application/vnd.kubernetes.protobuf;stream=watch' : 'application/json');

const isBinary = ({ format, as }: Pick<Negotiated, 'format' | 'as'>): boolean => format === 'protobuf' && as === undefined;

/** Writes a watch as lines of JSON, or as frames of protobuf. What a change looks like is encoded once for all watchers of the same kind. */
export class WatchEncoder implements WatchSink {
  readonly #served: ServedResource;
  readonly #context: RenderContext;
  readonly #nowMs: () => number;
  readonly #output: LineOutput;
  readonly #flavour: string;
  readonly #binary: boolean;
  #lines: Uint8Array[] = [];
  #first = true;

  constructor(served: ServedResource, context: RenderContext, nowMs: () => number, output: LineOutput) {
    this.#served = served;
    this.#context = context;
    this.#nowMs = nowMs;
    this.#output = output;
    const { as, version } = context.negotiated;
    this.#binary = isBinary(context.negotiated);
    this.#flavour = `${this.#binary ? ' protobuf' : ''}${served.conversion === undefined ? '' : served.apiVersion}${as === undefined ? '' : ` ${as} ${version} ${context.includeObject}`}`;
  }

  event(type: ChangeType, object: CachedObject, change: Change | undefined): void {
    const make = (): Uint8Array => (this.#binary ? this.#frame(type, servedObject(this.#served, object)) : encodeEventLine(type, this.#encode(object)));
    // The first row of a table carries the column definitions, and is this watcher's own.
    const shared = change !== undefined && !(this.#first && this.#context.negotiated.as === 'Table');
    this.#lines.push(shared ? change.encoded(type + this.#flavour, make) : make());
    this.#first = false;
  }

  #frame(type: string, object: object): Uint8Array {
    return watchFrame(type, renderObject(object, this.#context).bytes);
  }

  #encode(object: CachedObject): Uint8Array {
    if (this.#context.negotiated.as === undefined) return servedBytes(this.#served, object);
    return encodeJson(transformed(this.#served, servedObject(this.#served, object), { ...this.#context, nowMs: this.#nowMs(), withoutDefinitions: !this.#first }));
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    const object = bookmarkObject(this.#served, revision, initialEventsEnd);
    const shown = this.#context.negotiated.as === 'PartialObjectMetadata' ? transformed(this.#served, object, this.#context)
      : this.#context.negotiated.as === 'Table' ? { kind: 'Table', apiVersion: `meta.k8s.io/${this.#context.negotiated.version}`, metadata: object.metadata, columnDefinitions: [], rows: [] }
      : object;
    this.#lines.push(this.#binary ? this.#frame('BOOKMARK', object) : encodeEventLine('BOOKMARK', encodeJson(shown)));
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#output.write(lines);
  }

  end(error: ApiError | undefined): void {
    if (error !== undefined) this.#lines.push(this.#binary ? this.#frame('ERROR', error.toStatus()) : encodeEventLine('ERROR', encodeJson(error.toStatus())));
    this.flush();
    this.#output.end();
  }
}
