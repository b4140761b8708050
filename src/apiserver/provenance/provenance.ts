import type { Provenance, RefusalRecord, WriteRecord } from '../../api/provenance.ts';
import { controllerOf, joinKey } from '../../api/meta/object.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { groupResourceOf } from '../../api/resource-type.ts';
import { ApiError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { causeHeader } from '../../client/cause.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestInfo } from '../request.ts';
import { RefusalLog } from './refusal-log.ts';
import type { WriteLogContents } from './write-log.ts';
import { WriteLog } from './write-log.ts';

/** A request, as far as it is remembered of what it wrote. */
export interface WriteOrigin {
  readonly info: RequestInfo;
  readonly user: UserInfo;
  header(name: string): string | undefined;
}

/** What a log holds at one moment. */
export interface ProvenanceContents {
  readonly writes: WriteLogContents;
  readonly refusals: ReadonlyMap<string, RefusalRecord>;
  readonly sinceMs: number;
}

const maxAgent = 128;
const maxCommand = 64;
const maxCause = 512;
const maxUser = 256;
const maxMessage = 2048;
/** User agents that are kept once for all records. */
const maxAgents = 256;

/** What races and retries are made of, and nobody has to be told. */
const ordinary: ReadonlySet<string> = new Set(['Conflict', 'AlreadyExists', 'NotFound', 'Expired', 'Timeout', 'ServiceUnavailable']);

/** Remembers who wrote what, and what was refused to whom: in memory, outside of the objects, and within limits. */
export class ProvenanceLog implements Provenance {
  readonly sinceMs: number;
  readonly #clock: Clock;
  readonly #writes: WriteLog;
  readonly #refusals: RefusalLog;
  readonly #agents = new Map<string, string>();
  /** An error passes through more than one hand. */
  #last: unknown;

  /** `contents`: of the log of another server, which this one goes on from. */
  constructor(clock: Clock, contents?: ProvenanceContents) {
    this.#clock = clock;
    this.#writes = new WriteLog(contents?.writes);
    this.#refusals = new RefusalLog(contents?.refusals);
    this.sinceMs = contents?.sinceMs ?? clock.now();
  }

  get contents(): ProvenanceContents {
    return { writes: this.#writes.contents, refusals: this.#refusals.contents, sinceMs: this.sinceMs };
  }

  /** A write that the store has acknowledged. Events are not recorded: they are what is told, not what happens. */
  wrote(type: { readonly group: string; readonly resource: string }, key: string, { operation, revision, uid }: Pick<WriteRecord, 'operation' | 'revision'> & { readonly uid: string | undefined }, origin: WriteOrigin): void {
    if (type.resource === 'events') return;
    const { user, agent, command, cause } = this.#who(origin);
    this.#writes.add(`${groupResourceOf(type)}/${key}`, { revision, uid: uid ?? '', operation, user, agent, command, cause, subresource: origin.info.subresource, atMs: this.#clock.now() });
  }

  /** A write that was refused: by admission, validation, a budget, or because the user may not. */
  refused(error: unknown, object: KubeObject | undefined, origin: WriteOrigin): void {
    if (!(error instanceof ApiError) || ordinary.has(error.reason) || origin.info.resource === 'events') return;
    if (this.#last === error) return;
    this.#last = error;
    const { verb, apiGroup: group, resource, subresource, namespace } = origin.info;
    const owner = object === undefined ? undefined : controllerOf(object);
    const nowMs = this.#clock.now();
    this.#refusals.add({
      ...this.#who(origin), verb, group, resource, subresource, namespace, name: origin.info.name === '' ? writtenName(object) : origin.info.name,
      owner: owner === undefined ? undefined : { kind: owner.kind, name: owner.name, uid: owner.uid },
      code: error.code, reason: error.reason, message: error.message.slice(0, maxMessage), firstMs: nowMs, lastMs: nowMs, count: 1,
    });
  }

  writesOf(key: string): readonly WriteRecord[] {
    return this.#writes.of(key);
  }

  refusalsOf(key: string, uid: string | undefined): readonly RefusalRecord[] {
    return this.#refusals.where((one) => (one.name !== '' && `${groupResourceOf(one)}/${joinKey(one.namespace, one.name)}` === key) || (uid !== undefined && one.owner?.uid === uid));
  }

  #who(origin: WriteOrigin): Pick<WriteRecord, 'user' | 'agent' | 'command' | 'cause'> {
    return {
      user: cut(origin.user.name, maxUser),
      agent: this.#agent(origin.header('user-agent') ?? ''),
      command: cut(origin.header('kubectl-command') ?? '', maxCommand),
      cause: cut(origin.header(causeHeader) ?? '', maxCause),
    };
  }

  #agent(agent: string): string {
    const known = this.#agents.get(agent);
    if (known !== undefined) return known;
    if (this.#agents.size >= maxAgents) this.#agents.clear();
    const kept = cut(agent, maxAgent);
    this.#agents.set(agent, kept);
    return kept;
  }
}

/** Names that were generated for an attempt say nothing: the next one gets another. */
function writtenName(object: KubeObject | undefined): string {
  return object === undefined || (object.metadata.generateName ?? '') !== '' ? '' : (object.metadata.name ?? '');
}

const cut = (text: string, max: number): string => (text.length <= max ? text : text.slice(0, max));
