/** How the tests of a kind's rules ask them: objects are defaulted and prepared as the API server does it. */
import { formatFieldError } from '../../field-error.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { ResourceDefinition, RuleContext, UpdateRules } from '../definition.ts';

export type Fields = Record<string, unknown>;

/** 2026-01-01T01:00:00Z; the objects are an hour old. */
export const context: RuleContext = { nowMs: Date.UTC(2026, 0, 1, 1) };

export interface Kind<T> {
  /** A new object of these fields beside the base ones; `metadata` is added to. */
  make(fields?: Fields): T;
  /** What is wrong with such a new object, as upstream prints it. */
  errors(fields?: Fields): string[];
  /** What is wrong with an update (of a subresource) that makes `after` of `before`. */
  update(before: Fields, after: Fields, subresource?: string): string[];
  /** The object that such an update stores. */
  updated(before: Fields, after: Fields, subresource?: string): T;
  /** Warnings for the creation, or with `before` for the update. */
  warnings(fields: Fields, before?: Fields): string[];
  cells(fields?: Fields): unknown[];
}

/** Asks the rules of one kind, with objects that have at least the fields of `base`. */
export function kindOf<T extends KubeObject>(definition: ResourceDefinition<T>, base: Fields = {}): Kind<T> {
  const raw = (fields: Fields): T => structuredClone({
    apiVersion: `${definition.type.group}/${definition.type.version}`, kind: definition.type.kind, ...base, ...fields,
    metadata: { name: 'a', ...(definition.type.namespaced && { namespace: 'default' }), creationTimestamp: '2026-01-01T00:00:00Z', ...(base['metadata'] as Fields | undefined), ...(fields['metadata'] as Fields | undefined) },
  }) as unknown as T;
  const defaulted = (fields: Fields): T => {
    const object = raw(fields);
    definition.applyDefaults?.(object);
    return object;
  };
  const make = (fields: Fields = {}): T => {
    const object = defaulted(fields);
    definition.prepareForCreate?.(object, context);
    return object;
  };
  const rulesOf = (subresource: string): UpdateRules<T> => (subresource === '' ? definition.update : definition.subresources?.[subresource]) ?? {};
  const run = (before: Fields, after: Fields, subresource: string): { readonly object: T; readonly old: T } => {
    const old = make(before);
    // What a client cannot create stands there because its subresource was written before.
    Object.assign(old, 'status' in before ? { status: structuredClone(before['status']) } : {});
    const object = defaulted(after);
    if (old.metadata.generation !== undefined) object.metadata.generation = old.metadata.generation;
    rulesOf(subresource).prepareForUpdate?.(object, old, context);
    return { object, old };
  };
  return {
    make,
    errors: (fields = {}) => (definition.validate?.(make(fields), context) ?? []).map(formatFieldError),
    update(before, after, subresource = '') {
      const { object, old } = run(before, after, subresource);
      return (rulesOf(subresource).validateUpdate?.(object, old, context) ?? []).map(formatFieldError);
    },
    updated: (before, after, subresource = '') => run(before, after, subresource).object,
    warnings: (fields, before) => definition.warnings?.(make(fields), before && make(before)) ?? [],
    cells: (fields = {}) => (definition.columns ?? []).map((column) => column.cell(raw(fields), context)),
  };
}
