import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf, isList, kindName } from '../resources/item.ts';
import { toGoJson, toGoJsonAsItIs } from './go-json.ts';
import { toGoYaml } from './go-yaml.ts';
import { toKyaml, toKyamlAsItIs } from './kyaml.ts';
import type { Printer } from './printer.ts';

const noKind = 'missing apiVersion or kind; try GetObjectKind().SetGroupVersionKind() if you know the type';

/** The object without its managed fields, which nobody wants to read. */
export function withoutManagedFields(object: AnyObject): AnyObject {
  const bare = (one: AnyObject): AnyObject => {
    if (one.metadata?.['managedFields'] === undefined) return one;
    const { managedFields: _, ...metadata } = one.metadata;
    return { ...one, metadata };
  };
  return isList(object) ? { ...bare(object), items: object.items.map(bare) } : bare(object);
}

/** Puts an object's fields in an order other than that of their names. */
export type Order = (object: AnyObject) => AnyObject;

/** `-o json`. */
export class JsonPrinter implements Printer {
  readonly #order: Order | undefined;

  constructor(order?: Order) {
    this.#order = order;
  }

  print(object: AnyObject): string {
    if (object.kind === undefined || object.apiVersion === undefined) throw new KubectlError(noKind);
    return `${this.#order === undefined ? toGoJson(object, '    ') : toGoJsonAsItIs(this.#order(object), '    ')}\n`;
  }
}

/** `-o yaml`: documents after the first are parted from those before. */
export class YamlPrinter implements Printer {
  readonly #order: Order | undefined;
  #printed = 0;

  constructor(order?: Order) {
    this.#order = order;
  }

  print(object: AnyObject): string {
    this.#printed++;
    return `${this.#printed > 1 ? '---\n' : ''}${toGoYaml(this.#order === undefined ? object : this.#order(object))}`;
  }
}

/** `-o kyaml`. */
export class KyamlPrinter implements Printer {
  readonly #order: Order | undefined;

  constructor(order?: Order) {
    this.#order = order;
  }

  print(object: AnyObject): string {
    if (object.kind === undefined || object.apiVersion === undefined) throw new KubectlError(noKind);
    return this.#order === undefined ? toKyaml(object) : toKyamlAsItIs(this.#order(object));
  }
}

/** `-o name`; with an operation, what is said after something was done: `pod/web created`. */
export class NamePrinter implements Printer {
  readonly #operation: string;

  constructor(operation = '') {
    this.#operation = operation;
  }

  print(object: AnyObject): string {
    if (isList(object)) return object.items.map((item) => this.print(item)).join('');
    if (object.kind === undefined) throw new KubectlError(noKind);
    return `${kindName({ kind: object.kind, group: groupOf(object.apiVersion) })}/${object.metadata?.name ?? '<unknown>'}${this.#operation === '' ? '' : ` ${this.#operation}`}\n`;
  }
}
