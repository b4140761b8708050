import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/**
 * The folder with the archives of all images of scripts/make-images.sh. Made once for what the images are made from: that
 * takes many seconds and Debian's packages.
 */
export function testImages(): string {
  const script = join(root, 'scripts/make-images.sh');
  const programs = join(root, 'test/images/agnhost');
  const sources = [script, ...readdirSync(programs).sort().map((name) => join(programs, name))];
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(source));
  const folder = join(root, '.cache', `images-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}-${process.pid}`;
  execFileSync('sh', [script, making, 'tests'], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NODE: process.execPath } });
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another test has made the same meanwhile.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
