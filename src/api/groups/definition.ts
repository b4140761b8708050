import type { FieldError } from '../field-error.ts';
import type { KubeObject } from '../meta/object.ts';
import type { NameRule } from '../meta/validation.ts';
import type { ResourceType } from '../resource-type.ts';

/** Who makes a request. */
export interface RequestingUser {
  readonly name: string;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What a rule may know beside the object. Pure: the API server passes its clock's reading in. */
export interface RuleContext {
  /** Wall time, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Given to `prepareForCreate`. */
  readonly user?: RequestingUser;
  /** Given to `validateUpdate`: tells the client of what is wrong and may stay so. */
  readonly warn?: (message: string) => void;
}

/** One column of a server-side table (metav1.TableColumnDefinition without its prose). */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean' | 'number';
  readonly format?: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority: number;
  readonly description?: string;
  /** What the cell holds. Ages are written with `duration.HumanDuration`'s rules from `context.nowMs`. */
  cell(object: T, context: RuleContext): string | number | bigint | boolean | null;
}

/** Rules for one way of writing a resource: the resource itself, or its `status` (or other) subresource. */
export interface UpdateRules<T> {
  /** Resets what this endpoint may not change, and counts generation. `object` is the caller's own copy; it is mutated. */
  prepareForUpdate?(object: T, old: T, context: RuleContext): void;
  validateUpdate?(object: T, old: T, context: RuleContext): FieldError[];
  /**
   * What `prepareForUpdate` (and `prepareForCreate`) puts back whatever is sent: nobody owns it through this endpoint.
   * Dotted paths. Default: `status` for a resource that has a status subresource, `spec` for that subresource.
   */
  readonly resets?: readonly string[];
  /** The other way about: all that this endpoint can own. `*` stands for any item of a list. */
  readonly owns?: readonly string[];
}

/**
 * What one built-in resource IS: defaults, validation, what an update may change, how it is printed and selected.
 * Everything is optional; what is missing follows the schema alone. All functions are pure; those that change their
 * argument say so. Metadata (names, labels, finalizers, owner references …) is validated by the API server for every
 * kind alike, with the name rule given here.
 */
export interface ResourceDefinition<T extends KubeObject> {
  readonly type: ResourceType<T>;
  /** Which rule names follow (upstream's ValidateNameFunc). Default: dns-1123-subdomain. */
  readonly nameRule?: NameRule;
  /**
   * Loads what the rules of these objects need and is not there yet, for start-up must not wait for it; asked before they are
   * validated. Undefined: everything is there.
   */
  load?(object: T, old: T | undefined): Promise<void> | undefined;
  /** Fills in what the user left out, in place. Runs on every decode of a request, after unknown fields are dropped. */
  applyDefaults?(object: T): void;
  /** Resets status and other server-owned fields, sets generation 1. Mutates. */
  prepareForCreate?(object: T, context: RuleContext): void;
  validate?(object: T, context: RuleContext): FieldError[];
  readonly update?: UpdateRules<T>;
  /** By subresource name: `status`, `ephemeralcontainers`, `resize` … Only what is writable through PUT and PATCH. */
  readonly subresources?: Readonly<Record<string, UpdateRules<T>>>;
  /** May an update create the object (PUT to a name that does not exist)? Default false. */
  readonly allowCreateOnUpdate?: boolean;
  /** May an update leave resourceVersion out? Default false. */
  readonly allowUnconditionalUpdate?: boolean;
  /** Warnings for the client, as upstream's `WarningsOnCreate/Update`. */
  warnings?(object: T, old: T | undefined): string[];
  /** Default: Name and Age. */
  readonly columns?: readonly Column<T>[];
  /** Selectable fields beside metadata.name and metadata.namespace, as strings. */
  selectableFields?(object: T): Record<string, string>;
  /** Those of them that many clients select by at a time: the cache keeps an index of each that is asked for. */
  readonly indexedFields?: readonly string[];
  /** Deletion with a grace period (pods): seconds to use, given what the client asked for. Undefined: delete at once. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined;
  /** Where the scale subresource reads and writes. */
  readonly scale?: {
    replicas(object: T): number;
    /** Of kinds that need not have replicas: where they are missed, if the object has none. Then `replicas` throws. */
    missing?(object: T): string | undefined;
    setReplicas(object: T, replicas: number): void;
    statusReplicas(object: T): number;
    /** The label selector of the pods, in its string form. */
    selector(object: T): string;
  };
  /** Default when the client gives none: 'background' (all but a few old kinds). */
  readonly defaultPropagation?: 'background' | 'orphan';
}
