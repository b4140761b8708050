import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

// In a network of its own, where root is: the machine's may have a node.
const apart = process.getuid?.() === 0;
const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));
const program = (dataDir: string): string => `
  import { holdNetwork } from ${module('held-network.ts')};
  import { RealClock } from ${module('../base/real-clock.ts')};
  try {
    const held = await holdNetwork(${JSON.stringify(dataDir)}, new RealClock());
    console.log('held');
    process.stdin.on('data', () => { held[Symbol.dispose](); console.log('released'); }).on('end', () => process.exit());
  } catch (error) {
    console.log(error.message);
    process.exit();
  }`;

test('a network has one node at a time, and who comes second is told of the first', { skip: apart ? false : 'needs root for a network of its own', timeout: 60_000 }, async () => {
  const namespace = `cox-held-${process.pid}`;
  const ip = async (...args: string[]): Promise<void> => assert.deepEqual(await once(spawn('ip', args, { stdio: 'inherit' }), 'exit'), [0, null]);
  await ip('netns', 'add', namespace);
  const start = (dataDir: string) => {
    const child = spawn('ip', ['netns', 'exec', namespace, process.execPath, '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', program(dataDir)], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8');
    return { child, says: async () => (await once(child.stdout, 'data') as [string])[0].trim() };
  };
  try {
    const first = start('/first');
    assert.equal(await first.says(), 'held');
    assert.match(await start('/second').says(), /^another node with real containers runs on this machine \(its data is in \/first\): stop it first/);
    first.child.stdin.write('release');
    assert.equal(await first.says(), 'released');
    const third = start('/third');
    assert.equal(await third.says(), 'held');
    third.child.kill('SIGKILL');
    first.child.stdin.end();
    await once(third.child, 'exit');
    const last = start('/last');
    assert.equal(await last.says(), 'held', 'the kernel lets go of what a killed process held');
    last.child.stdin.end();
  } finally {
    await ip('netns', 'delete', namespace);
  }
});
