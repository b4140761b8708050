import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { silentLogger } from '../../../src/base/logger.ts';
import { RealClock } from '../../../src/base/real-clock.ts';
import { hostCapabilities } from '../../../src/host/capabilities.ts';
import { chooseSnapshotter } from '../../../src/host/containerd-config.ts';
import { startNodeRuntime } from '../../../src/host/node-runtime.ts';
import { hostPaths } from '../../../src/host/paths.ts';
import { reset } from '../../../src/host/reset.ts';
import { testImages } from './images-folder.ts';

/**
 * containerd's folder with all images of scripts/make-images.sh in it, made once for these images, this containerd and this
 * way of keeping them: to load the largest takes longer than to start a cluster, and every node of every test needs it.
 */
async function imageStore(): Promise<string> {
  const images = testImages();
  const capabilities = await hostCapabilities();
  const kind = createHash('sha256').update(`${capabilities.containerd?.version} ${chooseSnapshotter(tmpdir())}`).digest('hex').slice(0, 8);
  const store = join(dirname(images), `${basename(images)}-loaded-${kind}`);
  if (existsSync(store)) return store;
  const clock = new RealClock();
  const dataDir = mkdtempSync(join(tmpdir(), 'coxswain-images-'));
  const making = `${store}-${process.pid}`;
  try {
    await using node = await startNodeRuntime({ dataDir, capabilities, clock, logger: silentLogger });
    for (const name of readdirSync(images).sort()) await node.loadImageArchive(join(images, name));
    await node.containerd.stop();
    execFileSync('cp', ['--archive', hostPaths(dataDir).rootDir, making]);
    renameSync(making, store);
  } catch (error) {
    // Another test has made the same meanwhile.
    if (!existsSync(store)) throw error;
  } finally {
    rmSync(making, { recursive: true, force: true });
    await reset({ dataDir, clock, logger: silentLogger, entries: [] });
  }
  return store;
}

/**
 * Gives a node that never ran the test images. What containerd never changes once it is there, blobs and layers, is linked
 * where the file systems are the same; its indexes are copied.
 */
export async function giveImages(dataDir: string): Promise<void> {
  const store = await imageStore();
  const { containerdDir, rootDir } = hostPaths(dataDir);
  mkdirSync(containerdDir, { recursive: true, mode: 0o711 });
  try {
    execFileSync('cp', ['--archive', '--link', store, rootDir], { stdio: 'pipe' });
  } catch {
    rmSync(rootDir, { recursive: true, force: true });
    execFileSync('cp', ['--archive', store, rootDir]);
  }
  for (const index of globSync('*/*.db', { cwd: store })) execFileSync('cp', ['--archive', '--remove-destination', join(store, index), join(rootDir, index)]);
}
