import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { chmod, lstat, mkdir, open, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { bindMount, isMountPoint, unmountBelow } from './mounts.ts';

/** Linux's O_PATH: a handle on the name alone, which works for sockets, devices and symbolic links too. */
const onPath = 0o10000000;
const withoutFollowing = constants.O_NOFOLLOW | onPath;

export interface SubPathRequest {
  /** The volume's own directory. */
  readonly volumePath: string;
  /** Relative, without `..`. */
  readonly subPath: string;
  /** Where to mount it: made when missing. */
  readonly target: string;
}

/** Says which of the two steps failed; the cause is not for users, who could learn of the node's files by it. */
export class SubPathError extends Error {
  readonly step: 'create' | 'prepare';
  constructor(step: 'create' | 'prepare', cause: unknown) {
    super(`sub-path could not be ${step === 'create' ? 'made' : 'mounted'}: ${(cause as Error).message}`, { cause });
    this.name = 'SubPathError';
    this.step = step;
  }
}

/**
 * Mounts a part of a volume at a place of our own, and makes it when it is missing. Containers may write to the volume
 * meanwhile: nothing that they turn into a symbolic link leads out of it, because each step goes through an open handle,
 * and what is mounted is the handle (as upstream's subpath does). Rejects with SubPathError.
 */
export async function bindSubPath({ volumePath, subPath, target }: SubPathRequest): Promise<void> {
  let step: 'create' | 'prepare' = 'create';
  try {
    const root = await realpath(volumePath);
    if (await isMissing(join(root, subPath))) await makeDirectories(root, subPath);
    step = 'prepare';
    await using handle = await openInside(root, await realpath(join(root, subPath)));
    await bindHandle(handle, target);
  } catch (error) {
    throw new SubPathError(step, error);
  }
}

/** A whole regular file below a directory. Rejects with Error, also for one that is larger. */
export async function readInside(directory: string, path: string, maxBytes: number): Promise<string> {
  const root = await realpath(directory);
  await using handle = await openInside(root, await realpath(join(root, path)));
  const found = await handle.stat();
  if (!found.isFile()) throw new Error(`${path} is not a file`);
  if (found.size > maxBytes) throw new Error(`${path} has more than ${maxBytes} bytes`);
  // Awaited: the handle is closed when this block is left, and until then the name must lead to it.
  return await readFile(`/proc/self/fd/${handle.fd}`, 'utf8');
}

async function isMissing(path: string): Promise<boolean> {
  return stat(path).then(() => false, (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT');
}

/** Makes what is missing below what exists, with the mode of the volume itself. */
async function makeDirectories(root: string, subPath: string): Promise<void> {
  const mode = (await stat(root)).mode & 0o7777;
  const parts = subPath.split('/').filter((part) => part !== '' && part !== '.');
  let known = 0;
  while (known < parts.length && !(await isMissing(join(root, ...parts.slice(0, known + 1))))) known++;
  let current = await openInside(root, await realpath(join(root, ...parts.slice(0, known))));
  try {
    for (const part of parts.slice(known)) {
      const path = `/proc/self/fd/${current.fd}/${part}`;
      await mkdir(path, { mode: mode & 0o777 });
      const next = await open(path, withoutFollowing | constants.O_DIRECTORY);
      await current.close();
      current = next;
      // Through the handle, whatever has the name by now; and exact, whatever our umask is.
      await chmod(`/proc/self/fd/${current.fd}`, mode);
    }
  } finally {
    await current.close();
  }
}

/** Opens a path below the root, one name after the other, none of which may be a symbolic link. */
async function openInside(root: string, path: string): Promise<FileHandle> {
  const rest = relative(root, path);
  if (rest === '..' || rest.startsWith('../') || rest.startsWith('/')) throw new Error(`${path} is not within ${root}`);
  let current = await open(root, withoutFollowing);
  try {
    for (const part of rest.split('/').filter((name) => name !== '')) {
      const next = await open(`/proc/self/fd/${current.fd}/${part}`, withoutFollowing);
      await current.close();
      current = next;
      if ((await current.stat()).isSymbolicLink()) throw new Error(`${path} has become a symbolic link`);
    }
    return current;
  } catch (error) {
    await current.close();
    throw error;
  }
}

async function bindHandle(handle: FileHandle, target: string): Promise<void> {
  const wanted = await handle.stat();
  if (await isMountPoint(target)) {
    const there = await lstat(target).catch(() => undefined);
    if (there !== undefined && there.dev === wanted.dev && there.ino === wanted.ino) return;
    // The volume's file was replaced since an earlier run of the container.
    await unmountBelow(target);
  }
  await mkdir(dirname(target), { recursive: true, mode: 0o750 });
  if (wanted.isDirectory()) await mkdir(target, { recursive: true, mode: 0o750 });
  else await writeFile(target, '', { flag: 'a', mode: 0o640 });
  await bindMount(`/proc/${process.pid}/fd/${handle.fd}`, target);
}
