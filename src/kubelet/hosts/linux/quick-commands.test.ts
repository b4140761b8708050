import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runQuickly } from './quick-commands.ts';

test('short programs are run by a shell that stays, side by side, whatever their words are', { timeout: 60_000 }, async (t) => {
  const word = 'it\'s "$HOME" `x` \\ \n;';
  const folder = mkdtempSync(join(tmpdir(), 'quick-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Each waits for what the other makes: one after the other, neither would end.
  const meets = (own: string, others: string) => runQuickly('sh', ['-c', `touch ${own}; until [ -e ${others} ]; do sleep 0.01; done`]);
  const [one, other] = [join(folder, 'one'), join(folder, 'other')];
  const all = await Promise.all([meets(one, other), meets(other, one), runQuickly('sh', ['-c', 'printf %s "$1"; exit 2', 'x', word])]);
  assert.deepEqual(all.map(({ ok }) => ok), [true, true, false]);
  assert.equal(all[2]?.stderr, word);
  assert.deepEqual(await runQuickly('sh', ['-c', 'echo grüezi; echo two >&2; exit 3']), { ok: false, stdout: '', stderr: 'grüezi\ntwo', exitCode: 3 });
  assert.equal((await runQuickly('/no/such/program', [])).ok, false);
});
