import { parseExactly } from '../api/codec/exact-integers.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { listKindOf } from '../api/resource-type.ts';
import { ApiError, badRequestError } from '../api/status.ts';
import type { Status } from '../api/types/meta/v1.ts';
import { cloneJson } from '../base/json-value.ts';
import { causeHeader } from '../client/cause.ts';
import type { LocalEndpoint, LocalRequest } from '../client/transports/local-endpoint.ts';
import type { Answer, ListAnswer, Result } from './answer.ts';
import type { Credentials } from './authentication/authenticator.ts';
import { deepFreeze } from './cache/freeze.ts';
import type { CachedObject } from './cache/cached-object.ts';
import { servedObject } from './encoding/render.ts';
import { bookmarkObject } from './encoding/watch-encoder.ts';
import { apiErrorOf } from './pipeline/dispatch.ts';
import { ServerRequest } from './pipeline/server-request.ts';
import type { Handler } from './pipeline/step.ts';
import type { RequestInfo } from './request.ts';
import { parseRequestInfo, targetInfo } from './request-info.ts';
import type { ForwardedRequest } from './subresources/proxy/forwarder.ts';
import type { DecodedBody } from './verbs/decoded-body.ts';

const never = new AbortController().signal;

/** A request from inside the process: the body is an object already, and who asks is known. */
class LocalServerRequest extends ServerRequest {
  readonly credentials: Credentials | undefined = undefined;
  override readonly inProcess = true;
  readonly #request: LocalRequest;

  constructor(request: LocalRequest, info: RequestInfo, rawQuery: string) {
    super(request.method, info, rawQuery);
    this.#request = request;
    this.user = request.user;
  }

  static of(request: LocalRequest): LocalServerRequest {
    const { method, path, target } = request;
    if (target !== undefined) return new LocalServerRequest(request, targetInfo(method, target), target.query);
    const question = path.indexOf('?');
    const rawQuery = question < 0 ? '' : path.slice(question + 1);
    return new LocalServerRequest(request, parseRequestInfo(method, question < 0 ? path : path.slice(0, question), rawQuery === '' ? undefined : new URLSearchParams(rawQuery)), rawQuery);
  }

  get requestUri(): string {
    return this.#request.path;
  }

  get remoteAddress(): string {
    return '127.0.0.1';
  }

  get signal(): AbortSignal {
    return this.#request.signal ?? never;
  }

  header(name: string): string | undefined {
    if (name === 'content-type') return this.#request.contentType;
    if (name === 'user-agent') return this.#request.userAgent;
    if (name === causeHeader) return this.#request.cause;
    return undefined;
  }

  headerValues(): readonly string[] {
    return [];
  }

  headersWithPrefix(): readonly (readonly [string, readonly string[]])[] {
    return [];
  }

  forwarded(): Pick<ForwardedRequest, 'headers' | 'body'> {
    const { body, contentType = 'application/json' } = this.#request;
    if (body === undefined) return { headers: {}, body: undefined };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return { headers: { 'content-type': contentType, 'content-length': String(bytes.length) }, body: once(bytes) };
  }

  decodedBody(): Promise<DecodedBody> {
    const { body } = this.#request;
    this.audit?.received(body);
    // The verbs change what they are given, while components spread frozen objects into what they send.
    return Promise.resolve({ value: cloneJson(body), duplicates: [] });
  }

