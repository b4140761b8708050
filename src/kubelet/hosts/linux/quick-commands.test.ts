import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runQuickly } from './quick-commands.ts';

test('short programs are run by a shell that stays, side by side, whatever their words are', async () => {
  const word = 'it\'s "$HOME" `x` \\ \n;';
  const started = performance.now();
  const all = await Promise.all([runQuickly('sleep', ['0.3']), runQuickly('sleep', ['0.3']), runQuickly('sh', ['-c', 'printf %s "$1"; exit 2', 'x', word])]);
  assert.deepEqual(all.map(({ ok }) => ok), [true, true, false]);
  assert.equal(all[2]?.stderr, word);
  assert.ok(performance.now() - started < 590, 'not one after the other');
  assert.deepEqual(await runQuickly('sh', ['-c', 'echo grüezi; echo two >&2; exit 3']), { ok: false, stdout: '', stderr: 'grüezi\ntwo', exitCode: 3 });
  assert.equal((await runQuickly('/no/such/program', [])).ok, false);
});
