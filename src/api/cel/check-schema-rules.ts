import { internalRule } from '../groups/apiextensions/internal-form.ts';
import { itemsOf, valuesOf, type Schema } from '../groups/apiextensions/json-schema.ts';
import type { FieldError } from '../field-error.ts';
import { forbidden, invalid } from '../field-error.ts';
import { compileRules, maxCardinality, type CompiledRule } from './schema/compile-rule.ts';
import { declTypeOf, type DeclType } from './schema/decl-type.ts';
import { escapeName } from './schema/escaping.ts';

/** What one rule may cost at most wherever it applies in an object, and what all rules of a definition may cost. */
const ruleLimit = 10_000_000;
const definitionLimit = 100_000_000;
const limit = 2 ** 64;

export interface CheckOptions {
  /** The schema stood there before: its rules may cost what they cost. */
  readonly costly?: boolean;
}

interface Place {
  readonly schema: Schema;
  readonly path: string;
  readonly decl: DeclType | undefined;
  /** How many values can stand here in one object; undefined: no schema above says. */
  readonly cardinality: number | undefined;
  /** The place above from which on values have no older ones to be compared with. */
  readonly uncorrelated: string | undefined;
}

/** What is wrong with the rules of a definition's schema, which is structural: in upstream's words. */
export function checkSchemaRules(schema: Schema, path: string, options: CheckOptions = {}): FieldError[] {
  const check = new Check(options);
  check.visit({ schema, path, decl: declTypeOf(schema, 'selfType', true), cardinality: 1, uncorrelated: undefined });
  return [...check.errors, ...check.totalErrors(path)];
}

class Check {
  readonly errors: FieldError[] = [];
  readonly #options: CheckOptions;
  #total = 0;
  #expensive: { readonly path: string; readonly cost: number }[] = [];

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  visit(place: Place): void {
    const { schema, path, decl } = place;
    const inner = childCardinality(schema, place.cardinality);
    const mapType = schema['x-kubernetes-map-type'] ?? 'granular';
    const uncorrelated = place.uncorrelated ?? (mapType === 'granular' || mapType === 'atomic' ? undefined : path);
    const values = valuesOf(schema);
    if (values !== undefined) this.visit({ schema: values, path: `${path}.additionalProperties`, decl: decl?.items ?? ownDecl(values), cardinality: inner, uncorrelated: place.uncorrelated });
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (property === undefined) continue;
      const field = decl?.fields?.get(escapeName(name) ?? '') ?? ownDecl(property);
      this.visit({ schema: property, path: `${path}.properties[${name}]`, decl: field, cardinality: inner, uncorrelated });
    }
    const items = itemsOf(schema);
    if (items !== undefined) {
      const above = place.uncorrelated ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : path);
      this.visit({ schema: items, path: `${path}.items`, decl: decl?.items ?? ownDecl(items), cardinality: inner, uncorrelated: above });
    }
    this.#rules(place);
  }

  #rules({ schema, path, decl, cardinality, uncorrelated }: Place): void {
    const rules = schema['x-kubernetes-validations'] ?? [];
    if (rules.length === 0 || decl === undefined) return;
    compileRules(schema, rules, decl).forEach((compiled, i) => {
      const at = `${path}.x-kubernetes-validations[${i}]`;
      this.#price(`${at}.rule`, times(compiled.maxCost, cardinality ?? maxCardinality(decl)), 'estimated rule cost');
      this.#compiled(at, compiled);
      this.#oldSelf(at, compiled, uncorrelated);
    });
  }

  #compiled(at: string, { rule, error, message, messageError }: CompiledRule): void {
    if (error !== undefined) this.errors.push(invalid(`${at}.rule`, internalRule(rule), error));
    if (messageError !== undefined) this.errors.push(invalid(`${at}.messageExpression`, internalRule(rule), messageError));
    else if (message !== undefined) this.#price(`${at}.messageExpression`, message.maxCost, 'estimated messageExpression cost');
  }

  #oldSelf(at: string, { rule, usesOldSelf }: CompiledRule, uncorrelated: string | undefined): void {
    if (usesOldSelf && uncorrelated !== undefined) this.errors.push(invalid(`${at}.rule`, rule.rule ?? '', `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`));
    if (!usesOldSelf && rule.optionalOldSelf !== undefined) this.errors.push(invalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'));
  }

  #price(path: string, cost: number, name: string): void {
    if (cost > ruleLimit && this.#options.costly !== true) this.errors.push(forbidden(path, excess(name, cost, ruleLimit)));
    this.#total = Math.min(limit, this.#total + cost);
    if (cost < definitionLimit / 100) return;
    this.#expensive.push({ path, cost });
    this.#expensive = this.#expensive.toSorted((a, b) => b.cost - a.cost).slice(0, 4);
  }

  totalErrors(path: string): FieldError[] {
    if (this.#total <= definitionLimit) return [];
    const shares = this.#expensive.map((one) => forbidden(one.path, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'));
    return [...shares, forbidden(path, excess('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', this.#total, definitionLimit))];
  }
}

const ownDecl = (schema: Schema): DeclType | undefined => declTypeOf(schema, 'selfType', schema['x-kubernetes-embedded-resource'] === true);
const times = (a: number, b: number): number => (a === 0 ? 0 : Math.min(limit, a * b));

/** How many values the parts of a schema can have, when it can have so many itself. */
function childCardinality({ type, additionalProperties, maxProperties, maxItems }: Schema, own: number | undefined): number | undefined {
  if (own === undefined) return undefined;
  const isMap = type === 'object' && additionalProperties !== undefined;
  const factor = isMap ? maxProperties : type === 'array' ? maxItems : 1;
  return factor === undefined ? undefined : times(own, Math.max(0, factor));
}

function excess(name: string, cost: number, most: number): string {
  const factor = cost / most;
  const text = factor > 100 ? 'more than 100x' : `${factor.toFixed(factor < 1.5 ? 6 : 1)}x`;
  return `${name} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}
