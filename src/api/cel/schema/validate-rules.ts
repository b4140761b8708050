import { isUnchanged, oldField, oldItem, oldItemsOf, uncorrelated } from '../../custom-resources/unchanged.ts';
import type { SchemaNode } from '../../custom-resources/schema-node.ts';
import { duplicate, forbidden, invalid, invalidOmitted, required, type FieldError } from '../../field-error.ts';
import type { ValidationRule } from '../../types/apiextensions/v1.ts';
import type { Loose } from '../../meta/loose.ts';
import { byteLength } from '../../meta/validation.ts';
import { perCallLimit } from '../language/compile.ts';
import type { Frame } from '../runtime/frame.ts';
import { Optional, optionalNone, type CelValue } from '../runtime/values.ts';
import type { SchemaRulesInput } from '../schema-rules.ts';
import type { CompiledRule } from './compile-rule.ts';
import type { RuleTree } from './rule-tree.ts';

/** What all rules of one object may cost together, as upstream's RuntimeCELCostBudget. */
export const objectBudget = 10_000_000;
const maxMessageBytes = 5 * 1024;

/** A value and the older one that belongs to it, for ratcheting. */
interface Correlated {
  readonly node: SchemaNode;
  readonly value: unknown;
  readonly old: unknown;
}

interface Correlation {
  readonly current?: Correlated;
  /** The nearest place above that has an older value, when this one has none. */
  readonly nearest?: Correlated;
}

interface Place {
  readonly tree: RuleTree;
  readonly path: string;
  readonly value: unknown;
  /** Undefined when there is none that can be compared. */
  readonly old: unknown;
  readonly correlation: Correlation;
}

/** Asks every rule about an object, within the budget. */
export function validateRules(tree: RuleTree, { value, old, path, ratcheted }: SchemaRulesInput, budget = objectBudget): FieldError[] {
  const validation = new Validation(budget, ratcheted);
  validation.visit({ tree, path, value, old, correlation: old === undefined ? {} : { current: { node: tree.node, value, old } } });
  return validation.errors;
}

class Validation {
  readonly errors: FieldError[] = [];
  /** Negative once it ran out: then nothing more is asked. */
  #budget: number;
  readonly #ratcheted: SchemaRulesInput['ratcheted'];

  constructor(budget: number, ratcheted: SchemaRulesInput['ratcheted']) {
    this.#budget = budget;
    this.#ratcheted = ratcheted;
  }

  visit(place: Place): void {
    const { tree, value } = place;
    if (this.#budget < 0 || value === null || value === undefined) return;
    if (tree.rules.length > 0) this.#askAll(place);
    else if (tree.untyped) this.errors.push(invalid(place.path === '' ? '<nil>' : place.path, tree.shape.schema.type ?? '', 'rule compiler initialization error: failed to convert to declType for CEL validation rules'));
    const { nearest } = place.correlation;
    for (const part of tree.allOf) this.visit({ ...place, tree: part, correlation: nearest === undefined ? {} : { nearest } });
    if (Array.isArray(value)) this.#visitItems(place, value);
    else if (typeof value === 'object') this.#visitFields(place, value as Record<string, unknown>);
  }

  #visitItems({ tree, path, old, correlation }: Place, list: readonly unknown[]): void {
    const { items, node } = tree;
    if (items === undefined) return;
    const oldItems = oldItemsOf(node, old);
    const correlatedItems = correlation.current === undefined ? undefined : oldItemsOf(node, correlation.current.old);
    list.forEach((item, i) => {
      const before = oldItem(node, oldItems, item);
      const correlated = oldItem(node, correlatedItems, item);
      this.visit({ tree: items, path: `${path}[${i}]`, value: item, old: before === uncorrelated ? undefined : before, correlation: below(correlation, items.node, item, correlated) });
    });
  }

