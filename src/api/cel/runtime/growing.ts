import type { Expr } from '../language/ast.ts';
import type { Step } from './frame.ts';
import { ValueList, ValueMap, type CelValue } from './values.ts';

/** A list that a loop makes: it is grown in place. */
export class GrowingList extends ValueList {
  readonly #items: CelValue[];
  constructor(items: CelValue[]) {
    super(items);
    this.#items = items;
  }
  push(item: CelValue): void {
    this.#items.push(item);
  }
}

/** The same of a map. */
export class GrowingMap extends ValueMap {
  insert(key: CelValue, value: CelValue): void {
    this.add(key, value);
  }
}

/** Where a loop begins with nothing, what it fills. */
export function emptyAccumulator(init: Expr): Step | undefined {
  if (init.kind === 'list' && init.items.length === 0) return () => new GrowingList([]);
  return init.kind === 'map' && init.entries.length === 0 ? () => new GrowingMap([]) : undefined;
}
