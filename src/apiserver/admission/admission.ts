import type { KubeObject } from '../../api/meta/object.ts';
import type { UserInfo } from '../authentication/authenticator.ts';

export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** What a request is about, as far as it decides which plug-ins are asked at all. */
export interface AdmissionScope {
  readonly operation: AdmissionOperation;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
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
  annotate?(key: string, value: string): void;
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
   * nothing but its argument. Absent: by everything.
   */
  handles?(scope: AdmissionScope): boolean;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}