  #visitFields({ tree, path, old, correlation }: Place, fields: Record<string, unknown>): void {
    const before = typeof old === 'object' && old !== null && !Array.isArray(old) ? (old as Record<string, unknown>) : undefined;
    for (const [name, value] of Object.entries(fields)) {
      const inner = tree.values ?? tree.properties.get(name);
      if (inner === undefined) continue;
      const child = tree.values === undefined ? (path === '' ? name : `${path}.${name}`) : `${path}[${name}]`;
      const oldValue = before !== undefined && Object.hasOwn(before, name) ? before[name] : undefined;
      this.visit({ tree: inner, path: child, value, old: oldValue, correlation: belowField(correlation, tree.node, name, inner.node, value) });
    }
  }

  #askAll(place: Place): void {
    const { tree, path, value } = place;
    const old = place.old ?? undefined;
    const at = path === '' ? '<nil>' : path;
    const type = tree.shape.schema.type ?? '';
    if (this.#budget <= 0) {
      this.#stop(invalid(at, type, 'validation failed due to running out of cost budget, no further validation rules will be run'));
      return;
    }
    const variables = new RuleVariables(tree, value, old);
    for (const compiled of tree.rules) {
      this.#ask(compiled, place, { at, type, old, variables });
      if (this.#budget < 0) return;
    }
  }

  #stop(error: FieldError): void {
    this.errors.push(error);
    this.#budget = -1;
  }

  #ask(compiled: CompiledRule, place: Place, { at, type, old, variables }: Asked): void {
    const { rule, program, error, usesOldSelf } = compiled;
    if (error !== undefined) {
      this.errors.push(invalid(at, type, `rule compile error: ${error}`));
      return;
    }
    if (program === undefined) return;
    const optional = rule.optionalOldSelf === true;
    // Transition rules are about a change: where there is nothing to compare with, they say nothing.
    if (usesOldSelf && old === undefined && !optional) return;
    const result = program.run(optional ? variables.optional : variables.plain, perCallLimit);
    if (result.cost > this.#budget) {
      this.#stop(invalid(at, type, 'validation failed due to running out of cost budget, no further validation rules will be run'));
      return;
    }
    this.#budget -= result.cost;
    if (result.error !== undefined) this.#addFailure(result.error, result.exceeded === true, at, type, rule);
    else if (result.value !== true) this.#addBroken(compiled, place, { at, type, old, variables });
  }

  #addFailure(message: string, exceeded: boolean, at: string, type: string, rule: Loose<ValidationRule>): void {
    if (exceeded) {
      this.#stop(invalid(at, type, `'${message}': no further validation rules will be run due to call cost exceeds limit for rule: ${nameOf(rule)}`));
    } else if (message.startsWith('no such overload')) {
      this.errors.push(invalid(at, type, `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${nameOf(rule)}`));
    } else {
      this.errors.push(invalid(at, type, `${message} evaluating rule: ${nameOf(rule)}`));
    }
  }

  #addBroken(compiled: CompiledRule, place: Place, asked: Asked): void {
    const { rule, message, fieldPath, usesOldSelf } = compiled;
    const at = fieldPath === '' ? asked.at : place.path === '' ? fieldPath : `${place.path}.${fieldPath}`;
    const add = (error: FieldError): void => {
      if (usesOldSelf || !isRatcheted(place.correlation)) this.errors.push(error);
      else this.#ratcheted?.(error);
    };
    let detail: string | undefined;
    if (message !== undefined) {
      const result = message.program.run(asked.variables.plain, perCallLimit);
      if (result.cost > this.#budget) {
        add(invalid(at, asked.type, 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'));
        this.#budget = -1;
        return;
      }
      this.#budget -= result.cost;
      if (result.exceeded === true) {
        add(invalid(at, asked.type, `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression ?? '')}`));
        this.#budget = -1;
        return;
      }
      detail = usableMessage(result.value);
    }
    const isWhole = asked.type === 'object' || asked.type === 'array';
    add(errorFor(rule.reason, at, isWhole ? undefined : { value: place.value }, detail ?? messageOf(rule)));
  }
}

interface Asked {
  readonly at: string;
  readonly type: string;
  readonly old: unknown;
  readonly variables: RuleVariables;
}

/** `self` and `oldSelf`, converted when they are first asked for. */
class RuleVariables {
  readonly plain: Frame['input'];
  readonly optional: Frame['input'];

  constructor(tree: RuleTree, value: unknown, old: unknown) {
    const once = (make: () => CelValue): (() => CelValue) => {
      let made: CelValue | undefined;
      return () => (made ??= make());
    };
    const self = once(() => tree.shape.convert(value));
    const oldSelf = once(() => tree.shape.convert(old));
    this.plain = (name) => (name === 'self' ? self() : name === 'oldSelf' && old !== undefined ? oldSelf() : undefined);
    this.optional = (name) => (name === 'self' ? self() : name !== 'oldSelf' ? undefined : old === undefined ? optionalNone : new Optional(oldSelf()));
  }
}

function isRatcheted({ current, nearest }: Correlation): boolean {
  const correlated = current ?? nearest;
  return correlated !== undefined && isUnchanged(correlated.node, correlated.value, correlated.old);
}

/** The correlation of a part whose older value is known, or known not to be. */
function below(correlation: Correlation, node: SchemaNode, value: unknown, old: unknown): Correlation {
  const { current } = correlation;
  if (current === undefined) return correlation;
  return old === uncorrelated ? { nearest: current } : { current: { node, value, old }, nearest: current };
}

function belowField(correlation: Correlation, above: SchemaNode, name: string, node: SchemaNode, value: unknown): Correlation {
  if (correlation.current === undefined) return correlation;
  // Both are converted to the same version, so that a change of these is not seen.
  if (correlation.nearest === undefined && (name === 'apiVersion' || name === 'kind')) return {};
  return below(correlation, node, value, oldField(correlation.current.old, name, above.field(name)));
}

/** The message that an expression made, when it is one. */
function usableMessage(value: CelValue | undefined): string | undefined {
  const text = typeof value === 'string' ? value.trim() : '';
  return text === '' || text.includes('\n') || byteLength(text) > maxMessageBytes ? undefined : text;
}

const nameOf = ({ rule = '', message = '' }: Loose<ValidationRule>): string => (message === '' ? rule : message).trim();
const messageOf = (rule: Loose<ValidationRule>): string => ((rule.message ?? '') === '' ? `failed rule: ${nameOf(rule)}` : (rule.message ?? '').trim());

function errorFor(reason: string | undefined, at: string, shown: { readonly value: unknown } | undefined, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(at, detail);
    case 'FieldValueRequired':
      return required(at, detail);
    case 'FieldValueDuplicate':
      return shown === undefined ? { reason: 'FieldValueDuplicate', field: at, message: 'Duplicate value' } : duplicate(at, shown.value);
    default:
      return shown === undefined ? invalidOmitted(at, detail) : invalid(at, shown.value, detail);
  }
}

