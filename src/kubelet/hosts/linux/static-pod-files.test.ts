import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLogger } from '../../../base/logger.ts';
import { linuxStaticPodFiles } from './static-pod-files.ts';

test('manifests are the files of a directory, or one file; changes are told of', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'manifests-'));
  try {
    const files = linuxStaticPodFiles(`${folder}/`, silentLogger);
    await writeFile(join(folder, '.hidden.yaml'), 'x');
    await mkdir(join(folder, 'below'));
    await writeFile(join(folder, 'b.yaml'), 'second');
    await writeFile(join(folder, 'a.yaml'), 'first');
    assert.deepEqual([...await files.read()], [[join(folder, 'a.yaml'), 'first'], [join(folder, 'b.yaml'), 'second']]);
    assert.deepEqual([...await linuxStaticPodFiles(join(folder, 'a.yaml'), silentLogger).read()], [[join(folder, 'a.yaml'), 'first']]);
    const missing = linuxStaticPodFiles(join(folder, 'none'), silentLogger);
    assert.deepEqual([...await missing.read()], []);
    missing.watch(() => {})();
    const { promise, resolve } = Promise.withResolvers<void>();
    const undo = files.watch(resolve);
    await writeFile(join(folder, 'c.yaml'), 'third');
    await promise;
    undo();
  } finally {
    await rm(folder, { recursive: true });
  }
});
