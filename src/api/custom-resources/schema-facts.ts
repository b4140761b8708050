/** What a schema holds somewhere, found out by one walk over it: passes over objects that have nothing to do are left out. */
import { itemsOf, valuesOf } from '../groups/apiextensions/json-schema.ts';
import type { Schema } from '../groups/apiextensions/json-schema.ts';

export interface SchemaFacts {
  readonly defaults: boolean;
  /** Whole resources stand inside. */
  readonly embedded: boolean;
  /** Lists that are sets or maps. */
  readonly listTypes: boolean;
  readonly patterns: boolean;
  /** Rules in CEL. */
  readonly rules: boolean;
}

/** Looks at all of a schema. */
export function factsOf(schema: Schema | undefined): SchemaFacts {
  const facts = { defaults: false, embedded: false, listTypes: false, patterns: false, rules: false };
  const walk = (one: Schema | undefined): void => {
    if (one === undefined) return;
    const listType = one['x-kubernetes-list-type'];
    if ((one.default ?? null) !== null) facts.defaults = true;
    if (one['x-kubernetes-embedded-resource'] === true) facts.embedded = true;
    if (listType === 'set' || listType === 'map') facts.listTypes = true;
    if ((one.pattern ?? '') !== '') facts.patterns = true;
    if ((one['x-kubernetes-validations'] ?? []).length > 0) facts.rules = true;
    for (const name in one.properties) walk(one.properties[name]);
    walk(itemsOf(one));
    walk(valuesOf(one));
    one.allOf?.forEach(walk);
    one.anyOf?.forEach(walk);
    one.oneOf?.forEach(walk);
    walk(one.not);
  };
  walk(schema);
  return facts;
}
