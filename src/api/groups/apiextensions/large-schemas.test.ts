import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pieces } from '../../../base/turns.ts';
import { gatherFacts, schemasAPiece } from '../../custom-resources/schema-facts.ts';
import type { Loose } from '../../meta/loose.ts';
import type { CustomResourceDefinition } from '../../types/apiextensions/v1.ts';
import { validateDefinition } from './definition-validation.ts';
import type { Schema } from './json-schema.ts';
import { foreseeRootErrors } from './schema-validation.ts';
import { foreseeStructure } from './structural.ts';

const groups = 100;
const fields = 100;

/** A schema of ten thousand fields that counts how often the type of one is looked at. */
class Counted {
  looks = 0;
  readonly schema: Schema;

  constructor(type = 'string') {
    const field = (): Schema => Object.defineProperty({}, 'type', { enumerable: true, get: () => { this.looks++; return type; } });
    const object = (count: number, make: () => Schema): Schema => ({ type: 'object', properties: Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, make()])) as NonNullable<Schema['properties']> });
    this.schema = { type: 'object', properties: { spec: object(groups, () => object(fields, field)) } };
  }

  /** How many looks each piece of the work takes. */
  pieces(work: Pieces<unknown>): number[] {
    const found: number[] = [];
    for (let done: boolean | undefined = false; done !== true;) {
      this.looks = 0;
      done = work.next().done;
      found.push(this.looks);
    }
    return found;
  }
}

const definition = (schema: Schema): Loose<CustomResourceDefinition> => ({
  metadata: { name: 'larges.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'larges', singular: 'large', kind: 'Large', listKind: 'LargeList' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] },
  status: { storedVersions: ['v1'] },
} as Loose<CustomResourceDefinition>);

for (const [name, work] of [['facts', gatherFacts], ['structure', foreseeStructure], ['words', foreseeRootErrors]] as const) {
  test(`large schemas: ${name}, a piece a turn`, () => {
    const counted = new Counted();
    const pieces = counted.pieces(work(counted.schema));
    assert.ok(pieces.length > groups * fields / schemasAPiece, `${pieces.length} pieces`);
    // A field's type is looked at a few times where it is met.
    assert.ok(Math.max(...pieces) <= 10 * schemasAPiece, String(pieces));
  });
}

test('large schemas: what was looked at before is not looked at again when the definition is validated', () => {
  const counted = new Counted();
  for (const work of [gatherFacts, foreseeStructure, foreseeRootErrors]) counted.pieces(work(counted.schema));
  counted.looks = 0;
  assert.deepEqual(validateDefinition(definition(counted.schema)), []);
  assert.equal(counted.looks, 0);
});

test('large schemas: errors are found all the same', () => {
  const counted = new Counted('text');
  for (const work of [gatherFacts, foreseeStructure, foreseeRootErrors]) counted.pieces(work(counted.schema));
  assert.equal(validateDefinition(definition(counted.schema)).length, groups * fields);
});
