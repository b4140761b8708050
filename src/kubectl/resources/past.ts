import { parseTime } from '../../api/meta/time.ts';
import { ApiError, isReason, notFoundError } from '../../api/status.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import type { ApiResource } from '../discovery/resource.ts';
import { pathOf } from '../discovery/resource.ts';
import { KubectlError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { AnyObject } from './item.ts';
import { isList } from './item.ts';

/** Query parameters with which a list is what it was then. */
export type PastQuery = Readonly<Record<'resourceVersion' | 'resourceVersionMatch', string>>;

const exactly = (revision: string): PastQuery => ({ resourceVersion: revision, resourceVersionMatch: 'Exact' });

/** Whose path it is, and in which namespace. */
interface Where { readonly resource: ApiResource; readonly namespace: string }

/** What there was at one revision, for one command. Its calls reject with KubectlError where that cannot be told. */
export class PastView {
  readonly #session: Session;
  readonly #at: string;
  /** Undefined for a revision. */
  readonly #time: string | undefined;
  #query: Promise<PastQuery> | undefined;

  /** Throws KubectlError for an `at` that names no moment. */
  constructor(session: Session, at: string) {
    this.#session = session;
    this.#at = at;
    if (/^[1-9]\d{0,18}$/.test(at)) return;
    const ago = parseGoDuration(at);
    const ms = ago === undefined ? parseTime(at) : session.io.clock.now() - ago;
    if (ms === undefined || (ago !== undefined && ago < 0)) throw new KubectlError(`--at wants a revision, a time like 2026-01-31T12:00:00Z, or how long ago like 5m, not ${JSON.stringify(at)}`);
    this.#time = new Date(ms).toISOString();
  }

  /** What lists of that time are asked with. A time is looked up once, by the server. */
  query(where: Where): Promise<PastQuery> {
    return (this.#query ??= this.#time === undefined ? Promise.resolve(exactly(this.#at)) : this.#revisionAt(where, this.#time));
  }

  /** An object of then; NotFound where there was none. A Table where `accept` asks for one. */
  async object({ resource, namespace, name }: Where & { readonly name: string }, { accept, query }: { readonly accept?: string | undefined; readonly query?: Readonly<Record<string, string>> | undefined }): Promise<AnyObject> {
    const search = new URLSearchParams({ ...query, ...await this.query({ resource, namespace }), fieldSelector: `metadata.name=${name}` });
    const connection = await this.#session.connection();
    try {
      // Servers answer for the past with lists alone.
      const list = await connection.json<AnyObject>({ method: 'GET', path: `${pathOf(resource, { namespace })}?${search.toString()}`, ...(accept !== undefined && { accept }) });
      const [found] = isList(list) ? list.items : (list['rows'] as readonly unknown[] | null ?? []).length > 0 ? [list] : [];
      if (found === undefined) throw notFoundError(resource, name);
      return found === list ? list : { apiVersion: list.apiVersion!, kind: resource.kind, ...found };
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** The same error, in words that speak of the past where it comes from that. */
  explain(error: unknown): unknown {
    if (isReason(error, 'Expired') || isReason(error, 'Gone')) return new KubectlError(`what there was at ${this.#at} is not kept any more (${error.message.replace(/\.$/, '')}): servers keep some minutes of history; try a later revision`, { cause: error });
    if (isReason(error, 'Timeout')) return new KubectlError(`there is no revision ${this.#at} yet (${error.message})`, { cause: error });
    return error;
  }

  async #revisionAt({ resource, namespace }: Where, time: string): Promise<PastQuery> {
    const connection = await this.#session.connection();
    try {
      const { kind, revision } = await connection.json<{ readonly kind: string; readonly revision: string }>({ method: 'GET', path: `/why${pathOf(resource, { namespace })}?at=${encodeURIComponent(time)}` });
      if (kind === 'RevisionAt') return exactly(revision);
    } catch (error) {
      if (isReason(error, 'Expired')) throw new KubectlError(error.message, { cause: error });
      // Of a path that it does not know a server says that it is not there, or that one may not ask for it.
      if (!(error instanceof ApiError) || (error.code !== 404 && error.code !== 403)) throw error;
    }
    throw new KubectlError('the server does not know revisions by their times: it is not Coxswain, it is an older one, or you may not list these objects; --at REVISION, with a resourceVersion, works with any server');
  }
}