  override lentBody(): Promise<DecodedBody> {
    const { body } = this.#request;
    this.audit?.received(body);
    return Promise.resolve({ value: body, borrowed: true, duplicates: [] });
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The API server as components in the same process see it: the whole pipeline, without encoding anything. */
export class InProcessEndpoint implements LocalEndpoint {
  readonly #handle: Handler;
  readonly #onUnexpected: (error: unknown) => void;

  constructor(handle: Handler, onUnexpected: (error: unknown) => void) {
    this.#handle = handle;
    this.#onUnexpected = onUnexpected;
  }

  request(request: LocalRequest): Promise<unknown> {
    if (request.signal?.aborted === true) return Promise.reject(request.signal.reason as Error);
    let answer: Result;
    try {
      answer = this.#handle(LocalServerRequest.of(request));
    } catch (error) {
      return Promise.reject(this.#refusal(error));
    }
    const answered = answer;
    return answered instanceof Promise ? answered.then(handedOver, this.#fail) : new Promise((resolve) => resolve(handedOver(answered)));
  }

  async #answer(request: LocalRequest): Promise<Answer> {
    request.signal?.throwIfAborted();
    try {
      return await this.#handle(LocalServerRequest.of(request));
    } catch (error) {
      throw this.#refusal(error);
    }
  }

  #refusal(error: unknown): ApiError {
    if (!(error instanceof ApiError)) this.#onUnexpected(error);
    return apiErrorOf(error);
  }

  readonly #fail = (error: unknown): never => {
    throw this.#refusal(error);
  };

  async watch(request: LocalRequest, listener: Parameters<LocalEndpoint['watch']>[1]): Promise<void> {
    const answer = await this.#answer(request);
    if (answer.kind === 'raw' && answer.code === 200 && typeof answer.body !== 'string' && !(answer.body instanceof Uint8Array)) return passedOn(answer.body, request.signal, listener);
    if (answer.kind === 'raw') throw refusalIn(answer.code, await textOf(answer));
    if (answer.kind !== 'watch') throw badRequestError('the request is not a watch');
    const { served } = answer;
    const { signal } = request;
    await new Promise<void>((resolve) => {
      let stop: (() => void) | undefined;
      const onAbort = (): void => stop?.();
      let over = false;
      stop = answer.start({
        event: (type, object: CachedObject) => {
          if (signal?.aborted !== true) listener(type, servedObject(served, object));
        },
        bookmark: (revision, initialEventsEnd) => {
          if (signal?.aborted !== true) listener('BOOKMARK', deepFreeze(bookmarkObject(served, revision, initialEventsEnd)));
        },
        flush: () => {},
        end: (error) => {
          over = true;
          signal?.removeEventListener('abort', onAbort);
          if (error !== undefined && signal?.aborted !== true) listener('ERROR', error.toStatus() as unknown as KubeObject);
          resolve();
        },
      });
      if (over) return;
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** What the asker gets of an answer that is no stream. */
function handedOver(answer: Answer): unknown {
  switch (answer.kind) {
    case 'stored': {
      const object = servedObject(answer.served, answer.object);
      answer.object.settle();
      return object;
    }
    case 'list': return decodedList(answer);
    case 'object': return deepFreeze(answer.object);
    case 'raw': return rawBody(answer);
    case 'watch': throw badRequestError('a watch cannot be answered by a single object');
    case 'hijacked': throw badRequestError('connection upgrades need a connection');
  }
}

/** A list as clients know it, its items shared with the cache. */
function decodedList(answer: ListAnswer): object {
  return Object.freeze({
    kind: listKindOf(answer.served.schema),
    apiVersion: answer.served.apiVersion,
    metadata: Object.freeze({
      resourceVersion: String(answer.revision),
      ...(answer.continue !== undefined && { continue: answer.continue }),
      ...(answer.remaining !== undefined && { remainingItemCount: answer.remaining }),
    }),
    items: Object.freeze(answer.items.map((item) => servedObject(answer.served, item))),
  });
}

type Raw = Extract<Answer, { kind: 'raw' }>;

async function textOf({ body }: Raw): Promise<string> {
  const decoder = new TextDecoder();
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return decoder.decode(body);
  let text = '';
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** What a server that was passed the request said against it: a Status, or text. */
function refusalIn(code: number, text: string): ApiError {
  try {
    const status = JSON.parse(text) as Status;
    if (status.kind === 'Status') return ApiError.fromStatus(status);
  } catch {
    // Text, then.
  }
  const reason = code === 404 ? 'NotFound' : code === 503 ? 'ServiceUnavailable' : '';
  return new ApiError(reason, text.trim(), { code });
}

/** A watch that another server serves: its events as they come, until it ends or nobody listens any more. */
async function passedOn(body: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined, listener: Parameters<LocalEndpoint['watch']>[1]): Promise<void> {
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (signal?.aborted === true) return;
        const { type, object } = parseExactly(line) as { type: Parameters<typeof listener>[0]; object: KubeObject };
        listener(type, deepFreeze(object));
      }
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}

/** Text as a string, JSON decoded; a refusal as what it says. */
async function rawBody(answer: Raw): Promise<unknown> {
  const text = await textOf(answer);
  if (answer.code >= 400) throw refusalIn(answer.code, text);
  return answer.contentType.startsWith('application/json') ? parseExactly(text) : text;
}
