import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

// What scripts/test-promises.ts does to the runner must leave suites what they are. Once it did not, and clusters on real
// containers, each the `before` of a suite, ran at once on one machine and took each other's rules away.
const events: string[] = [];
for (const name of ['first', 'second']) {
  describe(`the ${name} suite`, () => {
    before(() => { events.push(`before ${name}`); });
    after(() => { events.push(`after ${name}`); });
    it('runs', () => { events.push(name); });
  });
}

it('suites run one after the other, each between its own before and after', () => {
  assert.deepEqual(events, ['before first', 'first', 'after first', 'before second', 'second', 'after second']);
});
