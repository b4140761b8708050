/** What a schema holds somewhere, found out by one walk over it and kept with it: large ones are asked a dozen questions at every write. */
import type { Pieces } from '../../base/turns.ts';
import { atOnce } from '../../base/turns.ts';
import { itemListOf, schemasIn } from '../groups/apiextensions/json-schema.ts';
import type { Schema } from '../groups/apiextensions/json-schema.ts';
import { stringFormat } from './string-formats.ts';

export interface SchemaFacts {
  /** How many schemas it is made of, itself among them. */
  readonly size: number;
  /** Those that have a default. */
  readonly defaulted: readonly Schema[];
  /** Whole resources stand inside. */
  readonly embedded: boolean;
  /** Lists that are sets or maps, which have rules for their members. */
  readonly keyedLists: readonly Schema[];
  readonly patterns: boolean;
  /** Rules in CEL. */
  readonly rules: boolean;
  /** Something that only structural schemas can say. */
  readonly extensions: boolean;
  /** A `$schema`, which upstream's structural form cannot hold. */
  readonly dialect: boolean;
  /** What rules refuse before its structure can be looked at. */
  readonly cannotBeStructural: boolean;
  /** Types that are none. */
  readonly unknownTypes: boolean;
  /** Formats that no value is checked against, each once, in the order of the schema. */
  readonly unknownFormats: ReadonlySet<string>;
}

/** The types that a schema may name. */
export const schemaTypes = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

/** After so many schemas others may come first. */
export const schemasAPiece = 1000;

const known = new WeakMap<Schema, SchemaFacts>();
function blank() {
  return {
    size: 0, defaulted: [] as Schema[], embedded: false, keyedLists: [] as Schema[], patterns: false, rules: false, extensions: false,
    dialect: false, cannotBeStructural: false, unknownTypes: false, unknownFormats: new Set<string>(),
  };
}

const noFacts: SchemaFacts = blank();

function isKnownFormat(type: string, format: string): boolean {
  if (format === '') return true;
  if (type === 'integer') return format === 'int32' || format === 'int64';
  if (type === 'number') return format === 'float' || format === 'double';
  return (type === '' || type === 'string') && stringFormat(format) !== undefined;
}

function look(one: Schema, facts: ReturnType<typeof blank>): void {
  const { type = '', format = '' } = one;
  const listType = one['x-kubernetes-list-type'];
  const open = one['x-kubernetes-preserve-unknown-fields'];
  const embedded = one['x-kubernetes-embedded-resource'] === true;
  const rules = (one['x-kubernetes-validations'] ?? []).length > 0;
  const dialect = (one.$schema ?? '') !== '';
  facts.size++;
  if ((one.default ?? null) !== null) facts.defaulted.push(one);
  if (listType === 'set' || listType === 'map') facts.keyedLists.push(one);
  if ((one.pattern ?? '') !== '') facts.patterns = true;
  if (embedded) facts.embedded = true;
  if (rules) facts.rules = true;
  if (dialect) facts.dialect = true;
  if (type !== '' && !schemaTypes.includes(type)) facts.unknownTypes = true;
  if (!isKnownFormat(type, format)) facts.unknownFormats.add(format);
  if (embedded || rules || listType !== undefined || open !== undefined || one['x-kubernetes-int-or-string'] === true || (one['x-kubernetes-list-map-keys'] ?? []).length > 0) facts.extensions = true;
  if (dialect || (one.id ?? '') !== '' || one.$ref !== undefined || one.patternProperties !== undefined || one.dependencies !== undefined
    || one.additionalItems !== undefined || one.definitions !== undefined || open === false || itemListOf(one).length > 0) facts.cannotBeStructural = true;
}

/** As `factsOf`, in pieces. */
export function* gatherFacts(schema: Schema): Pieces<SchemaFacts> {
  const before = known.get(schema);
  if (before !== undefined) return before;
  const facts = blank();
  // Last in, first out: what is inside a schema comes before what stands after it.
  const waiting: Schema[] = [schema];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    look(one, facts);
    const from = waiting.length;
    schemasIn(one, waiting);
    for (let a = from, b = waiting.length - 1; a < b; a++, b--) [waiting[a], waiting[b]] = [waiting[b]!, waiting[a]!];
    if (facts.size % schemasAPiece === 0) yield;
  }
  known.set(schema, facts);
  return facts;
}

/** Looks at all of a schema, once: it must not change afterwards. */
export const factsOf = (schema: Schema | undefined): SchemaFacts => (schema === undefined ? noFacts : atOnce(gatherFacts(schema)));
