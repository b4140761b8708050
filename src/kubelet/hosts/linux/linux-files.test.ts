import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VirtualClock } from '../../../base/virtual-clock.ts';
import { linuxFiles } from './linux-files.ts';
import { parseResolverConfig } from './machine.ts';

const files = linuxFiles(new VirtualClock());
const tree = (entries: Record<string, string>, mode = 0o644): Map<string, { data: Uint8Array; mode: number }> => new Map(Object.entries(entries).map(([path, text]) => [path, { data: Buffer.from(text), mode }]));

async function temporary(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'kubelet-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

test('a volume of files changes all at once', async () => {
  await using directory = await temporary();
  const write = (entries: Record<string, string>): Promise<boolean> => files.writeTree(directory.path, tree(entries), { groupId: undefined });
  assert.equal(await write({ a: '1', 'sub/b': '2', gone: '3' }), true);
  assert.equal(await write({ a: '1', 'sub/b': '2', gone: '3' }), false, 'nothing changed');
  const before = await readlink(join(directory.path, '..data'));
  assert.equal(await write({ a: 'one', 'sub/b': '2' }), true);
  assert.notEqual(await readlink(join(directory.path, '..data')), before);
  assert.equal(await readFile(join(directory.path, 'a'), 'utf8'), 'one');
  assert.equal(await readFile(join(directory.path, 'sub/b'), 'utf8'), '2');
  assert.deepEqual((await readdir(directory.path)).filter((name) => !name.startsWith('..')), ['a', 'sub']);
  assert.equal((await readdir(directory.path)).filter((name) => /^\.\.\d/.test(name)).length, 1, 'the old files are gone');
  await assert.rejects(write({ '../escape': 'x' }), /invalid path/);
});

test('modes are exact', async () => {
  await using directory = await temporary();
  await files.writeTree(directory.path, tree({ key: 'x' }, 0o600), { groupId: undefined });
  assert.equal((await stat(join(directory.path, 'key'))).mode & 0o777, 0o600);
});

test('a sub-path stays inside its volume', async () => {
  await using directory = await temporary();
  assert.equal(await files.resolveSubPath(directory.path, 'a/b'), join(directory.path, 'a/b'));
  await assert.rejects(files.resolveSubPath(directory.path, '../x'), /must be a relative path/);
  await symlink('/etc', join(directory.path, 'link'));
  await assert.rejects(files.resolveSubPath(directory.path, 'link/passwd'), /leads out of its volume/);
});

test('the end of a file is read, a missing one is empty', async () => {
  await using directory = await temporary();
  const path = join(directory.path, 'log');
  await files.writeFile(path, 'abcdef', 0o666);
  assert.equal(await files.readTail(path, 3), 'def');
  assert.equal(await files.readTail(join(directory.path, 'none'), 3), '');
  assert.equal(await files.typeOf(directory.path), 'directory');
  assert.equal(await files.typeOf(join(directory.path, 'none')), 'missing');
  await files.removeTree(directory.path);
  assert.equal(await files.typeOf(directory.path), 'missing');
});

test('resolver settings are read', () => {
  assert.deepEqual(parseResolverConfig('# x\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nsearch a.example b.example\noptions ndots:2 timeout:1\n'), { servers: ['10.0.0.2', '10.0.0.3'], searches: ['a.example', 'b.example'], options: ['ndots:2', 'timeout:1'] });
});
