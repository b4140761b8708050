import { chmod, chown, lstat, mkdir, open, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { formatTime } from '../../../base/clock.ts';
import type { HostFiles, PathType } from '../../host.ts';
import { writeAtomically } from './atomic-writer.ts';
import { mountTmpfs, unmountBelow } from './mounts.ts';

/** "Leave it as it is", for chown. */
const unchanged = 0xffff_ffff;

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
    typeOf,
    list: (path) => readdir(path).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    }),
    writeTree: (directory, files, { groupId, userId }) => writeAtomically(directory, files, { stamp: `${formatTime(clock.now()).replace(/[-:T]/g, '_').slice(0, 19)}.${String(++count).padStart(9, '0')}`, groupId, userId }),
    mountMemory: (directory, { sizeBytes }) => mountTmpfs(directory, sizeBytes),
    changeGroup,
    resolveSubPath,
    async removeTree(path) {
      if (!(await exists(path))) return;
      await unmountBelow(await realpath(path));
      await rm(path, { recursive: true, force: true });
    },
  };
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
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

async function changeGroup(directory: string, groupId: number): Promise<void> {
  const own = async (path: string, isDirectory: boolean): Promise<void> => {
    const { mode } = await lstat(path);
    await chown(path, unchanged, groupId);
    await chmod(path, isDirectory ? mode | 0o2770 : mode | 0o660);
  };
  await own(directory, true);
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) if (entry.isDirectory() || entry.isFile()) await own(join(entry.parentPath, entry.name), entry.isDirectory());
}

async function resolveSubPath(volumePath: string, subPath: string): Promise<string> {
  if (subPath.startsWith('/') || subPath.split('/').includes('..')) throw new Error(`subPath ${JSON.stringify(subPath)} must be a relative path without '..'`);
  const root = await realpath(volumePath);
  let current = root;
  for (const part of subPath.split('/').filter((text) => text !== '' && text !== '.')) {
    const next = join(current, part);
    if (!(await exists(next))) {
      await mkdir(next);
      await chmod(next, (await stat(current)).mode & 0o7777);
    }
    current = await realpath(next);
    if (current !== root && !current.startsWith(`${root}/`)) throw new Error(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  }
  return current;
}
