import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir, open, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../../../base/clock.ts';
import { formatTime } from '../../../base/clock.ts';
import type { HostFiles, PathType } from '../../host.ts';
import { writeAtomically } from './atomic-writer.ts';
import { mountFileSystem, mountTmpfs, unmountBelow } from './mounts.ts';
import { giveToGroup } from './ownership.ts';
import { realPathOf } from './real-path.ts';
import { runCommand } from './run-command.ts';
import { bindSubPath, readInside } from './sub-path.ts';

/** The real file system. */
export function linuxFiles(clock: Clock): HostFiles {
  let count = 0;
  return {
    async ensureDirectory(path, mode = 0o755) {
      const made = await mkdir(path, { recursive: true, mode });
      if (made !== undefined) await chmod(path, mode);
    },
    async ensureFile(path, mode) {
      const file = await open(path, 'a', mode);
      await file.close();
    },
    async writeFile(path, text, mode) {
      await writeFile(path, text, { mode });
      await chmod(path, mode);
    },
    readTail,
    readInside,
    typeOf,
    size: (path) => stat(path).then((found) => found.size, (error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
    rename: (from, to) => rename(from, to),
    compress,
    list: (path) => readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    }),
    writeTree: (directory, files, { groupId }) => writeAtomically(directory, files, { stamp: `${formatTime(clock.now()).replace(/[-:T]/g, '_').slice(0, 19)}.${String(++count).padStart(9, '0')}`, groupId }),
    mountMemory: (directory, { sizeBytes }) => mountTmpfs(directory, sizeBytes),
    mount: mountFileSystem,
    giveToGroup,
    bindSubPath,
    diskUsage,
    async fileSystem(path) {
      const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(path);
      return { availableBytes: bavail * bsize, capacityBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, inodesFree: ffree, inodes: files, inodesUsed: files - ffree };
    },
    async removeTree(path) {
      const real = await realPathOf(path);
      if (real !== undefined) await unmountBelow(real);
      await rm(path, { recursive: true, force: true });
    },
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function readTail(path: string, maxBytes: number): Promise<string> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return '';
    throw error;
  }
  try {
    const { size } = await file.stat();
    const length = Math.min(size, maxBytes);
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Through a temporary name: a file that ends in `.gz` is whole. */
async function compress(path: string): Promise<void> {
  await pipeline(createReadStream(path), createGzip(), createWriteStream(`${path}.tmp`));
  await rename(`${path}.tmp`, `${path}.gz`);
  await rm(path);
}

async function typeOf(path: string): Promise<PathType> {
  let found;
  try {
    found = await stat(path);
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
  if (found.isDirectory()) return 'directory';
  if (found.isFile()) return 'file';
  if (found.isSocket()) return 'socket';
  if (found.isCharacterDevice()) return 'char-device';
  if (found.isBlockDevice()) return 'block-device';
  return 'other';
}

async function diskUsage(path: string): Promise<number> {
  const { ok, stdout, stderr } = await runCommand('du', ['-skx', path]);
  const kibibytes = Number.parseInt(stdout, 10);
  // Files may go while they are counted: du complains, and what it has counted is still right.
  if (Number.isNaN(kibibytes)) throw new Error(ok ? `du said ${JSON.stringify(stdout)}` : stderr);
  return kibibytes * 1024;
}
