import assert from 'node:assert/strict';
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
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
});

test('modes are exact', async () => {
  await using directory = await temporary();
  await files.writeTree(directory.path, tree({ key: 'x' }, 0o600), { groupId: undefined });
  assert.equal((await stat(join(directory.path, 'key'))).mode & 0o777, 0o600);
});

test('what others made in a volume of files stays, and what a cut-short write left out is made', async () => {
  await using directory = await temporary();
  await mkdir(join(directory.path, 'mount-point'));
  await files.writeTree(directory.path, tree({ a: '1', b: '2' }), { groupId: undefined });
  await rm(join(directory.path, 'a'));
  assert.equal(await files.writeTree(directory.path, tree({ a: '1', b: '2' }), { groupId: undefined }), false);
  assert.equal(await readFile(join(directory.path, 'a'), 'utf8'), '1');
  await files.writeTree(directory.path, tree({ a: '1' }), { groupId: undefined });
  assert.deepEqual((await readdir(directory.path)).filter((name) => !name.startsWith('..')).sort(), ['a', 'mount-point']);
});

test('paths that leave a volume are refused as upstream refuses them', async () => {
  await using directory = await temporary();
  const cases: [string, string][] = [
    ['', 'invalid path: must not be empty: ""'], ['/a', 'invalid path: must be relative path: /a'], ['a/../b', "invalid path: must not contain '..': a/../b"],
    ['..a', "invalid path: must not start with '..': ..a"], ['x'.repeat(256), 'invalid path: filenames must be less than or equal to 255 characters'],
  ];
  for (const [path, message] of cases) await assert.rejects(files.writeTree(directory.path, tree({ [path]: 'x' }), { groupId: undefined }), { message });
});

test('a file of a volume is read by no way that leads out of it', async () => {
  await using directory = await temporary();
  await mkdir(join(directory.path, 'conf'));
  await writeFile(join(directory.path, 'conf/env'), "A='1'");
  assert.equal(await files.readInside(directory.path, 'conf/env', 100), "A='1'");
  await symlink('conf/env', join(directory.path, 'inner'));
  assert.equal(await files.readInside(directory.path, 'inner', 100), "A='1'");
  await symlink('/etc/passwd', join(directory.path, 'outer'));
  await assert.rejects(files.readInside(directory.path, 'outer', 100_000), /is not within/);
  await assert.rejects(files.readInside(directory.path, 'conf', 100), /is not a file/);
  await assert.rejects(files.readInside(directory.path, 'conf/env', 2), /has more than 2 bytes/);
});

const asRoot = { skip: process.getuid?.() === 0 ? false : 'changing owners and mounting need root' };

test('a volume is given to a group', asRoot, async () => {
  await using directory = await temporary();
  await chmod(directory.path, 0o755);
  await mkdir(join(directory.path, 'sub'), { mode: 0o700 });
  await writeFile(join(directory.path, 'sub/file'), 'x', { mode: 0o600 });
  await symlink('file', join(directory.path, 'sub/link'));
  const look = async (path: string): Promise<string> => {
    const { gid, mode } = await lstat(join(directory.path, path));
    return `${gid} ${(mode & 0o7777).toString(8)}`;
  };
  await files.giveToGroup(directory.path, { groupId: 1234, readOnly: false, onlyOnMismatch: false });
  assert.deepEqual([await look('.'), await look('sub'), await look('sub/file'), (await look('sub/link')).split(' ')[0]], ['1234 2775', '1234 2770', '1234 660', '1234']);
  await chown(join(directory.path, 'sub/file'), 0, 0);
  await files.giveToGroup(directory.path, { groupId: 1234, readOnly: false, onlyOnMismatch: true });
  assert.equal(await look('sub/file'), '0 660', 'the root matches');
  await files.giveToGroup(directory.path, { groupId: 1234, readOnly: true, onlyOnMismatch: false });
  assert.equal(await look('sub/file'), '1234 660');
  await files.writeTree(join(directory.path, 'sub'), tree({ secret: 's' }, 0o400), { groupId: 55 });
  const { gid, mode } = await stat(join(directory.path, 'sub/secret'));
  assert.deepEqual([gid, mode & 0o7777], [55, 0o440]);
});

test('a part of a volume is mounted, by no way that leads out of it', asRoot, async () => {
  await using directory = await temporary();
  const volumePath = join(directory.path, 'volume');
  const target = join(directory.path, 'parts/app/0');
  await mkdir(volumePath);
  await chmod(volumePath, 0o2777);
  try {
    await files.bindSubPath({ volumePath, subPath: 'a/b', target });
    assert.equal((await stat(join(volumePath, 'a/b'))).mode & 0o7777, 0o2777, 'made with the mode of the volume');
    await writeFile(join(target, 'file'), 'x');
    assert.equal(await readFile(join(volumePath, 'a/b/file'), 'utf8'), 'x');
    await files.bindSubPath({ volumePath, subPath: 'a/b', target });
    await files.bindSubPath({ volumePath, subPath: 'a/b/file', target: join(directory.path, 'parts/app/1') });
    assert.equal(await readFile(join(directory.path, 'parts/app/1'), 'utf8'), 'x');
    // The file is another one now, as after an update: the next run of the container gets it.
    await rm(join(volumePath, 'a/b/file'));
    await writeFile(join(volumePath, 'a/b/file'), 'new');
    await files.bindSubPath({ volumePath, subPath: 'a/b/file', target: join(directory.path, 'parts/app/1') });
    assert.equal(await readFile(join(directory.path, 'parts/app/1'), 'utf8'), 'new');
    await symlink('/etc', join(volumePath, 'link'));
    const step = (wanted: string) => (error: { readonly step?: string }) => error.step === wanted;
    await assert.rejects(files.bindSubPath({ volumePath, subPath: 'link/passwd', target: join(directory.path, 'parts/app/2') }), step('prepare'));
    await assert.rejects(files.bindSubPath({ volumePath, subPath: 'link/made', target: join(directory.path, 'parts/app/2') }), step('create'));
    assert.equal(await files.diskUsage(volumePath) > 0, true);
  } finally {
    await files.removeTree(join(directory.path, 'parts'));
  }
  assert.equal(await readFile(join(volumePath, 'a/b/file'), 'utf8'), 'new', 'unmounting took nothing away');
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
