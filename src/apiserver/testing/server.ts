import { SeededRandom } from '../../base/random.ts';
import { silentLogger } from '../../base/logger.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { ObjectMeta } from '../../api/types/meta/v1.ts';
import { isReason } from '../../api/status.ts';
import type { ApiError } from '../../api/status.ts';
import type { LocalRequest } from '../../client/transports/local-endpoint.ts';
import { MemoryStore } from '../../store/drivers/memory/memory-store.ts';
import { ApiServer } from '../api-server.ts';
import { TlsWebhookTransport } from '../http/webhook-transport.ts';
import type { ApiServerOptions } from '../options.ts';

/** Any field below another: tests compare what is there. */
export interface Field { readonly [key: string]: Field }

/** Objects, lists and statuses as tests look at them. */
export interface Shown {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta & { readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly Shown[];
  readonly data: Field;
  readonly spec: Field;
  readonly status: Field;
  readonly message: string;
  readonly note: string;
  readonly involvedObject: Field;
}

export const admin = { name: 'admin', groups: ['system:masters'] };

/** A real API server on the memory store and virtual time, with short ways to ask it. */
export class TestServer implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly server: ApiServer;
  readonly #webhooks: TlsWebhookTransport;

  private constructor(parts: Pick<TestServer, 'clock' | 'store' | 'server'>, webhooks: TlsWebhookTransport) {
    this.clock = parts.clock;
    this.store = parts.store;
    this.server = parts.server;
    this.#webhooks = webhooks;
  }

  static async start(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
    const clock = new VirtualClock();
    const store = (options.store as MemoryStore | undefined) ?? MemoryStore.open();
    const webhookTransport = new TlsWebhookTransport();
    const server = await ApiServer.start({ clock, random: new SeededRandom(1), logger: silentLogger, webhookTransport, ...options, store });
    return new TestServer({ clock, store, server }, webhookTransport);
  }

  async request(method: LocalRequest['method'], path: string, body?: unknown, more: Partial<LocalRequest> = {}): Promise<Shown> {
    return (await this.server.local.request({ method, path, user: admin, ...(body !== undefined && { body: structuredClone(body) }), ...more })) as Shown;
  }

  get(path: string): Promise<Shown> { return this.request('GET', path); }
  create(path: string, object: unknown): Promise<Shown> { return this.request('POST', path, object); }
  update(path: string, object: unknown): Promise<Shown> { return this.request('PUT', path, object); }
  delete(path: string, options?: unknown): Promise<Shown> { return this.request('DELETE', path, options); }
  patch(path: string, patch: unknown, type = 'application/merge-patch+json'): Promise<Shown> { return this.request('PATCH', path, patch, { contentType: type }); }

  /** Starts a watch and gathers its events. */
  watch(path: string): { readonly events: { type: string; object: Shown }[]; readonly ended: Promise<void>; stop(): void } {
    const events: { type: string; object: Shown }[] = [];
    const abort = new AbortController();
    const ended = this.server.local.watch({ method: 'GET', path, user: admin, signal: abort.signal }, (type, object) => events.push({ type, object: object as unknown as Shown }));
    return { events, ended, stop: () => abort.abort() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
    this.#webhooks[Symbol.dispose]();
  }
}

/** For assert.rejects: an ApiError of this reason whose message is, or matches, this. */
export function refusal(reason: Parameters<typeof isReason>[1], message?: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    if (!isReason(error, reason)) throw new Error(`expected ${reason}, got ${String(error)}`, { cause: error });
    const { message: text } = error as ApiError;
    const right = message === undefined || (typeof message === 'string' ? text === message : message.test(text));
    if (!right) throw new Error(`unexpected message: ${text}`);
    return true;
  };
}
