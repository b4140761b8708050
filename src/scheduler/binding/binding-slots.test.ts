import assert from 'node:assert/strict';
import { it } from 'node:test';
import { BindingSlots } from './binding-slots.ts';

it('pods that wait for their volumes, however many, keep no other from being bound; those that are written do', async () => {
  const slots = new BindingSlots();
  for (let i = 0; i < 300; i++) {
    slots.start();
    slots.prepare(1);
  }
  assert.equal(slots.full, false);
  for (let i = 0; i < 256; i++) slots.prepare(-1);
  assert.equal(slots.full, true);
  const room = slots.room();
  slots.end();
  await room;
  assert.equal(slots.full, false);
});
