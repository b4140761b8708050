import { watchFrame } from '../../api/codec/protobuf.ts';
import { encodeJson } from '../../api/codec/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ApiError } from '../../api/status.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Change, ChangeType } from '../cache/change.ts';
import { encodeEventLine } from '../cache/change.ts';
import type { WatchSink } from '../cache/watcher.ts';
import type { WatchStats } from '../metrics/watches.ts';
import type { ServedResource } from '../served-resources.ts';
import { cborCodec } from './cbor.ts';
import { effectiveFormat, encodeObject } from './encode.ts';
import type { Negotiated } from './negotiate.ts';
import type { RenderContext } from './render.ts';
import { servedBytes, servedObject, transformed } from './render.ts';

/** Where the lines of a watch go. */
export interface LineOutput {
  /**
   * Many lines, made one by one as there is room for them: what exists when a watch on a large collection begins. Called
   * before anything else, if at all; what is written meanwhile comes after them.
   */
  begin(lines: Iterable<Uint8Array>): void;
  /** Lines of one commit, each whole. The array is the output's from then on. */
  write(lines: Uint8Array[]): void;
  end(): void;
}

/** Initial events of more objects than this, in bytes, are made as there is room for them. */
const encodeAtOnceBytes = 256 * 1024;

/** The object of a bookmark, before its resource version has anything to tell. */
export function bookmarkObject(served: ServedResource, revision: number, initialEventsEnd: boolean): KubeObject {
  return {
    kind: served.schema.kind,
    apiVersion: served.apiVersion,
    metadata: { resourceVersion: String(revision), ...(initialEventsEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }) },
  };
}

/** The content type of a watch stream. */
export function watchContentType({ format }: Negotiated): string {
  switch (format) {
    case 'protobuf': return 'application/vnd.kubernetes.protobuf;stream=watch';
    case 'cbor': return 'application/cbor-seq';
    default: return 'application/json';
  }
}

/** Writes a watch as lines of JSON, frames of protobuf or items of CBOR. What a change looks like is encoded once for all watchers of the same kind. */
export class WatchEncoder implements WatchSink {
  readonly #served: ServedResource;
  readonly #context: RenderContext;
  readonly #nowMs: () => number;
  readonly #output: LineOutput;
  readonly #flavour: string;
  #lines: Uint8Array[] = [];
  /** What exists when the watch begins, not yet encoded. */
  #initial: CachedObject[] = [];
  #first = true;

  readonly #stats: WatchStats | undefined;

  /** `stats` counts what is sent. */
  constructor(served: ServedResource, context: RenderContext, nowMs: () => number, output: LineOutput, stats?: WatchStats) {
    this.#stats = stats;
    this.#served = served;
    this.#context = context;
    this.#nowMs = nowMs;
    this.#output = output;
    const { format, as, version } = context.negotiated;
    this.#flavour = `${format === 'json' ? '' : ` ${format}`}${served.conversion === undefined && served.custom === undefined ? '' : served.apiVersion}${as === undefined ? '' : ` ${as} ${version} ${context.includeObject}`}`;
  }

  event(type: ChangeType, object: CachedObject, change: Change | undefined): void {
    if (change === undefined) {
      this.#initial.push(object);
      return;
    }
    this.#encodeInitial();
    // The first row of a table carries the column definitions, and is this watcher's own.
    const make = (): Uint8Array => this.#frame(type, this.#encode(object, this.#first));
    const line = this.#first && this.#context.negotiated.as === 'Table' ? make() : change.encoded(type + this.#flavour, make);
    this.#stats?.observe(line.length);
    this.#lines.push(line);
    this.#first = false;
  }

  #encodeInitial(): void {
    if (this.#initial.length === 0) return;
    const objects = this.#initial;
    this.#initial = [];
    const lines = this.#linesOf(objects, this.#first);
    this.#first = false;
    const size = objects.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (size > encodeAtOnceBytes) this.#output.begin(lines);
    else this.#lines.push(...lines);
  }

  *#linesOf(objects: readonly CachedObject[], first: boolean): Iterable<Uint8Array> {
    for (const object of objects) {
      const line = this.#frame('ADDED', this.#encode(object, first));
      this.#stats?.observe(line.length);
      yield line;
      first = false;
    }
  }

  #frame(type: ChangeType | 'BOOKMARK' | 'ERROR', object: Uint8Array): Uint8Array {
    switch (this.#context.negotiated.format) {
      case 'protobuf': return watchFrame(type, object);
      case 'cbor': return cborCodec().cborEvent(type, object);
      default: return encodeEventLine(type, object);
    }
  }

  #encode(object: CachedObject, first: boolean): Uint8Array {
    const { format, as } = this.#context.negotiated;
    if (as === undefined && format === 'json') return servedBytes(this.#served, object);
    return this.#bytesOf(this.#shown(servedObject(this.#served, object), first));
  }

  #shown(object: KubeObject, first: boolean): object {
    return transformed(this.#served, object, { ...this.#context, nowMs: this.#nowMs(), withoutDefinitions: !first });
  }

  #bytesOf(object: object): Uint8Array {
    const { format } = this.#context.negotiated;
    return format === 'json' ? encodeJson(object) : encodeObject(object, effectiveFormat(format, object), false);
  }

  bookmark(revision: number, initialEventsEnd: boolean): void {
    this.#encodeInitial();
    this.#lines.push(this.#frame('BOOKMARK', this.#bytesOf(this.#shown(bookmarkObject(this.#served, revision, initialEventsEnd), this.#first))));
    this.#first = false;
  }

  flush(): void {
    this.#encodeInitial();
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#output.write(lines);
  }

  end(error: ApiError | undefined): void {
    this.#encodeInitial();
    if (error !== undefined) this.#lines.push(this.#frame('ERROR', this.#bytesOf(error.toStatus())));
    this.flush();
    this.#output.end();
  }
}
