import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Readable } from 'node:stream';
import type { Io } from '../../io.ts';
import { extract } from './extract.ts';
import { tarEntries } from './tar-reader.ts';
import { tarOf } from './tar-writer.ts';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-cp-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const long = 'n'.repeat(120);
mkdirSync(join(folder, 'from/inner/empty'), { recursive: true });
writeFileSync(join(folder, 'from/a'), 'first\n');
writeFileSync(join(folder, 'from/inner', long), Buffer.alloc(3000, 7));
writeFileSync(join(folder, 'from/run.sh'), '#!/bin/sh\n');
chmodSync(join(folder, 'from/run.sh'), 0o750);
symlinkSync('inner', join(folder, 'from/link'));

function ioIn(at: string): { readonly io: Io; readonly said: string[] } {
  const said: string[] = [];
  return { said, io: { folder: at, stderr: { write: (text: string) => Promise.resolve(void said.push(text)) } } as unknown as Io };
}

test('what is packed, tar unpacks: modes, links, long names, empty folders', { skip: spawnSync('tar', ['--version']).error !== undefined && 'there is no tar' }, async () => {
  const chunks: Buffer[] = [];
  for await (const chunk of tarOf(join(folder, 'from'), 'to')) chunks.push(chunk);
  const { status, stderr } = spawnSync('tar', ['-xf', '-', '-C', folder], { input: Buffer.concat(chunks), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(folder, 'to/a'), 'utf8'), 'first\n');
  assert.equal(statSync(join(folder, 'to/run.sh')).mode & 0o777, 0o750);
  assert.equal(readFileSync(join(folder, 'to/inner', long)).length, 3000);
  assert.equal(readlinkSync(join(folder, 'to/link')), 'inner');
  assert.ok(statSync(join(folder, 'to/inner/empty')).isDirectory());
});

for (const format of ['gnu', 'pax', 'ustar']) {
  test(`what tar packs as ${format} is unpacked, in pieces of any size`, { skip: spawnSync('tar', ['--version']).error !== undefined && 'there is no tar' }, async () => {
    const packed = spawnSync('tar', [`--format=${format}`, '-cf', '-', 'from'], { cwd: folder });
    assert.equal(packed.status === 0 || format === 'ustar', true, String(packed.stderr));
    const pieces = Array.from({ length: Math.ceil(packed.stdout.length / 700) }, (_, i) => packed.stdout.subarray(i * 700, (i + 1) * 700));
    const { io, said } = ioIn(folder);
    await extract(tarEntries(Readable.from(pieces) as AsyncIterable<Buffer>), { io, prefix: 'from', destination: `out-${format}` });
    assert.deepEqual(said, []);
    assert.equal(readFileSync(join(folder, `out-${format}/a`), 'utf8'), 'first\n');
    assert.equal(statSync(join(folder, `out-${format}/run.sh`)).mode & 0o777, 0o750);
    assert.equal(readlinkSync(join(folder, `out-${format}/link`)), 'inner');
    if (format !== 'ustar') assert.equal(readFileSync(join(folder, `out-${format}/inner`, long)).length, 3000);
  });
}

test('nothing is written outside the destination', async () => {
  const { io, said } = ioIn(folder);
  const nothing = async function* (): AsyncGenerator<Buffer> {};
  const text = async function* (): AsyncGenerator<Buffer> { yield Buffer.from('x'); };
  const entries = async function* () {
    yield { name: 'p/../../escaped', type: 'file', mode: 0o644, linkName: '', content: text() } as const;
    yield { name: 'p/out', type: 'symlink', mode: 0o777, linkName: '../..', content: nothing() } as const;
    yield { name: 'p/root', type: 'symlink', mode: 0o777, linkName: '/etc', content: nothing() } as const;
    yield { name: 'p/here', type: 'symlink', mode: 0o777, linkName: 'inside', content: nothing() } as const;
    yield { name: 'p/here/through-a-link', type: 'file', mode: 0o644, linkName: '', content: text() } as const;
    yield { name: 'p/good', type: 'file', mode: 0o600, linkName: '', content: text() } as const;
  };
  await extract(entries(), { io, prefix: 'p', destination: 'safe' });
  assert.equal(said.length, 4, said.join(''));
  assert.deepEqual(['escaped', 'safe/out', 'safe/root', 'safe/here/through-a-link', 'safe/inside'].filter((path) => existsSync(join(folder, path))), []);
  assert.equal(statSync(join(folder, 'safe/good')).mode & 0o777, 0o600);
  await assert.rejects(extract(entries(), { io, prefix: 'other', destination: 'safe' }), { message: 'tar contents corrupted' });
});
