import type { Answer, Result } from '../answer.ts';
import type { DocumentSource, EncodedDocument, PathHandler } from '../options.ts';
import type { ServerRequest } from './server-request.ts';

/** Serves what is not a resource: health, version, metrics, documents, and what was plugged in. */
export class PathRouter {
  readonly #exact = new Map<string, PathHandler>();
  readonly #under: PathHandler[] = [];
  readonly #documents: readonly DocumentSource[];

  constructor(handlers: readonly PathHandler[], documents: readonly DocumentSource[]) {
    this.#documents = documents;
    for (const handler of handlers) {
      if (handler.path.length > 1 && handler.path.endsWith('/')) this.#under.push(handler);
      else this.#exact.set(handler.path, handler);
    }
  }

  #find(path: string): PathHandler | undefined {
    return this.#exact.get(path) ?? this.#under.find((handler) => path.startsWith(handler.path) || `${path}/` === handler.path);
  }

  /** Paths that answer, for the index at `/`. */
  get paths(): string[] {
    return [...this.#exact.values(), ...this.#under].filter(({ unlisted }) => unlisted !== true).map(({ path }) => (path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)).filter((path) => path !== '/').sort();
  }

  /** Undefined when nothing is known under the path. */
  serve(request: ServerRequest): Result | undefined {
    const { path, verb } = request.info;
    const handler = this.#find(path);
    if (handler !== undefined) return handler.handle(request);
    if (verb !== 'get' && verb !== 'head') return undefined;
    for (const source of this.#documents) {
      const document = source.respond(path, request.header('accept') ?? '');
      if (document !== undefined) return answerOf(document, request.header('if-none-match'));
    }
    return undefined;
  }
}

function answerOf({ code, contentType, body, etag }: EncodedDocument, known: string | undefined): Answer {
  if (etag === '') return { kind: 'raw', code, contentType, body };
  const headers = { etag, vary: 'Accept' };
  if (known === etag) return { kind: 'raw', code: 304, contentType, body: '', headers };
  return { kind: 'raw', code, contentType, body, headers };
}
