import type { KubeObject } from '../../api/meta/object.ts';
import type { UserInfo } from '../authentication/authenticator.ts';

export interface AdmissionAttributes {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
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
}

/**
 * One admission plug-in, named as upstream names it. `admit` may change the object, `validate` must not; both throw
 * ApiError (usually Forbidden) to refuse. Mutating plug-ins all run, in registry order, before any validation.
 */
export interface AdmissionPlugin {
  readonly name: string;
  admit?(attributes: AdmissionAttributes): Promise<void> | void;
  validate?(attributes: AdmissionAttributes): Promise<void> | void;
}
