import type { FieldError } from '../api/field-error.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Store } from '../store/store.ts';
import type { AdmittedRequest, Annotate } from './admission/admission.ts';
import type { AdmissionChain } from './admission/chain.ts';
import type { UserInfo } from './authentication/authenticator.ts';
import type { Attributes, Decision } from './authorization/authorizer.ts';
import type { WatchCache } from './cache/watch-cache.ts';
import type { ProvenanceLog, WriteOrigin } from './provenance/provenance.ts';
import type { ServedResources } from './served-resources.ts';
import type { BookmarkTicker } from './verbs/bookmarks.ts';
import type { ConversionMetrics } from './metrics/conversions.ts';
import type { LongRunning } from './metrics/long-running.ts';
import type { RuleMetrics } from './metrics/rules.ts';
import type { WatchMetrics } from './metrics/watches.ts';
import type { WebhookClient } from './webhooks/webhook-client.ts';

/** What one write needs beside the object: taken back when the write fails. */
export interface Reservation {
  /**
   * What must be durable before the object itself is written; not asked for in a dry run. It may still change the
   * object, and throws ApiError to refuse.
   */
  claim?(): Promise<void>;
  commit(): void | Promise<void>;
  rollback(): void | Promise<void>;
}

/**
 * Something that a stored resource does around its writes: Services take addresses and ports.
 * `begin…` may change the object, and throws ApiError to refuse; its reservation is committed once the write is durable.
 */
export interface StorageHook {
  /** What is wrong with a new object that its rules found well-formed, where finding out takes time: signatures. */
  checkNew?(object: KubeObject): Promise<FieldError[]>;
  /** What a write of the status changes that its user may not; not asked of the server's own writes. */
  checkStatus?(object: KubeObject, old: KubeObject, origin: WriteOrigin): Promise<FieldError[]>;
  beginCreate?(object: KubeObject): Reservation;
  beginUpdate?(object: KubeObject, old: KubeObject): Reservation;
  /** A write of the status is durable. */
  afterStatus?(object: KubeObject, old: KubeObject): void;
  /** The deletion is answered when this is done. */
  afterDelete?(object: KubeObject): void | Promise<void>;
}

/** What the verbs work with. */
export interface Core {
  readonly store: Store;
  readonly cache: WatchCache;
  readonly resources: ServedResources;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly admission: AdmissionChain;
  /** By `group/resource` of the stored kind. */
  readonly hooks: ReadonlyMap<string, StorageHook>;
  readonly bookmarks: BookmarkTicker;
  readonly webhooks: WebhookClient;
  readonly conversionMetrics: ConversionMetrics;
  readonly ruleMetrics: RuleMetrics;
  readonly watchMetrics: WatchMetrics;
  readonly longRunning: LongRunning;
  readonly provenance: ProvenanceLog;
  /** Do pods name the group that they are scheduled with (feature gate GenericWorkload)? */
  readonly podGroups: boolean;
  /** True for a value whose sealing on the disk is out of date: it is written even when nothing else changed. */
  readonly isStale: (storeKey: string) => boolean;
  /** For what a request needs beside what its path asks for. */
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

/** Who writes, and how. */
export interface WriteContext {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  warn(message: string): void;
  /** Adds to the request's audit event; absent where nothing is audited. */
  annotate?: Annotate | undefined;
  /** The request that writes; absent for the server's own writes, which ask no webhook and no policy. */
  readonly request?: AdmittedRequest;
  /** What is remembered of the write; absent for the server's own. */
  readonly origin?: WriteOrigin;
  /** Who writes is answered with the object itself, and not with its bytes. */
  readonly answersObject?: boolean;
  /** May the user create, who asked to update or apply? Asked once the new object is valid; rejects with Forbidden. */
  mayCreate?(): Promise<void> | undefined;
  /** What validation finds and the version that the request speaks allows all the same. */
  allows?: ((error: FieldError) => boolean) | undefined;
}
