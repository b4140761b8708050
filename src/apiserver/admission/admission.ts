import type { KubeObject } from '../../api/meta/object.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ServedResource } from '../served-resources.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What a request is about, as far as it decides which plug-ins are asked at all. */
export interface AdmissionScope {
  readonly operation: AdmissionOperation;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

/** Adds to a request's audit event; with `level`, only where the request's body is recorded, too. */
export type Annotate = (key: string, value: string, level?: 'Request') => void;

/** What dynamic admission tells of the request itself. */
export interface AdmittedRequest {
  /** The resource in the version that was asked for. */
  readonly served: ServedResource;
  /** Aborts with the request. */
  readonly signal: AbortSignal;
  /** What the query or body said of how to write, as in CreateOptions and its like; undefined where there are none. */
  options(): Readonly<Record<string, unknown>> | undefined;
}

/**
 * Whether the mutating plug-ins run a second time, as they do when a webhook or policy changed the object, and what
 * each of those remembers of the first time.
 */
export interface Reinvocation {
  /** The second time is on. */
  active: boolean;
  /** Somebody wants a second time. */
  wanted: boolean;
  /** By plug-in. */
  readonly memory: Map<string, unknown>;
}

export interface AdmissionAttributes extends AdmissionScope {
  readonly version: string;
  readonly kind: string;
  readonly namespace: string;
  /** Empty while a generated name is not made yet. */
  readonly name: string;
  /** The object as it would be written; undefined for DELETE. Mutating plug-ins change it in place. */
  readonly object: KubeObject | undefined;
  /** What stands in the store; undefined for CREATE. Frozen. */
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  warn(message: string): void;
  /** Adds to the request's audit event; absent where nothing is audited. */
  annotate?: Annotate | undefined;
  /** The request that writes; absent for the server's own writes, which ask no webhook and no policy. */
  readonly request?: AdmittedRequest | undefined;
  /** The same for both times that the mutating plug-ins run; absent while validating. */
  readonly reinvocation?: Reinvocation | undefined;
}

/**
 * One admission plug-in, named as upstream names it. `admit` may change the object, `validate` must not; both throw
 * ApiError (usually Forbidden) to refuse. Mutating plug-ins all run, in registry order, before any validation.
 * Whoever need not wait answers without a promise: a promise costs on the way of every pod.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /**
   * Is the plug-in concerned by such requests at all? Asked once for each combination, and remembered: it depends on
   * nothing but its argument, and what `onHandlesChange` tells of. Absent: by everything.
   */
  handles?(scope: AdmissionScope): boolean;
  /** Calls back when `handles` may answer otherwise from now on. Asked for once. */
  onHandlesChange?(listener: () => void): void;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}
